// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/id.hpp"

namespace spud {
namespace {

Status refuse() {
  return bad_input("dimension 0 is -2", "parameter in0", "0 or more");
}

Result<int> chain() {
  SPUD_TRY(refuse());
  return 1;
}

TEST(Error, MessageNamesWhatWhereAndExpected) {
  auto result = chain();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "parameter in0: dimension 0 is -2; expected 0 or more");
  EXPECT_EQ(std::move(result.error()).in("prog.pb").message(),
            "prog.pb: parameter in0: dimension 0 is -2; expected 0 or more");
}

TEST(Error, MessageNamesThePartyAtFault) {
  Error error{ErrorCode::kPeerFault, "sent round 7", "link to bob", "round 6", "bob", ""};
  EXPECT_EQ(error.message(), "link to bob: sent round 7; expected round 6 [party at fault: bob]");
}

TEST(Names, AcceptsPlainNamesOnly) {
  EXPECT_TRUE(is_valid_name("alice-0"));
  EXPECT_FALSE(is_valid_name(""));
  EXPECT_FALSE(is_valid_name("-alice"));
  EXPECT_FALSE(is_valid_name("a/b"));
  EXPECT_FALSE(is_valid_name(std::string(64, 'a')));
}

TEST(Bytes, HexRoundTripsAndRefusesNonsense) {
  Bytes bytes;
  put_u64(bytes, 0x0123456789abcdefull);
  EXPECT_EQ(to_hex(bytes), "0123456789abcdef");
  EXPECT_EQ(get_u64(*from_hex("0123456789ABCDEF")), 0x0123456789abcdefull);
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("zz"));
  EXPECT_FALSE(Digest::from_hex("00"));
}

TEST(Seed, IsWipedWhenMovedFrom) {
  Seed a;
  a.writable()[0] = std::byte{7};
  Seed b = std::move(a);
  EXPECT_EQ(b.view()[0], std::byte{7});
  EXPECT_EQ(a.view()[0], std::byte{0});
}

}  // namespace
}  // namespace spud
