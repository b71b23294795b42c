// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/sha256.hpp"

#include <gtest/gtest.h>

namespace spud::crypto {
namespace {

Seed counting_seed() {
  Seed seed;
  for (std::size_t i = 0; i < Seed::kBytes; ++i) seed.writable()[i] = static_cast<std::byte>(i);
  return seed;
}

TEST(Sha256, GivesTheStandardsExamples) {
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesGiveTheDigestOfTheWholeAndFinishStartsAnew) {
  Sha256 hash;
  for (int round = 0; round < 2; ++round) {
    hash.update(as_bytes("a"));
    hash.update({});
    hash.update(as_bytes("bc"));
    EXPECT_EQ(hash.finish(), sha256(as_bytes("abc")));
  }
}

TEST(Derive, MatchesHkdfExpandComputedElsewhere) {
  EXPECT_EQ(to_hex(derive(counting_seed(), "masks").view()),
            "0466bef1fd2081513009baf0c1517a65a81649e9a1b4598815cbf6333304dcd8");
}

TEST(Derive, LabelsAndParentsGiveDifferentSeeds) {
  Seed parent = counting_seed(), other;
  EXPECT_NE(to_hex(derive(parent, "a").view()), to_hex(derive(parent, "b").view()));
  EXPECT_NE(to_hex(derive(parent, "a").view()), to_hex(derive(other, "a").view()));
  EXPECT_NE(to_hex(derive(parent, "").view()), to_hex(parent.view()));
}

}  // namespace
}  // namespace spud::crypto
