// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "base/id.hpp"
#include "service/device.hpp"
#include "service/tape_id.hpp"
#include "service/trace/context.hpp"

/// What the dealer is asked, as schemas/dealer.capnp puts it. The demand, seeds and corrections are payloads.
namespace spud::service::wire {

struct OpenTape {
  JobId job;
  std::uint32_t attempt = 0;
  Device device;
  Rank rank{};
  Digest demand;
  bool stock = false;  ///< to be kept; `job` is then the scheduler's order
  trace::Context trace{};
};
/// All of the tape is on this node's disk.
struct TapeStored {
  Digest digest;
};
/// A node that takes nothing at the moment lives.
struct NodeAlive {};
using DealerRequest = std::variant<OpenTape, TapeStored, NodeAlive>;

/// By the dealer's clock, in microseconds since 1970; 0: not yet, or it does not say.
struct DealerTimes {
  std::int64_t asked = 0;    ///< this node's request was there
  std::int64_t granted = 0;  ///< all had come
  std::int64_t ended = 0;    ///< all was dealt and sent
};
struct TapeOpened {
  std::string tape;  ///< its name
  DealerTimes times{};
};
struct TapeChunk {
  std::uint64_t offset = 0;
};
struct TapeEnd {
  std::uint64_t bytes = 0;
  DealerTimes times{};
};
struct StockOpened {
  TapeId tape;
};
struct StockEnd {
  std::uint64_t bytes = 0;
  Digest digest;  ///< stock::tape_digest
};
/// The tape is on all nodes' disks.
struct TapeReady {};
using DealerAnswer = std::variant<Error, TapeOpened, TapeChunk, TapeEnd, StockOpened, StockEnd, TapeReady>;

Bytes encode(const DealerRequest& request);
Result<DealerRequest> decode_dealer_request(ByteView bytes);
Bytes encode(const DealerAnswer& answer);
Result<DealerAnswer> decode_dealer_answer(ByteView bytes);

}  // namespace spud::service::wire
