// SPDX-License-Identifier: Apache-2.0
#include "alu/order.hpp"

#include <algorithm>
#include <numeric>

#include "base/check.hpp"

namespace spud::alu {

OrderSearch::OrderSearch(std::int64_t batch, std::int64_t rows)
    : OrderSearch(batch, rows, plan_order(batch, rows)) {}

OrderSearch::OrderSearch(std::int64_t batch, std::int64_t rows, std::vector<OrderStage> stages)
    : batch_(batch), rows_(rows), stages_(std::move(stages)) {
  SPUD_CHECK(batch >= 1 && rows >= 2 && batch <= UINT32_MAX / rows && !stages_.empty() &&
                 stages_.back().rows == rows,
             "rows are numbered by words of 32 bits");
  enter_stage();
}

// Every batch is a run: what the last stage put in order, and the rows that this one adds.
void OrderSearch::enter_stage() {
  const std::int64_t before = stage_ == 0 ? 0 : stages_[stage_ - 1].rows, now = stages_[stage_].rows;
  moved_.resize(static_cast<std::size_t>(batch_ * now));
  runs_.clear();
  for (std::int64_t b = 0; b < batch_; ++b) {
    auto* to = moved_.data() + b * now;
    std::copy_n(order_.data() + b * before, before, to);
    std::iota(to + before, to + now, static_cast<std::uint32_t>(b * rows_ + before));
    runs_.push_back({static_cast<std::uint32_t>(b * now), static_cast<std::uint32_t>(b * now + before),
                     static_cast<std::uint32_t>((b + 1) * now)});
  }
  order_.swap(moved_);
}

// What is still open has failed; it is left where it is, so that later levels have something to compare.
void OrderSearch::leave_stage() {
  for (const Run& run : runs_) failed_ |= run.open() > 0;
  if (++stage_ < stages_.size()) {
    enter_stage();
    return;
  }
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<std::uint32_t>(order_[i] % rows_);
}

bool OrderSearch::found() const {
  return !has_next() && !failed_;
}

/// `most` of the known rows, or as many open ones; all of few.
std::uint32_t OrderSearch::pivots_of(const Run& run, std::uint32_t most) const {
  if (run.open() == 0) return 0;
  if (run.known() > 0) return std::min(most, run.known());
  return run.open() <= 2 * most + 1 ? run.open() : most;
}

std::int64_t OrderSearch::cost(const Run& run, std::uint32_t pivots) const {
  const std::int64_t p = pivots, open = run.open();
  if (run.known() > 0) return p * open;
  return p * (p - 1) / 2 + p * (open - p);
}

// As many pivots a run as the level's comparisons allow.
void OrderSearch::choose_pivots() {
  const std::int64_t budget = count();
  auto fits = [&](std::uint32_t most) {
    std::int64_t total = 0;
    for (const Run& run : runs_) {
      total += cost(run, pivots_of(run, most));
      if (total > budget) return false;
    }
    return true;
  };
  std::uint32_t largest = 1, good = 0;
  for (const Run& run : runs_) largest = std::max(largest, std::max(run.known(), run.open()));
  for (std::uint32_t low = 1, high = largest; low <= high;) {
    const std::uint32_t most = low + (high - low) / 2;
    if (fits(most)) {
      good = most;
      low = most + 1;
    } else {
      high = most - 1;
    }
  }
  pivots_.assign(runs_.size(), 0);
  if (good > 0) {
    for (std::size_t r = 0; r < runs_.size(); ++r) pivots_[r] = pivots_of(runs_[r], good);
    return;
  }
  // Not even one each: the largest first.
  std::vector<std::size_t> by_size(runs_.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](std::size_t a, std::size_t b) { return runs_[a].open() > runs_[b].open(); });
  std::int64_t left = budget;
  for (std::size_t r : by_size) {
    const std::uint32_t pivots = pivots_of(runs_[r], 1);
    if (cost(runs_[r], pivots) > left) continue;
    pivots_[r] = pivots;
    left -= cost(runs_[r], pivots);
  }
}

