// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/sort_network.hpp"

#include <algorithm>
#include <numeric>

namespace spud::compiler {
namespace {

using ops::Comparison;
using ops::Opcode;
using Value = Emitter::Value;

/// Longer lists, laid out step by step, would make long programs.
constexpr std::int64_t kLaidOutRows = 64;

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

/// Steps of Batcher's odd-even merge sort of n rows: pairs of which the smaller goes first, each row in one
/// pair.
std::vector<Pairs> network(std::int64_t n) {
  std::vector<Pairs> steps;
  for (std::int64_t p = 1; p < n; p *= 2) {
    for (std::int64_t k = p; k >= 1; k /= 2) {
      Pairs pairs;
      for (std::int64_t j = k % p; j + k < n; j += 2 * k) {
        for (std::int64_t i = 0; i < std::min(k, n - j - k); ++i) {
          if ((i + j) / (2 * p) == (i + j + k) / (2 * p)) pairs.emplace_back(i + j, i + j + k);
        }
      }
      if (!pairs.empty()) steps.push_back(std::move(pairs));
    }
  }
  return steps;
}

Value numbers(Emitter& e, const std::vector<std::int64_t>& rows) {
  Literal out(TensorType{DType::kS32, {1, static_cast<std::int64_t>(rows.size())}});
  for (std::size_t i = 0; i < rows.size(); ++i) out.set_int(static_cast<std::int64_t>(i), rows[i]);
  return e.constant(std::move(out));
}

Value rows_of(Emitter& e, Value table, Value numbers) {
  return e.add(Opcode::kTake, {}, {table, numbers},
               {e.dtype(table), {1, e.shape(numbers)[1], e.shape(table)[2]}});
}

/// The lower and the higher of rows a and b, column by column; the last column is where a row came from.
struct Ordered {
  Leaves low, high;
};
Ordered ordered(Emitter& e, const Leaves& a, const Leaves& b, const ScalarFunction& comparator) {
  Leaves forth, back;
  for (std::size_t c = 0; c + 1 < a.size(); ++c) {
    forth.insert(forth.end(), {a[c], b[c]});
    back.insert(back.end(), {b[c], a[c]});
  }
  const Value less = comparator.apply(e, forth)[0], more = comparator.apply(e, back)[0];
  // b goes first where it is before a, or neither is before the other and it came first.
  const Value came_first = e.compare(Comparison::kLt, b.back(), a.back());
  const Value not_less = e.unary(Opcode::kNot, less);
  const Value equal_first = e.both(e.both(not_less, e.unary(Opcode::kNot, more)), came_first);
  const Value swap = e.binary(Opcode::kOr, e.both(more, not_less), equal_first);
  Ordered out;
  for (std::size_t c = 0; c < a.size(); ++c) {
    out.low.push_back(e.select(swap, b[c], a[c]));
    out.high.push_back(e.select(swap, a[c], b[c]));
  }
  return out;
}

/// Columns [1, n, b].
void sort_laid_out(Emitter& e, Leaves& columns, const ScalarFunction& comparator) {
  const std::int64_t n = e.shape(columns[0])[1];
  for (const auto& step : network(n)) {
    std::vector<std::int64_t> first, second, place(static_cast<std::size_t>(n));
    const auto count = static_cast<std::int64_t>(step.size());
    std::iota(place.begin(), place.end(), 2 * count);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto [a, b] = step[static_cast<std::size_t>(i)];
      first.push_back(a);
      second.push_back(b);
      place[static_cast<std::size_t>(a)] = i;
      place[static_cast<std::size_t>(b)] = count + i;
    }
    Leaves a, b;
    for (auto column : columns) {
      a.push_back(rows_of(e, column, numbers(e, first)));
      b.push_back(rows_of(e, column, numbers(e, second)));
    }
    const Ordered pairs = ordered(e, a, b, comparator);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const Value all = e.concatenate({pairs.low[c], pairs.high[c], columns[c]}, 1);
      columns[c] = rows_of(e, all, numbers(e, place));
    }
  }
}

/// Rows of a step's pairs: of each the first and the second, as they are read and, n where there is no such
/// pair, as they are put back. As many for every step as the fullest has.
struct Step {
  Value first, second, put_first, put_second;
};

