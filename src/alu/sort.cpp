// SPDX-License-Identifier: Apache-2.0
// Sorting by opened comparisons. No two rows are equal once a row's number is a part of its key, and after a
// secret shuffle every order of distinct rows is equally likely. So the outcomes of comparisons, and which
// are made, have the same distribution for all inputs, and may be opened: the rest is public.
#include "alu/sort.hpp"

#include <algorithm>
#include <bit>
#include <functional>

#include "alu/order.hpp"
#include "ring/map.hpp"

namespace spud::alu {

using protocol::Started;
using ring::LinearMap;

namespace {

using Columns = std::vector<Arith>;

/// Of two lists of rows, by their numbers over all batches, whether the first goes before the second. The
/// rows are distinct.
using Outcomes = std::function<Task<Boolean>(ring::Tensor first, ring::Tensor second)>;

std::int64_t batch_of(const Arith& column) {
  return column.shape()[0];
}
std::int64_t rows_of(const Arith& column) {
  return column.shape()[1];
}

/// So many bits tell the rows apart.
unsigned place_bits(std::int64_t rows) {
  return static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(rows - 1)));
}

ring::Tensor list(const std::vector<std::uint32_t>& numbers, Shape shape) {
  return ring::Tensor::of<std::uint32_t>(32, std::move(shape), numbers);
}

/// All batches as one.
Arith flat(protocol::Protocol& p, const Arith& column) {
  Shape shape = column.shape();
  shape[1] *= shape[0];
  shape[0] = 1;
  return p.linear(LinearMap::reshape(std::move(shape)), {column});
}

/// Rows [pairs, …] of a flat column.
Arith taken(protocol::Protocol& p, const Arith& column, const ring::Tensor& rows) {
  Arith out = p.take_rows(column, rows);
  Shape shape = out.shape();
  shape.erase(shape.begin());
  return p.linear(LinearMap::reshape(std::move(shape)), {out});
}

Arith minus(protocol::Protocol& p, const Arith& a, const Arith& b) {
  return p.linear(LinearMap::of(LinearMap::Kind::kSubtract), {a, b});
}

/// The first `keep` rows of every column, in the order that the outcomes give shuffled rows.
Task<Columns> arranged(Alu alu, Columns columns, Outcomes outcomes, std::int64_t keep) {
  auto& p = alu.protocol();
  const std::int64_t batch = batch_of(columns[0]), rows = rows_of(columns[0]);
  OrderSearch search(batch, rows);
  bool on_shapes = false;
  while (search.has_next()) {
    const Shape shape{1, search.count()};
    ring::Tensor first = ring::Tensor::phantom(32, shape), second = first;
    if (!on_shapes) {
      const RowPairs pairs = search.next();
      first = list(pairs.first, shape);
      second = list(pairs.second, shape);
    }
    auto less_task = outcomes(first, second);
    Boolean less = co_await less_task;
    auto opened_task = p.reveal_order(less);
    ring::BitTensor opened = co_await opened_task;
    on_shapes = opened.is_phantom();
    if (on_shapes) {
      search.skip();
    } else {
      search.learn(opened.unpack());
    }
  }
  ring::Tensor places = ring::Tensor::phantom(32, {batch, keep});
  if (!on_shapes) {
    if (!search.found()) {
      alu.executor().fail(Error{ErrorCode::kUnavailable,
                                "the shuffled rows lie in an order that takes more comparisons than planned",
                                "sort", "an order that chance brings about once in 2^40 times", "",
                                "run the job again"});
    }
    places = list(search.places(), {batch, rows});
    if (keep < rows) {
      places = ring::apply_linear(LinearMap::slice({batch, keep}, {0, 0}, {1, 1}), std::span(&places, 1));
    }
  }
  Columns out;
  for (const auto& column : columns) out.push_back(p.take_rows(column, places));
  co_return out;
}

/// Nothing to sort: rows as they are, as many as are kept.
Columns kept(protocol::Protocol& p, const Columns& columns, std::int64_t keep) {
  Columns out;
  for (const auto& column : columns) {
    Shape shape = column.shape();
    shape[1] = keep;
    out.push_back(p.linear(LinearMap::slice(shape, std::vector<std::int64_t>(shape.size(), 0),
                                            std::vector<std::int64_t>(shape.size(), 1)),
                           {column}));
  }
  return out;
}

