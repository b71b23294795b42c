// SPDX-License-Identifier: Apache-2.0
#include "service/stock/tape.hpp"

namespace spud::service::stock {

const char* to_string(TapeState state) {
  switch (state) {
    case TapeState::kMaking:
      return "making";
    case TapeState::kMade:
      return "made";
    case TapeState::kReady:
      return "ready";
    case TapeState::kReserved:
      return "reserved";
    case TapeState::kBurnt:
      return "burnt";
  }
  return "unknown";
}

Digest tape_digest(const TapeId& id, const Digest& demand, const Digest& corrections) {
  return digest_fields("tape",
                       {{"tape", id.str()}, {"demand", demand.hex()}, {"corrections", corrections.hex()}});
}

}  // namespace spud::service::stock
