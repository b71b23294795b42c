// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/sealing.hpp"

#include <gtest/gtest.h>

namespace spud::crypto {
namespace {

Seed key_of(unsigned char fill) {
  Seed key;
  for (auto& byte : key.writable()) byte = std::byte{fill};
  return key;
}

// Test case 14 of the GCM specification by McGrew and Viega: a zero key, a zero nonce, sixteen zero bytes.
TEST(Sealing, AgreesWithThePublishedVector) {
  Sealing cipher(key_of(0));
  Bytes out(32);
  ASSERT_TRUE(cipher.seal({}, {}, Bytes(16), out));
  EXPECT_EQ(to_hex(out), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST(Sealing, WhatWasSealedOpensInPlaceToo) {
  Sealing cipher(key_of(7));
  for (std::size_t size : {0u, 1u, 15u, 16u, 4096u, 1u << 20}) {
    Bytes plain(size);
    for (std::size_t i = 0; i < size; ++i) plain[i] = static_cast<std::byte>(i * 31);
    Bytes sealed(size + Sealing::kTagBytes), back(size);
    ASSERT_TRUE(cipher.seal(Sealing::counted(size), as_bytes("tape"), plain, sealed));
    ASSERT_TRUE(cipher.open(Sealing::counted(size), as_bytes("tape"), sealed, back));
    EXPECT_EQ(back, plain);
    ASSERT_TRUE(
        cipher.open(Sealing::counted(size), as_bytes("tape"), sealed, MutableBytes(sealed).first(size)));
    sealed.resize(size);
    EXPECT_EQ(sealed, plain);
  }
}

TEST(Sealing, AnotherKeyNonceContextOrByteDoesNotOpen) {
  Sealing cipher(key_of(7)), other(key_of(8));
  const Bytes plain(100, std::byte{5});
  Bytes sealed(116), back(100);
  ASSERT_TRUE(cipher.seal(Sealing::counted(1), as_bytes("a"), plain, sealed));
  auto refused = [&](Sealing& with, std::uint64_t nonce, std::string_view context, const Bytes& bytes) {
    auto opened = with.open(Sealing::counted(nonce), as_bytes(context), bytes, back);
    return !opened && opened.error().code == ErrorCode::kCorrupt && back == Bytes(100);
  };
  EXPECT_TRUE(refused(other, 1, "a", sealed));
  EXPECT_TRUE(refused(cipher, 2, "a", sealed));
  EXPECT_TRUE(refused(cipher, 1, "b", sealed));
  for (std::size_t at : {0u, 99u, 100u, 115u}) {
    Bytes changed = sealed;
    changed[at] ^= std::byte{1};
    EXPECT_TRUE(refused(cipher, 1, "a", changed)) << at;
  }
  EXPECT_TRUE(cipher.open(Sealing::counted(1), as_bytes("a"), sealed, back)) << "after refusals too";
  EXPECT_FALSE(cipher.open(Sealing::counted(1), as_bytes("a"), Bytes(15), {}));
}

TEST(Sealing, CountedNoncesDiffer) {
  EXPECT_NE(Sealing::counted(1), Sealing::counted(256));
  EXPECT_EQ(Sealing::counted(0x0102)[10], std::byte{1});
  EXPECT_EQ(Sealing::counted(0x0102)[11], std::byte{2});
}

}  // namespace
}  // namespace spud::crypto
