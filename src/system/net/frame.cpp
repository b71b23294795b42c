// SPDX-License-Identifier: Apache-2.0
#include "system/net/frame.hpp"

#include <algorithm>
#include <string>

namespace spud::net {
namespace {

std::unexpected<Error> too_long(const char* part, std::uint64_t announced, std::uint64_t limit) {
  return fail(ErrorCode::kPeerFault,
              std::string("announced a ") + part + " of " + std::to_string(announced) + " bytes", "frame",
              "at most " + std::to_string(limit) + " bytes here");
}

}  // namespace

std::array<std::byte, FramePrefix::kBytes> FramePrefix::encode() const {
  std::array<std::byte, kBytes> out{};
  auto put = [&](std::size_t at, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out[at + i] = static_cast<std::byte>(value >> (8 * (bytes - 1 - i)));
  };
  put(0, kMagic, 4);
  put(4, header_bytes, 4);
  put(8, payload_bytes, 8);
  return out;
}

Result<FramePrefix> FramePrefix::decode(std::span<const std::byte, kBytes> bytes, const FrameLimits& limits) {
  ByteView view = bytes;
  std::uint32_t magic = get_u32(view);
  if (magic != kMagic) {
    bool ours = magic >> 8 == kMagic >> 8;
    return fail(ErrorCode::kPeerFault,
                ours ? "speaks frame version " + std::to_string(magic & 0xff) : "sent no frame of ours",
                "frame", "version 1");
  }
  FramePrefix prefix{get_u32(view.subspan(4)), get_u64(view.subspan(8))};
  if (prefix.header_bytes > limits.header_bytes)
    return too_long("header", prefix.header_bytes, limits.header_bytes);
  if (prefix.payload_bytes > limits.payload_bytes) {
    return too_long("payload", prefix.payload_bytes, limits.payload_bytes);
  }
  return prefix;
}

}  // namespace spud::net
