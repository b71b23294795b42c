// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.hpp"
#include "service/simulate.hpp"
#include "system/net/link_shape.hpp"

namespace spud::app::bench {

/// When the dealer's corrections are made: while the clock runs, or before it starts; and where they lie
/// then.
enum class TapeMode { kLive, kMemory, kStock };
inline const char* to_string(TapeMode mode) {
  return mode == TapeMode::kLive ? "live" : mode == TapeMode::kMemory ? "memory" : "stock";
}

/// What is the same for all programs of one call.
struct Setting {
  service::SimulatedDevice device;
  unsigned runs = 5;
  unsigned threads = 1;
  net::LinkShape link;  ///< of every link, the dealer's too
  TapeMode tape = TapeMode::kLive;
  std::string out;           ///< folder for inputs and outputs; empty: they are not kept
  Millis patience{900'000};  ///< for one step of a run: a process that needs longer counts as hung
};

/// How processes are called in figures and errors.
inline std::string party_name(unsigned rank) {
  return "party" + std::to_string(rank);
}
inline constexpr const char* kDealerName = "dealer";

}  // namespace spud::app::bench