/// Bits of the number that stands for a key.
unsigned key_bits(const SortKey& key) {
  const unsigned k = key.values.ring_bits();
  return key.width > 0 && key.width <= 32 ? std::min(k, 32u) : k;
}

/// A key as a number of key_bits(), read as unsigned, that grows as the rows go.
Arith ascending(protocol::Protocol& p, const SortKey& key) {
  const unsigned bits = key_bits(key);
  Arith x = bits < key.values.ring_bits() ? p.narrow(key.values, bits) : key.values;
  // −x − 1 is every bit of x turned, which turns the order; the top bit turned makes signed numbers unsigned.
  if (key.is_descending) x = p.linear(LinearMap::of(LinearMap::Kind::kNegate), {x});
  const bool less_one = key.is_descending, half = key.is_signed;
  return p.add_public(x, ring::map(
                             [=](auto zero) {
                               using W = decltype(zero);
                               const W offset = half ? W(W(1) << (bits - 1)) : W(0);
                               return W(zero + offset - (less_one ? W(1) : W(0)));
                             },
                             ring::Tensor::zeros(bits, x.shape())));
}

/// A part of a key, read as unsigned: its ring is small enough to be widened.
Task<Columns> parts(Alu alu, SortKey key) {
  auto& p = alu.protocol();
  // One mask of a key serves here and, where the key moves along, in the shuffle.
  if (key_bits(key) == key.values.ring_bits()) {
    auto masked_task = p.prepare(key.values);
    Arith masked = co_await masked_task;
  }
  const Arith whole = ascending(p, key);
  Columns out;
  if (whole.ring_bits() == 128) {
    auto high_task = p.shift_right_full(whole, 64, false);
    Arith high = co_await high_task;
    out.push_back(p.narrow(high, 64));
    out.push_back(p.narrow(whole, 64));
  } else {
    out.push_back(whole);
  }
  co_return out;
}

/// What rows are compared by: a number whose differences have `width` bits. Several, the first decides.
struct Limb {
  Limb(Arith n, unsigned w) : number(std::move(n)), width(w) {}
  Arith number;
  unsigned width;
};

/// Which parts are put together into one number: their count, from the last part on, and the number's bits.
struct LimbPlan {
  std::size_t parts = 0;
  unsigned bits = 0, widest = 0;
  unsigned ring() const {
    for (unsigned ring : {32u, 64u}) {
      if (bits + 1 <= ring && widest < ring) return ring;
    }
    return 128;
  }
};
std::vector<LimbPlan> plan_limbs(const Columns& parts, std::int64_t rows) {
  std::vector<LimbPlan> plan{{0, place_bits(rows), 0}};
  for (std::size_t i = parts.size(); i-- > 0;) {
    const unsigned bits = parts[i].ring_bits();
    if (plan.back().bits + bits + 1 > 128) plan.emplace_back();
    ++plan.back().parts;
    plan.back().bits += bits;
    plan.back().widest = std::max(plan.back().widest, bits);
  }
  return plan;
}

