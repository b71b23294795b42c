// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "base/id.hpp"
#include "service/device.hpp"

/// What the dealer is asked, as schemas/dealer.capnp puts it. The demand, seeds and corrections are payloads.
namespace spud::service::wire {

struct OpenTape {
  JobId job;
  std::uint32_t attempt = 0;
  Device device;
  Rank rank{};
  Digest demand;
};
using DealerRequest = std::variant<OpenTape>;

struct TapeOpened {
  std::string tape;  ///< its name
};
struct TapeChunk {
  std::uint64_t offset = 0;
};
struct TapeEnd {
  std::uint64_t bytes = 0;
};
using DealerAnswer = std::variant<Error, TapeOpened, TapeChunk, TapeEnd>;

Bytes encode(const DealerRequest& request);
Result<DealerRequest> decode_dealer_request(ByteView bytes);
Bytes encode(const DealerAnswer& answer);
Result<DealerAnswer> decode_dealer_answer(ByteView bytes);

}  // namespace spud::service::wire
