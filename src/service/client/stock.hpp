// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "service/client/client.hpp"

namespace spud::service::client {

/// The plan whose digest, or whose demand's, begins with `prefix`, at this device. At least 6 hex digits;
/// refused, with what there is, if it fits none or several.
Result<wire::StockKind> find_plan(const wire::StockKinds& kinds, const DeviceId& device,
                                  const std::string& prefix);
/// The same among those that the scheduler shows us.
Result<wire::StockKind> find_plan(Client& client, const DeviceId& device, const std::string& prefix);

/// An order as the scheduler has stored it.
struct StockOrder {
  wire::StockKind kind;
  std::uint32_t runs = 0;

  /// How many of these runs are made, by what the scheduler says now; those ordered before came first.
  std::uint32_t made(const wire::StockKind& now) const;
};
/// Has so many tapes more made: of a program with such inputs, or of a demand that is known. The order has a
/// random name, so that one that is sent twice, because its answer was lost, is one order.
Result<StockOrder> order_stock(Client& client, const Device& device,
                               std::variant<wire::StockProgram, Digest> what, std::uint32_t runs,
                               Random& random);

/// Waits until the order is made, calling `seen` with how far it is and `pause` before it looks again. Fails
/// with the scheduler's problem as soon as one could not be made; the scheduler goes on trying.
Result<wire::StockKind> watch_stock(Client& client, const StockOrder& order,
                                    const std::function<void(std::uint32_t)>& seen,
                                    const std::function<void()>& pause);

/// Tapes of one plan at one node.
struct TapeCounts {
  std::uint64_t ready = 0;
  std::uint64_t reserved = 0;
  std::uint64_t burnt = 0;
  std::uint64_t bytes = 0;
  std::optional<std::int64_t> oldest_unix_millis;  ///< of those that are ready
  bool operator==(const TapeCounts&) const = default;
};
TapeCounts count_tapes(const stock::StockTapes& tapes, const Digest& device, const Digest& demand);

/// What a node of a device says it keeps, or why it says nothing.
struct NodeStock {
  Member node;
  Result<stock::StockTapes> tapes;
};
/// Every node's, in rank order.
std::vector<NodeStock> ask_nodes(Client& client, const Device& device);

/// The same tapes lie at all nodes: the most that one of those that answered has, and all bytes.
TapeCounts together(const std::vector<TapeCounts>& nodes);

}  // namespace spud::service::client
