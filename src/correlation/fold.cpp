// SPDX-License-Identifier: Apache-2.0
#include "correlation/fold.hpp"

#include <algorithm>
#include <optional>

namespace spud::correlation {
namespace {

bool alike(const Step& a, const Step& b);

bool alike(std::span<const Step> a, std::span<const Step> b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](const Step& x, const Step& y) { return alike(x, y); });
}

/// Equal but for the numbers that may grow.
bool alike(const Step& a, const Step& b) {
  if (a.is_loop() != b.is_loop()) return false;
  if (a.is_loop())
    return a.turns == b.turns && a.growth == b.growth && alike(std::span(a.body), std::span(b.body));
  const auto &x = a.instruction, &y = b.instruction;
  if (x.op != y.op || x.shape != y.shape || x.name != y.name || x.numbers.size() != y.numbers.size() ||
      x.operands.size() != y.operands.size() || x.map.has_value() != y.map.has_value()) {
    return false;
  }
  if (!x.map) return true;
  return x.map->kind == y.map->kind && x.map->shape == y.map->shape && x.map->axes == y.map->axes &&
         x.map->step == y.map->step && x.map->start.size() == y.map->start.size();
}

void collect(std::span<const Step> steps, std::vector<std::int64_t>& out) {
  for (const auto& step : steps) {
    if (step.is_loop()) {
      collect(step.body, out);
      continue;
    }
    const auto& i = step.instruction;
    out.insert(out.end(), i.numbers.begin(), i.numbers.end());
    if (i.map) out.insert(out.end(), i.map->start.begin(), i.map->start.end());
    for (auto operand : i.operands) out.push_back(static_cast<std::int64_t>(operand));
  }
}

std::vector<std::int64_t> numbers(std::span<const Step> steps) {
  std::vector<std::int64_t> out;
  collect(steps, out);
  return out;
}

std::vector<std::int64_t> difference(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  std::vector<std::int64_t> out(a.size());
  std::transform(b.begin(), b.end(), a.begin(), out.begin(), [](std::int64_t x, std::int64_t y) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(x) - static_cast<std::uint64_t>(y));
  });
  return out;
}

/// Joins neighbouring turns.
void join(std::vector<std::vector<Step>> turns, std::vector<Step>& out) {
  for (std::size_t i = 0; i < turns.size();) {
    std::size_t end = i + 1;
    std::vector<std::int64_t> growth, last = numbers(turns[i]);
    while (end < turns.size() && !turns[i].empty() && alike(std::span<const Step>(turns[i]), turns[end])) {
      auto next = numbers(turns[end]);
      auto step = difference(last, next);
      if (end > i + 1 && step != growth) break;
      growth = std::move(step);
      last = std::move(next);
      ++end;
    }
    if (end - i >= 2) {
      Step loop;
      loop.turns = end - i;
      loop.body = std::move(turns[i]);
      loop.growth = std::move(growth);
      out.push_back(std::move(loop));
    } else {
      std::move(turns[i].begin(), turns[i].end(), std::back_inserter(out));
    }
    i = end;
  }
}

std::vector<Step> fold_range(std::span<Recorded> recorded) {
  std::vector<Step> out;
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    if (!recorded[i].is_mark) {
      out.push_back(std::move(recorded[i].step));
      continue;
    }
    std::vector<std::size_t> marks;
    for (std::size_t j = i; j < recorded.size(); ++j) {
      if (recorded[j].is_mark && recorded[j].loop == recorded[i].loop) marks.push_back(j);
    }
    std::vector<std::vector<Step>> turns;
    for (std::size_t m = 0; m + 1 < marks.size(); ++m) {
      turns.push_back(fold_range(recorded.subspan(marks[m] + 1, marks[m + 1] - marks[m] - 1)));
    }
    join(std::move(turns), out);
    i = marks.back();
  }
  return out;
}

}  // namespace

std::vector<Step> fold(std::vector<Recorded> recorded) {
  return fold_range(recorded);
}

}  // namespace spud::correlation
