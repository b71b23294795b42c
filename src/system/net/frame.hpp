// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"

namespace spud::net {

/// One message. On the wire, integers big-endian:
///   u32 magic and version, u32 header length, u64 payload length, header bytes, payload bytes.
/// The header is a Cap'n Proto message that somebody above makes and reads; the payload is tensors' memory.
struct Frame {
  Bytes header;
  Bytes payload;
};

/// The most that a receiver is ready to take at this moment; what is announced above it is refused
/// unallocated.
struct FrameLimits {
  std::uint64_t header_bytes = limits::kHeaderBytesPerFrame;
  std::uint64_t payload_bytes = limits::kPayloadBytesPerRequest;
};

/// The fixed part of a frame.
struct FramePrefix {
  static constexpr std::size_t kBytes = 16;
  static constexpr std::uint32_t kMagic = 0x53505501;  ///< "SPU", version 1

  std::uint32_t header_bytes = 0;
  std::uint64_t payload_bytes = 0;

  std::array<std::byte, kBytes> encode() const;
  /// kPeerFault for another magic or version and for lengths above the limits.
  static Result<FramePrefix> decode(std::span<const std::byte, kBytes> bytes, const FrameLimits& limits);
};

}  // namespace spud::net
