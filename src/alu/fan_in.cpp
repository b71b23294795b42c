// SPDX-License-Identifier: Apache-2.0
#include "alu/fan_in.hpp"

#include <map>

namespace spud::alu {
namespace {

struct StepCost {
  std::uint64_t rounds, bits;
};

/// Of one group. A comparison of k bits opens and deals 6·k, a loser's way out (its mask, the product with a
/// bit) 3·k.
StepCost step_cost(TreeOf what, unsigned fan_in) {
  const std::uint64_t n = fan_in;
  if (what.ring_bits == 0) return {1, (std::uint64_t{1} << n) - 1};
  const std::uint64_t comparisons = n * (n - 1) / 2 + (what.whole_ring ? n : 0);
  return {(n > 2 ? 5u : 4u) + (what.whole_ring ? 1u : 0u), what.ring_bits * (6 * comparisons + 3 * (n - 1))};
}

/// Groups of equal size, or one less: as few as `fan_in` allows.
Level level_of(std::int64_t length, unsigned fan_in) {
  const std::int64_t groups = (length + fan_in - 1) / fan_in, size = (length + groups - 1) / groups;
  const std::int64_t wide = length - groups * (size - 1);
  return {static_cast<unsigned>(size), wide, groups - wide};
}

class Planner {
 public:
  Planner(std::int64_t width, TreeOf what) : width_(static_cast<std::uint64_t>(width)), what_(what) {}

  /// The cheapest first level and what all cost from there on, in bits.
  struct Choice {
    Level level;
    std::uint64_t cost = 0;
  };
  const Choice& best(std::int64_t length) {
    if (auto found = known_.find(length); found != known_.end()) return found->second;
    Choice choice;
    for (unsigned fan_in = 2; length > 1 && fan_in <= (what_.ring_bits == 0 ? kFanInOfBits : kFanIn);
         ++fan_in) {
      const Level level = level_of(length, fan_in);
      if (level.fan_in != fan_in) continue;  // a smaller one does the same
      const std::uint64_t cost = cost_of(level) + best(level.groups()).cost;
      if (fan_in == 2 || cost < choice.cost) choice = {level, cost};
    }
    return known_.emplace(length, choice).first->second;
  }

 private:
  std::uint64_t cost_of(const Level& level) const {
    const StepCost wide = step_cost(what_, level.fan_in);
    const StepCost narrow = level.fan_in > 2 ? step_cost(what_, level.fan_in - 1) : StepCost{};
    return wide.rounds * kRoundBits + width_ * (static_cast<std::uint64_t>(level.wide) * wide.bits +
                                                static_cast<std::uint64_t>(level.narrow) * narrow.bits);
  }

  std::uint64_t width_;
  TreeOf what_;
  std::map<std::int64_t, Choice> known_;
};

}  // namespace

std::vector<Level> plan_tree(std::int64_t length, std::int64_t width, TreeOf what) {
  Planner planner(width, what);
  std::vector<Level> levels;
  while (length > 1) {
    levels.push_back(planner.best(length).level);
    length = levels.back().groups();
  }
  return levels;
}

}  // namespace spud::alu
