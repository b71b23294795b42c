// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"

namespace spud::protocol {

/// Goes in front of every message between compute parties, so that a peer out of step is noticed in that
/// round and named. A message is a whole round, or a part of it.
struct RoundHeader {
  std::uint64_t round = 0;     ///< counts from 1 within an attempt
  std::uint32_t openings = 0;  ///< how many openings the message carries
  std::uint64_t bytes = 0;     ///< length of the payload; the sender's own
  std::uint32_t part = 0;      ///< counts from 0 within the round
  bool operator==(const RoundHeader&) const = default;
};

/// Memory that a message is received into, piece by piece.
using Segments = std::vector<MutableBytes>;

inline std::size_t byte_count(const Segments& segments) {
  std::size_t bytes = 0;
  for (auto segment : segments) bytes += segment.size();
  return bytes;
}

/// The links of one party to all others, for one attempt. Used by the thread that runs the attempt.
class Network {
 public:
  virtual ~Network() = default;
  /// Sends the segments, in order, as one message to every peer, and receives one message from each, as long
  /// as receive[rank] together, into those segments (own entry empty). A peer whose header says anything
  /// else, that is silent too long or gone is an error that names its party; nothing after an error is to be
  /// trusted. When it returns, with or without error, nobody reads or writes any of these any more.
  virtual Status exchange(const RoundHeader& header, std::span<const ByteView> send,
                          std::span<const Segments> receive) = 0;

  // A round in parts, so that large openings leave while the rest is computed: start() for each part, then
  // settle(), in place of exchange(). All parties cut their rounds alike.

  /// False: this network takes rounds whole, and the rest is never called.
  virtual bool takes_parts() const { return false; }
  /// As exchange(), and does not wait. The memory that the segments name must stay until settle() or
  /// abandon() has returned; the segments themselves need not. An error: as exchange(), and abandon()
  /// follows.
  virtual Status start(const RoundHeader&, std::span<const ByteView>, std::span<const Segments>) {
    return whole_only();
  }
  /// Waits until all parts started have gone and come; what exchange() promises holds then.
  virtual Status settle() { return whole_only(); }
  /// Ends the attempt with this cause, also one in the middle of an exchange() that did not return. When it
  /// returns nobody reads or writes memory of rounds any more, whatever memory is left for it.
  virtual void abandon(const Error&) {}

 private:
  static Status whole_only() {
    return fail(ErrorCode::kInternal, "this network takes rounds whole", "network");
  }
};

}  // namespace spud::protocol
