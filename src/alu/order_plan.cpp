// SPDX-License-Identifier: Apache-2.0
// How many comparisons each level makes. Integers only: every node plans for itself, and so does the dealer's
// demand.
#include <algorithm>
#include <optional>

#include "alu/order.hpp"

namespace spud::alu {
namespace {

/// What a level takes besides its comparisons, in comparisons: four rounds and the steps of a kernel.
constexpr std::int64_t kLevelCost = 16000;
/// The widest search: 2^4 − 1 comparisons a row and level.
constexpr unsigned kSearchBits = 4;
/// Room for the few runs that come out long, whatever the rest does.
constexpr std::int64_t kRoom = 2048;

struct Plan {
  std::int64_t cost = 0;
  std::vector<std::int64_t> levels;
  void add(std::int64_t comparisons) {
    levels.push_back(comparisons);
    cost += comparisons + kLevelCost;
  }
};

/// Each of `open` rows finds its place among 2^bits − 1 that are in order.
Plan plan_search(unsigned bits, std::int64_t open) {
  std::vector<Plan> best(bits + 1);
  for (unsigned b = 1; b <= bits; ++b) {
    for (unsigned now = 1; now <= std::min(b, kSearchBits); ++now) {
      Plan plan = best[b - now];
      plan.add(open * ((std::int64_t{1} << now) - 1));
      if (best[b].levels.empty() || plan.cost < best[b].cost) best[b] = std::move(plan);
    }
  }
  return best[bits];
}

/// What fell between the same two of `known` rows: runs whose lengths are distributed like geometric numbers
/// of mean (rows − known) / known. Of all pairs within them, the first level makes two thirds where runs are
/// long, so that all but the longest are done with; the second is for what is left of these, which is less
/// than a pair a row; the third for what chance left over.
void plan_runs(std::int64_t batch, std::int64_t known, std::int64_t rows, Plan& plan) {
  const std::int64_t open = rows - known;
  const auto pairs =
      static_cast<std::int64_t>(static_cast<__int128>(batch) * open * (open - 1) / (known + 2));  // expected
  if (open > 3 * known) {
    plan.add(pairs / 3 * 2 + kRoom);
    plan.add(batch * open / 2 * 3 + 2 * kRoom);
    plan.add(batch * open / 2 + kRoom);
  } else {
    plan.add(pairs + pairs / 8 + kRoom);
    plan.add(batch * open / 4 + kRoom);
    plan.add(batch * open / 16 + kRoom);
  }
}

}  // namespace

std::vector<OrderStage> plan_order(std::int64_t batch, std::int64_t rows) {
  // Stages end at 2^bits − 1 rows, so that a search halves them evenly, and at last at all.
  struct Best {
    std::int64_t rows = 0, cost = 0;
    std::optional<std::size_t> before;
    std::vector<std::int64_t> levels;
  };
  std::vector<Best> best;
  for (unsigned bits = 2; best.empty() || best.back().rows < rows; ++bits) {
    Best now;
    now.rows = std::min(rows, (std::int64_t{1} << bits) - 1);
    Plan all;
    all.add(batch * (now.rows * (now.rows - 1) / 2));
    now.cost = all.cost;
    now.levels = std::move(all.levels);
    for (std::size_t b = 0; b < best.size(); ++b) {
      Plan plan = plan_search(static_cast<unsigned>(b) + 2, batch * (now.rows - best[b].rows));
      plan_runs(batch, best[b].rows, now.rows, plan);
      if (best[b].cost + plan.cost >= now.cost) continue;
      now.cost = best[b].cost + plan.cost;
      now.before = b;
      now.levels = std::move(plan.levels);
    }
    best.push_back(std::move(now));
  }
  std::vector<OrderStage> stages;
  for (std::optional<std::size_t> at = best.size() - 1; at; at = best[*at].before)
    stages.push_back({best[*at].rows, best[*at].levels});
  std::reverse(stages.begin(), stages.end());
  return stages;
}

}  // namespace spud::alu