/// Of merge step k of lists of 2p, both s32 scalars: row r is the first of a pair with r + k where network()
/// says so.
Step pairs_of(Emitter& e, Value p, Value k, std::int64_t n) {
  const TensorType all{DType::kS32, {1, n}}, half{DType::kS32, {1, n / 2}};
  const auto wide = [&](Value scalar) { return e.broadcast(scalar, all.shape, {}); };
  const auto number = [&](const TensorType& type, std::int64_t x) {
    return e.full(type, static_cast<double>(x));
  };
  const Value row = e.iota(all, 1), partner = e.plus(row, wide(k));
  const Value twice_k = e.plus(k, k), twice_p = e.plus(p, p);
  const Value from = e.minus(row, wide(e.binary(Opcode::kRemainder, k, p)));
  Value is_first = e.compare(Comparison::kGe, from, number(all, 0));
  const Value place = e.binary(Opcode::kRemainder, from, wide(twice_k)), every_k = wide(k);
  is_first = e.both(is_first, e.compare(Comparison::kLt, place, every_k));
  is_first = e.both(is_first, e.compare(Comparison::kLt, partner, number(all, n)));
  const Value merged = wide(twice_p);
  const Value list = e.binary(Opcode::kDivide, row, merged);
  const Value partners_list = e.binary(Opcode::kDivide, partner, merged);
  is_first = e.both(is_first, e.compare(Comparison::kEq, list, partners_list));
  // Those that are go to the front.
  ir::Instruction front;
  front.opcode = Opcode::kSort;
  front.operands = {e.convert(e.unary(Opcode::kNot, is_first), DType::kS32), row};
  front.attributes.dimensions = {0};
  front.attributes.stride = {1};
  front.attributes.sizes = {n / 2};
  front.origin = e.origin();
  const Value rest =
      e.builder().add(std::move(front), {{half, ir::Visibility::kPublic}, {half, ir::Visibility::kPublic}});
  const Value first = rest + 1, second = e.plus(first, e.broadcast(k, half.shape, {}));
  const Value is_pair = e.compare(Comparison::kEq, rest, number(half, 0));
  return {first, e.binary(Opcode::kMinimum, second, number(half, n - 1)),
          e.select(is_pair, first, number(half, n)), e.select(is_pair, second, number(half, n))};
}

Value put(Emitter& e, Value table, Value numbers, Value rows) {
  ops::Attributes attributes;
  attributes.reducer = ops::Reducer::kLast;
  return e.add(Opcode::kPut, std::move(attributes), {table, numbers, rows}, e.type(table));
}

void sort_in_loop(Emitter& e, Leaves& columns, const ScalarFunction& comparator) {
  const std::int64_t n = e.shape(columns[0])[1];
  const TensorType counter{DType::kS32, {}};
  ir::Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.origin = e.origin();
  loop.operands = {e.full(counter, 1), e.full(counter, 1)};
  loop.operands.insert(loop.operands.end(), columns.begin(), columns.end());
  std::vector<ir::ValueInfo> carried;
  for (auto value : loop.operands) carried.push_back({e.type(value), ir::Visibility::kPublic});
  ir::RegionBuilder condition(carried), body(carried);
  Emitter test(condition, e.origin()), step(body, e.origin());
  const Value go_on = test.compare(Comparison::kLt, 0, test.full(counter, static_cast<double>(n)));

  const Step pairs = pairs_of(step, 0, 1, n);
  Leaves a, b;
  for (Value c = 2; c < carried.size(); ++c) {
    a.push_back(rows_of(step, c, pairs.first));
    b.push_back(rows_of(step, c, pairs.second));
  }
  const Ordered found = ordered(step, a, b, comparator);
  // The next k, or the next p and its first k.
  const Value shorter = step.binary(Opcode::kDivide, 1, step.full(counter, 2)), longer = step.plus(0, 0);
  const Value goes_on = step.compare(Comparison::kGe, shorter, step.full(counter, 1));
  std::vector<Value> results{step.select(goes_on, 0, longer), step.select(goes_on, shorter, longer)};
  for (std::size_t c = 0; c < a.size(); ++c) {
    const Value low = put(step, static_cast<Value>(2 + c), pairs.put_first, found.low[c]);
    results.push_back(put(step, low, pairs.put_second, found.high[c]));
  }
  loop.regions.push_back(std::move(condition).finish({go_on}));
  loop.regions.push_back(std::move(body).finish(std::move(results)));
  const Value first = e.builder().add(std::move(loop), carried);
  for (std::size_t c = 0; c < columns.size(); ++c) columns[c] = first + 2 + static_cast<Value>(c);
}

}  // namespace

Leaves sort_in_network(Emitter& e, const Leaves& lists, const ScalarFunction& comparator) {
  const std::int64_t batch = e.shape(lists[0])[0], n = e.shape(lists[0])[1];
  Leaves columns;
  for (auto list : lists) columns.push_back(e.reshape(e.transpose(list, {1, 0}), {1, n, batch}));
  columns.push_back(e.iota({DType::kS32, {1, n, batch}}, 1));
  if (n <= kLaidOutRows) {
    sort_laid_out(e, columns, comparator);
  } else {
    sort_in_loop(e, columns, comparator);
  }
  columns.pop_back();
  for (auto& column : columns) column = e.transpose(e.reshape(column, {n, batch}), {1, 0});
  return columns;
}

}  // namespace spud::compiler
