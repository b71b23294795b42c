// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "base/id.hpp"

namespace spud::service {

/// Names a tape of stock for ever: who dealt it, in which epoch of that dealer's state (store/epoch.hpp), and
/// a number that only grows in it. Sorts by dealer, then age.
struct TapeId {
  PartyId party;  ///< of the dealer
  NodeId node;    ///< of the dealer
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  auto operator<=>(const TapeId&) const = default;
  std::string dealer() const { return party.str() + "/" + node.str(); }
  /// party/node/epoch/sequence
  std::string str() const;
};

/// kBadInput if it is not of that form.
Result<TapeId> tape_id_from_string(const std::string& text);

}  // namespace spud::service
