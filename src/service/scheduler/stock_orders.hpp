// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/wire/record_codec.hpp"
#include "service/wire/scheduler_codec.hpp"

namespace spud::service::scheduler {

/// What a party asks for, to tell a repeated order from another one under its name.
Digest digest(const PartyId& party, const wire::MakeStock& request);

/// The orders of stock that were taken last: one that is repeated, because its answer was lost, adds nothing.
class StockOrders {
 public:
  void reload(wire::StockOrderRecord record);
  /// The order that this request repeats, if it does. kConflict if its name stands for another request.
  Result<std::optional<wire::StockOrderRecord>> find(const std::string& id, const Digest& request) const;
  /// Takes a new one in; returns the names of those that are too old to be kept. The caller stores both.
  std::vector<std::string> add(wire::StockOrderRecord record);
  /// Null if it is not kept.
  const wire::StockOrderRecord* find(const std::string& id) const;

 private:
  std::map<std::string, wire::StockOrderRecord> orders_;  ///< by id
  std::map<std::uint64_t, std::string> by_age_;
};

}  // namespace spud::service::scheduler
