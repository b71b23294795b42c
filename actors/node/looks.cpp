// SPDX-License-Identifier: Apache-2.0
#include "actors/node/looks.hpp"

#include <optional>
#include <vector>

#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace family = metrics::family;

namespace {

struct Followed {
  std::optional<ops::Opcode> operation;
  metrics::Follower seconds;
  std::optional<metrics::Follower> runs;  ///< of an operation
};

}  // namespace

metrics::Registry::Looking look_at_operations(metrics::Registry& registry, const vm::OperationTimes& times) {
  std::vector<Followed> all;
  all.push_back({std::nullopt,
                 metrics::Follower(registry.counter(family::kOperationSeconds, {"inputs-and-outputs"})),
                 std::nullopt});
  for (std::uint16_t number = 0; number < vm::OperationTimes::kOpcodes; ++number) {
    const auto opcode = ops::opcode_from_number(number);
    if (!opcode) continue;
    const auto* name = to_string(*opcode);
    all.push_back({opcode, metrics::Follower(registry.counter(family::kOperationSeconds, {name})),
                   metrics::Follower(registry.counter(family::kOperations, {name}))});
  }
  return registry.look([all = std::move(all), &times]() mutable {
    for (auto& one : all) {
      const auto figures = times.figures(one.operation);
      one.seconds.follow(figures.seconds);
      if (one.runs) one.runs->follow(static_cast<double>(figures.runs));
    }
  });
}

metrics::Registry::Looking look_at_vault(metrics::Registry& registry,
                                         const service::stock::TapeVault& vault) {
  return registry.look([burnt = metrics::Follower(registry.counter(family::kTapesBurnt)), &vault]() mutable {
    burnt.follow(static_cast<double>(vault.burnt()));
  });
}

}  // namespace spud::actors
