// SPDX-License-Identifier: Apache-2.0
#include "system/net/frame.hpp"

#include <gtest/gtest.h>

namespace spud::net {
namespace {

TEST(FramePrefix, LiesOnTheWireAsDocumented) {
  FramePrefix prefix{0x01020304, 0x05060708090a0b0c};
  auto bytes = prefix.encode();
  EXPECT_EQ(to_hex(bytes), "535055010102030405060708090a0b0c");
  auto decoded = FramePrefix::decode(bytes, {UINT64_MAX, UINT64_MAX});
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->header_bytes, prefix.header_bytes);
  EXPECT_EQ(decoded->payload_bytes, prefix.payload_bytes);
}

TEST(FramePrefix, LengthsAtTheLimitPassAndAboveItFail) {
  FrameLimits limits{10, 20};
  EXPECT_TRUE(FramePrefix::decode(FramePrefix{10, 20}.encode(), limits));
  for (FramePrefix prefix : {FramePrefix{11, 20}, FramePrefix{10, 21}, FramePrefix{10, UINT64_MAX}}) {
    auto decoded = FramePrefix::decode(prefix.encode(), limits);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::kPeerFault);
  }
}

TEST(FramePrefix, RefusesAnotherMagicOrVersion) {
  auto bytes = FramePrefix{}.encode();
  bytes[3] = std::byte{2};
  EXPECT_EQ(FramePrefix::decode(bytes, {}).error().what, "speaks frame version 2");
  bytes[0] = std::byte{0};
  EXPECT_EQ(FramePrefix::decode(bytes, {}).error().what, "sent no frame of ours");
}

}  // namespace
}  // namespace spud::net