/// The keys and, last, the row's number, one below the other as a number, or several where one ring does not
/// hold it: no two rows are equal. Widening is exact for all numbers, so that these are in order whatever the
/// keys are.
Task<std::vector<Limb>> sort_numbers(Alu alu, std::vector<SortKey> keys) {
  auto& p = alu.protocol();
  const std::int64_t batch = batch_of(keys[0].values), rows = rows_of(keys[0].values);
  std::vector<Started<Columns>> cutting;
  for (const auto& key : keys) cutting.emplace_back(alu.executor(), parts(alu, key));
  Columns all;
  for (auto& one : cutting) {
    Columns of_key = co_await one;
    all.insert(all.end(), of_key.begin(), of_key.end());
  }
  const std::vector<LimbPlan> plan = plan_limbs(all, rows);
  std::vector<Started<Arith>> widening;  // from the last part on
  std::size_t at = all.size();
  for (const LimbPlan& limb : plan) {
    for (std::size_t i = 0; i < limb.parts; ++i)
      widening.emplace_back(alu.executor(), p.widen(all[--at], limb.ring(), false));
  }
  std::vector<Limb> limbs;
  auto next = widening.begin();
  at = all.size();
  for (const LimbPlan& limb : plan) {
    std::optional<Arith> number;
    unsigned below = 0;
    if (limbs.empty()) {
      number = row_numbers(alu, batch, rows, limb.ring());
      below = place_bits(rows);
    }
    for (std::size_t i = 0; i < limb.parts; ++i) {
      auto& one = *next++;
      Arith wide = co_await one;
      const Arith moved = p.linear(LinearMap::shift_left(below), {wide});
      number = number ? p.linear(LinearMap::of(LinearMap::Kind::kAdd), {*number, moved}) : moved;
      below += all[--at].ring_bits();
    }
    limbs.emplace_back(*number, limb.bits + 1);
  }
  std::reverse(limbs.begin(), limbs.end());
  co_return limbs;
}

/// By the first numbers that differ.
Task<Boolean> earlier_limbs(Alu alu, std::vector<Limb> limbs, ring::Tensor first, ring::Tensor second) {
  auto& p = alu.protocol();
  std::vector<Started<Boolean>> less, equal;
  for (std::size_t i = 0; i < limbs.size(); ++i) {
    const Arith difference = minus(p, taken(p, limbs[i].number, first), taken(p, limbs[i].number, second));
    less.emplace_back(alu.executor(), p.negative(difference, limbs[i].width));
    if (i + 1 < limbs.size()) equal.emplace_back(alu.executor(), p.is_zero(difference, limbs[i].width));
  }
  auto& last = less.back();
  Boolean earlier = co_await last;
  for (std::size_t i = equal.size(); i-- > 0;) {
    auto &less_here = less[i], &equal_here = equal[i];
    Boolean is_less = co_await less_here;
    Boolean is_equal = co_await equal_here;
    auto both_task = p.logical_and(is_equal, earlier);
    Boolean both = co_await both_task;
    earlier = p.exclusive_or(is_less, both);
  }
  co_return earlier;
}

}  // namespace

Arith row_numbers(Alu alu, std::int64_t batch, std::int64_t rows, unsigned ring_bits) {
  ring::Tensor numbers = ring::Tensor::zeros(ring_bits, {batch, rows});
  ring::with_ring(ring_bits, [&]<class R>(R) {
    auto* to = numbers.writable<typename R::Word>();
    for (std::int64_t i = 0; i < batch * rows; ++i) to[i] = static_cast<typename R::Word>(i % rows);
  });
  return alu.protocol().constant(std::move(numbers));
}

Task<Columns> sort(Alu alu, std::vector<SortKey> keys, Columns columns, std::int64_t keep) {
  SPUD_CHECK(!keys.empty(), "rows are sorted by something");
  auto& p = alu.protocol();
  const std::int64_t batch = batch_of(keys[0].values), rows = rows_of(keys[0].values);
  if (keep < 0 || keep > rows) keep = rows;
  if (rows < 2 || batch == 0 || columns.empty()) co_return kept(p, columns, keep);
  auto numbers_task = sort_numbers(alu, keys);
  std::vector<Limb> limbs = co_await numbers_task;
  const std::size_t moved = columns.size();
  for (const Limb& limb : limbs) columns.push_back(limb.number);
  auto shuffled_task = p.shuffle(std::move(columns));
  Columns shuffled = co_await shuffled_task;
  for (std::size_t i = 0; i < limbs.size(); ++i) limbs[i].number = flat(p, shuffled[moved + i]);
  shuffled.erase(shuffled.begin() + static_cast<std::ptrdiff_t>(moved), shuffled.end());
  auto sorted_task = arranged(
      alu, std::move(shuffled),
      [alu, limbs](ring::Tensor first, ring::Tensor second) {
        return earlier_limbs(alu, limbs, std::move(first), std::move(second));
      },
      keep);
  Columns sorted = co_await sorted_task;
  co_return sorted;
}

}  // namespace spud::alu
