// SPDX-License-Identifier: Apache-2.0
#include "service/client/stock.hpp"

#include <algorithm>

#include "service/client/push.hpp"

namespace spud::service::client {

namespace {

constexpr std::size_t kPrefixDigits = 6;
constexpr Millis kCompiled{12 * 60'000};  // all nodes compile the program before the scheduler answers

std::string where(const DeviceId& device) {
  return "stock of device " + device.str();
}

std::string name_all(const std::vector<const wire::StockKind*>& kinds) {
  constexpr std::size_t kNamed = 10;
  std::string names;
  for (std::size_t i = 0; i < kinds.size() && i < kNamed; ++i) {
    names += (i == 0 ? "" : ", ") + kinds[i]->plan.brief();
  }
  if (kinds.size() > kNamed) names += " and " + std::to_string(kinds.size() - kNamed) + " more";
  return names;
}

}  // namespace

Result<wire::StockKind> find_plan(const wire::StockKinds& kinds, const DeviceId& device,
                                  const std::string& prefix) {
  const bool hex = std::all_of(prefix.begin(), prefix.end(),
                               [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!hex || prefix.size() < kPrefixDigits || prefix.size() > 64) {
    return bad_input("'" + prefix + "' names no plan", "PLAN",
                     "6 to 64 hex digits of a plan's digest, as spud stock list shows it");
  }
  std::vector<const wire::StockKind*> here, found;
  for (const auto& kind : kinds) {
    if (kind.device != device) continue;
    here.push_back(&kind);
    if (kind.plan.hex().starts_with(prefix) || kind.demand.hex().starts_with(prefix)) found.push_back(&kind);
  }
  if (found.size() == 1) return *found.front();
  if (found.size() > 1) {
    std::string demands;
    for (const auto* kind : found) demands += (demands.empty() ? "" : ", ") + kind->demand.brief();
    return fail(ErrorCode::kConflict, std::to_string(found.size()) + " plans begin with " + prefix,
                where(device), "more digits, or those of a demand: " + demands);
  }
  if (here.empty()) {
    return fail(ErrorCode::kNotFound, "there is no stock", where(device), {}, {},
                "spud stock make, with a program");
  }
  return fail(ErrorCode::kNotFound, "no plan begins with " + prefix, where(device),
              "one of " + name_all(here));
}

Result<wire::StockKind> find_plan(Client& client, const DeviceId& device, const std::string& prefix) {
  SPUD_ASSIGN(auto kinds, client.scheduler<wire::StockKinds>(wire::ListStockKinds{}));
  return find_plan(kinds, device, prefix);
}

std::uint32_t StockOrder::made(const wire::StockKind& now) const {
  const auto missing = kind.made_at_order > now.made ? kind.made_at_order - now.made : 0;
  return missing < runs ? runs - static_cast<std::uint32_t>(missing) : 0;
}

Result<StockOrder> order_stock(Client& client, const Device& device,
                               std::variant<wire::StockProgram, Digest> what, std::uint32_t runs,
                               Random& random) {
  SPUD_ASSIGN(auto id, fresh_id("order-", random));
  SPUD_ASSIGN(auto kind,
              client.scheduler<wire::StockKind>(
                  wire::MakeStock{device.name, digest(device), runs, std::move(what), id}, kCompiled));
  return StockOrder{std::move(kind), runs};
}

Result<wire::StockKind> watch_stock(Client& client, const StockOrder& order,
                                    const std::function<void(std::uint32_t)>& seen,
                                    const std::function<void()>& pause) {
  for (;;) {
    SPUD_ASSIGN(auto kinds, client.scheduler<wire::StockKinds>(wire::ListStockKinds{}));
    auto now = std::find_if(kinds.begin(), kinds.end(), [&](const wire::StockKind& kind) {
      return kind.device == order.kind.device && kind.demand == order.kind.demand;
    });
    if (now == kinds.end()) {
      return fail(ErrorCode::kCancelled, "plan " + order.kind.plan.brief() + "… was dropped meanwhile",
                  where(order.kind.device));
    }
    const auto made = order.made(*now);
    seen(made);
    if (made == order.runs) return std::move(*now);
    if (now->problem) {
      auto problem = std::move(*now->problem);
      if (problem.hint.empty()) problem.hint = "the scheduler goes on trying; spud stock list shows how far";
      return std::unexpected(std::move(problem).in(where(order.kind.device)));
    }
    pause();
  }
}

TapeCounts count_tapes(const stock::StockTapes& tapes, const Digest& device, const Digest& demand) {
  TapeCounts counts;
  for (const auto& tape : tapes) {
    if (tape.device != device || tape.demand != demand) continue;
    counts.bytes += tape.bytes;
    switch (tape.state) {
      case stock::TapeState::kReady:
        ++counts.ready;
        if (!counts.oldest_unix_millis || tape.made_unix_millis < *counts.oldest_unix_millis) {
          counts.oldest_unix_millis = tape.made_unix_millis;
        }
        break;
      case stock::TapeState::kReserved:
        ++counts.reserved;
        break;
      case stock::TapeState::kBurnt:
        ++counts.burnt;
        break;
      case stock::TapeState::kMaking:
      case stock::TapeState::kMade:
        break;
    }
  }
  return counts;
}

std::vector<NodeStock> ask_nodes(Client& client, const Device& device) {
  std::vector<NodeStock> nodes;
  for (const auto& node : device.compute) {
    nodes.push_back({node, client.node<stock::StockTapes>(node, wire::ListStock{})});
  }
  return nodes;
}

TapeCounts together(const std::vector<TapeCounts>& nodes) {
  TapeCounts all;
  for (const auto& node : nodes) {
    all.ready = std::max(all.ready, node.ready);
    all.reserved = std::max(all.reserved, node.reserved);
    all.burnt = std::max(all.burnt, node.burnt);
    all.bytes += node.bytes;
    if (node.oldest_unix_millis &&
        (!all.oldest_unix_millis || *node.oldest_unix_millis < *all.oldest_unix_millis)) {
      all.oldest_unix_millis = node.oldest_unix_millis;
    }
  }
  return all;
}

}  // namespace spud::service::client
