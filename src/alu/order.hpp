// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace spud::alu {

/// The first `rows` rows of each batch are put in order, in levels of so many comparisons each.
struct OrderStage {
  std::int64_t rows = 0;
  std::vector<std::int64_t> levels;
};
/// How rows that lie in random order are sorted by opened comparisons: in few levels, since each is several
/// rounds. The first rows by comparing all with all; then, stage by stage, many more are searched for among
/// those in order, and what falls between the same two is put in order by itself. How many comparisons a
/// level makes is a function of batch and rows alone, so that the run on shapes can ask for them.
std::vector<OrderStage> plan_order(std::int64_t batch, std::int64_t rows);

/// Pairs of rows, by number: batch · rows + row.
struct RowPairs {
  std::vector<std::uint32_t> first, second;
};

/// Finds the order of distinct rows, given which of two is less: public arithmetic, alike on every node.
///
/// A level makes exactly the comparisons that were planned. How many are useful depends on how the rows lie:
/// if they are in uniformly random order, fewer than planned do, but for a probability that simulation puts
/// far below 2^−40 (of 10^6 simulated searches of small stages, and 10^4 of large ones, at most one used the
/// third level of a stage); else found() stays false after the last level.
class OrderSearch {
 public:
  /// At least two rows, and fewer than 2^32 in all.
  OrderSearch(std::int64_t batch, std::int64_t rows);
  OrderSearch(std::int64_t batch, std::int64_t rows, std::vector<OrderStage> stages);

  bool has_next() const { return stage_ < stages_.size(); }
  /// Comparisons of the next level.
  std::int64_t count() const { return stages_[stage_].levels[level_]; }
  /// What the next level compares; learn() follows.
  RowPairs next();
  /// For each pair whether its first row is less.
  void learn(const std::vector<std::uint8_t>& is_less);

  /// In the place of next() and learn(), where there is nothing to learn from: the run on shapes.
  void skip();

  bool found() const;
  /// After the last level: for each batch its rows in ascending order, numbered within the batch.
  const std::vector<std::uint32_t>& places() const { return order_; }
  /// Comparisons so far that were planned and not needed.
  std::int64_t idle() const { return idle_; }

 private:
  /// A run of order_: first rows whose order among each other is known, then rows that lie somewhere between
  /// them. Rows of one run are above those of the runs before it, of the same batch.
  struct Run {
    std::uint32_t begin, middle, end;
    std::uint32_t known() const { return middle - begin; }
    std::uint32_t open() const { return end - middle; }
  };
  void enter_stage();
  void leave_stage();
  void choose_pivots();
  std::uint32_t pivots_of(const Run& run, std::uint32_t most) const;
  std::int64_t cost(const Run& run, std::uint32_t pivots) const;
  void split(const Run& run, std::uint32_t pivots, const std::uint8_t*& is_less, std::vector<Run>& runs);

  std::int64_t batch_, rows_;
  std::vector<OrderStage> stages_;
  std::size_t stage_ = 0, level_ = 0;
  std::vector<std::uint32_t> order_;  ///< row numbers of all batches (within their batch in the end)
  std::vector<std::uint32_t> moved_;  ///< order_ of the next level
  std::vector<Run> runs_;
  std::vector<std::uint32_t> pivots_;  ///< how many each run uses in this level
  std::int64_t idle_ = 0;
  bool failed_ = false;
  std::vector<std::uint32_t> above_, ranks_;
};

}  // namespace spud::alu
