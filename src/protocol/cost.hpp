// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace spud::protocol {

/// What a kernel costs for each element. Exact: the contract tests count what goes over the channel.
struct Cost {
  std::uint64_t rounds = 0;
  std::uint64_t opened_bits = 0;  ///< sent by a party to each peer
  std::uint64_t dealt_bits = 0;   ///< sent by the dealer to the last party
  bool operator==(const Cost&) const = default;
  /// One after the other.
  friend constexpr Cost operator+(Cost a, Cost b) {
    return {a.rounds + b.rounds, a.opened_bits + b.opened_bits, a.dealt_bits + b.dealt_bits};
  }
  /// Side by side: rounds are shared.
  friend constexpr Cost operator|(Cost a, Cost b) {
    return {a.rounds > b.rounds ? a.rounds : b.rounds, a.opened_bits + b.opened_bits,
            a.dealt_bits + b.dealt_bits};
  }
};

}  // namespace spud::protocol