RowPairs OrderSearch::next() {
  SPUD_CHECK(has_next(), "a search has an end");
  choose_pivots();
  const auto budget = static_cast<std::size_t>(count());
  RowPairs pairs;
  pairs.first.reserve(budget);
  pairs.second.reserve(budget);
  auto add = [&](std::uint32_t a, std::uint32_t b) {
    pairs.first.push_back(a);
    pairs.second.push_back(b);
  };
  for (std::size_t r = 0; r < runs_.size(); ++r) {
    const Run& run = runs_[r];
    const std::uint32_t pivots = pivots_[r];
    if (pivots == 0) continue;
    const std::uint32_t *known = order_.data() + run.begin, *open = order_.data() + run.middle;
    if (run.known() > 0) {
      for (std::uint32_t i = 0; i < run.open(); ++i) {
        for (std::uint32_t p = 1; p <= pivots; ++p)
          add(open[i], known[std::uint64_t{p} * (run.known() + 1) / (pivots + 1) - 1]);
      }
      continue;
    }
    for (std::uint32_t i = 0; i < run.open(); ++i) {
      for (std::uint32_t p = 0; p < std::min(i, pivots); ++p) add(open[i], open[p]);
    }
  }
  idle_ += static_cast<std::int64_t>(budget - pairs.first.size());
  while (pairs.first.size() < budget) add(0, 1);
  return pairs;
}

void OrderSearch::skip() {
  failed_ = true;
  if (++level_ < stages_[stage_].levels.size()) return;
  level_ = 0;
  ++stage_;
}

void OrderSearch::learn(const std::vector<std::uint8_t>& is_less) {
  moved_.resize(order_.size());
  std::vector<Run> runs;
  const std::uint8_t* next = is_less.data();
  for (std::size_t r = 0; r < runs_.size(); ++r) split(runs_[r], pivots_[r], next, runs);
  order_.swap(moved_);
  runs_.swap(runs);
  if (++level_ < stages_[stage_].levels.size()) return;
  level_ = 0;
  leave_stage();
}

// Pivots in ascending order, and for each open row how many of them it is above; then between the pivots lie
// the known rows that were there, and the open rows that are above as many.
void OrderSearch::split(const Run& run, std::uint32_t pivots, const std::uint8_t*& is_less,
                        std::vector<Run>& runs) {
  const std::uint32_t *known = order_.data() + run.begin, *open = order_.data() + run.middle;
  std::uint32_t at = run.begin;
  auto put = [&](std::uint32_t row) { moved_[at++] = row; };
  // A row by itself joins the known ones before it if these are all there is.
  auto end_run = [&](std::uint32_t begin, std::uint32_t middle) {
    if (begin == at) return;
    if (at - begin == 1) middle = at;
    if (middle == at && !runs.empty() && runs.back().end == begin && runs.back().open() == 0 &&
        begin != run.begin) {
      runs.back().middle = runs.back().end = at;
    } else {
      runs.push_back({begin, middle, at});
    }
  };
  if (pivots == 0) {
    std::copy(known, open + run.open(), moved_.data() + at);
    at = run.end;
    return end_run(run.begin, run.middle);
  }
  const bool among_open = run.known() == 0;
  above_.assign(run.open(), 0);
  if (among_open) {
    for (std::uint32_t i = 0; i < run.open(); ++i) {
      for (std::uint32_t p = 0; p < std::min(i, pivots); ++p) {
        const bool less = *is_less++ != 0;
        above_[i] += less ? 0 : 1;
        if (i < pivots) above_[p] += less ? 1 : 0;
      }
    }
    // The pivots by how many of them they are above.
    ranks_.resize(pivots);
    std::iota(ranks_.begin(), ranks_.end(), 0u);
    std::stable_sort(ranks_.begin(), ranks_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return above_[a] < above_[b]; });
  } else {
    for (std::uint32_t i = 0; i < run.open(); ++i) {
      for (std::uint32_t p = 0; p < pivots; ++p) above_[i] += *is_less++ != 0 ? 0 : 1;
    }
  }
  // Open rows by how many pivots they are above.
  std::vector<std::uint32_t> ends(pivots + 2, 0);
  const std::uint32_t first_open = among_open ? pivots : 0;
  for (std::uint32_t i = first_open; i < run.open(); ++i) ++ends[above_[i] + 1];
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<std::uint32_t> sorted(run.open() - first_open), fill(ends.begin(), ends.end() - 1);
  for (std::uint32_t i = first_open; i < run.open(); ++i) sorted[fill[above_[i]]++] = open[i];

  std::uint32_t from = 0;
  for (std::uint32_t p = 0; p <= pivots; ++p) {
    const std::uint32_t begin = at;
    std::uint32_t to = run.known();
    if (!among_open && p < pivots)
      to = static_cast<std::uint32_t>(std::uint64_t{p + 1} * (run.known() + 1) / (pivots + 1) - 1);
    for (; from < to; ++from) put(known[from]);
    const std::uint32_t middle = at;
    for (std::uint32_t i = ends[p]; i < ends[p + 1]; ++i) put(sorted[i]);
    end_run(begin, middle);
    if (p == pivots) break;
    const std::uint32_t pivot = at;
    put(among_open ? open[ranks_[p]] : known[from++]);
    end_run(pivot, at);
  }
}

}  // namespace spud::alu
