// SPDX-License-Identifier: Apache-2.0
// The largest of several numbers in one step: all pairs are compared at once, the winner's bits are products
// of the results, and what it is better by than the first is added to the first. A pair's mask is the
// difference of masks, so only the differences from the first are opened. A tree of such steps reduces many
// numbers.
#include "alu/alu.hpp"
#include "alu/fan_in.hpp"
#include "ring/map.hpp"

namespace spud::alu {

using protocol::Condition;
using protocol::Started;
using ring::LinearMap;

namespace {

Arith moved(protocol::Protocol& p, const LinearMap& map, std::vector<Arith> x) {
  return p.linear(map, std::move(x));
}
Boolean moved(protocol::Protocol& p, const LinearMap& map, std::vector<Boolean> x) {
  return p.move_bits(map, std::move(x));
}

/// Rows of [rows, width], of numbers or bits.
template <class T>
T part(protocol::Protocol& p, const T& x, std::int64_t begin, std::int64_t rows) {
  if (begin == 0 && rows == x.shape()[0]) return x;
  return moved(p, LinearMap::slice({rows, x.shape()[1]}, {begin, 0}, {1, 1}), {x});
}
template <class T>
T joined(protocol::Protocol& p, std::vector<T> parts) {
  if (parts.size() == 1) return parts[0];
  return moved(p, LinearMap::concatenate(0), std::move(parts));
}
template <class T>
T reshaped(protocol::Protocol& p, const T& x, Shape shape) {
  return moved(p, LinearMap::reshape(std::move(shape)), {x});
}

/// The pairs of rows (0, 1), (0, 2) …, (1, 2) …: all firsts, and all seconds.
template <class T>
struct Pairs {
  T first, second;
};
template <class T>
Pairs<T> pairs(protocol::Protocol& p, const T& x) {
  const std::int64_t rows = x.shape()[0], width = x.shape()[1];
  std::vector<T> first, second;
  for (std::int64_t i = 0; i + 1 < rows; ++i) {
    const T row = reshaped(p, part(p, x, i, 1), {width});
    first.push_back(moved(p, LinearMap::broadcast({rows - 1 - i, width}, {1}), {row}));
    second.push_back(part(p, x, i + 1, rows - 1 - i));
  }
  return {joined(p, std::move(first)), joined(p, std::move(second))};
}

/// For each row but the first, that it is larger than those before it and no smaller than those after it,
/// given [first < second] of all pairs in their order. Exactly one row wins.
std::vector<Condition> winning(std::int64_t rows) {
  auto pair = [rows](std::int64_t i, std::int64_t j) { return i * (2 * rows - i - 1) / 2 + j - i - 1; };
  std::vector<Condition> out;
  for (std::int64_t i = 1; i < rows; ++i) {
    Condition wins;
    for (std::int64_t j = 0; j < i; ++j) wins.set.push_back(pair(j, i));
    for (std::int64_t j = i + 1; j < rows; ++j) wins.clear.push_back(pair(i, j));
    out.push_back(std::move(wins));
  }
  return out;
}

Arith minus(protocol::Protocol& p, const Arith& a, const Arith& b) {
  return p.linear(LinearMap::of(LinearMap::Kind::kSubtract), {a, b});
}

/// A column of public numbers, one a row.
ring::Tensor column(unsigned ring_bits, std::int64_t rows, std::int64_t width, std::int64_t start,
                    std::int64_t step) {
  ring::Tensor out = ring::Tensor::zeros(ring_bits, {rows, width});
  ring::with_ring(ring_bits, [&]<class R>(R) {
    auto* to = out.writable<typename R::Word>();
    for (std::int64_t i = 0; i < rows * width; ++i)
      to[i] = static_cast<typename R::Word>(start + i / width * step);
  });
  return out;
}

Arith differences_from_first(protocol::Protocol& p, const Arith& rows) {
  const std::int64_t others = rows.shape()[0] - 1, width = rows.shape()[1];
  const Arith first = reshaped(p, part(p, rows, 0, 1), {width});
  return minus(p, part(p, rows, 1, others), p.linear(LinearMap::broadcast({others, width}, {1}), {first}));
}

}  // namespace

struct Alu::Contest {
  Contest(Boolean w, Arith d) : wins(std::move(w)), from_first(std::move(d)) {}
  Boolean wins;      ///< of the rows but the first
  Arith from_first;  ///< masked
};

// Rounds: 1 for the masks, those of the sign, 1 for the products if there is more than one pair.
Task<Alu::Contest> Alu::contest(Arith keys, Differences differences) {
  const std::int64_t rows = keys.shape()[0];
  std::optional<Boolean> below;
  std::optional<Arith> from_first;
  if (differences.bits <= keys.ring_bits()) {
    auto masked_task = p_.prepare(differences_from_first(p_, keys));
    Arith masked = co_await masked_task;
    from_first = masked;
    Arith difference = p_.linear(LinearMap::of(LinearMap::Kind::kNegate), {masked});
    if (rows > 2) {
      const Pairs<Arith> others = pairs(p_, masked);
      difference = joined<Arith>(p_, {difference, minus(p_, others.first, others.second)});
    }
    auto below_task = p_.negative(difference, differences.bits);
    Boolean found = co_await below_task;
    below = found;
  } else {
    // Where the top bits of two numbers differ they decide, else the sign of the difference does.
    auto masked_task = p_.prepare(keys);
    Arith masked = co_await masked_task;
    from_first = differences_from_first(p_, masked);
    const Pairs<Arith> both = pairs(p_, masked);
    Started<Boolean> signs(executor_, p_.negative(masked));
    Started<Boolean> signs_of_differences(executor_, p_.negative(minus(p_, both.first, both.second)));
    Boolean top = co_await signs;
    Boolean sign = co_await signs_of_differences;
    const Pairs<Boolean> tops = pairs(p_, top);
    const Boolean& decides = differences.is_signed ? tops.first : tops.second;
    auto fix_task = p_.logical_and(p_.exclusive_or(tops.first, tops.second), p_.exclusive_or(decides, sign));
    Boolean fix = co_await fix_task;
    below = p_.exclusive_or(sign, fix);
  }
  if (rows > 2) {
    auto wins_task = p_.all_hold(*below, winning(rows));
    Boolean wins = co_await wins_task;
    below = wins;
  }
  co_return Contest(*below, *from_first);
}

// Of neighbours, or of rows that lie far apart where the order does not matter: then nothing has to be moved.
// The last of the results of kNew is the winner's place in its group.
Task<std::vector<Arith>> Alu::winners(std::vector<Arith> rows, unsigned fan_in, Differences differences,
                                      Places places) {
  const std::int64_t size = fan_in, groups = rows[0].shape()[0] / size, width = rows[0].shape()[1];
  std::vector<Arith> firsts;
  for (auto& x : rows) {
    if (places != Places::kNone) {
      x = p_.linear(LinearMap::transpose({1, 0, 2}), {reshaped(p_, x, {groups, size, width})});
    }
    x = reshaped(p_, x, {size, groups * width});
    firsts.push_back(part(p_, x, 0, 1));
  }
  auto contest_task = contest(rows[0], differences);
  Contest result = co_await contest_task;
  std::vector<Arith> changes(1, result.from_first);
  for (std::size_t i = 1; i < rows.size(); ++i) changes.push_back(differences_from_first(p_, rows[i]));
  if (places == Places::kNew) {
    auto chosen_task = p_.choose(result.wins, changes);
    protocol::Chosen chosen = co_await chosen_task;
    changes = std::move(chosen.products);
    changes.push_back(
        p_.multiply_public(chosen.bit, column(chosen.bit.ring_bits(), size - 1, groups * width, 1, 1)));
  } else if (rows.size() > 1) {
    auto chosen_task = p_.choose(result.wins, changes);
    protocol::Chosen chosen = co_await chosen_task;
    changes = std::move(chosen.products);
  } else {
    auto change_task = p_.mux(result.wins, changes[0]);
    Arith change = co_await change_task;
    changes[0] = change;
  }
  std::vector<Arith> out;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Arith one = reshaped(p_, p_.linear(LinearMap::sum({0}), {changes[i]}), {groups, width});
    if (i < firsts.size()) {
      one = p_.linear(LinearMap::of(LinearMap::Kind::kAdd), {reshaped(p_, firsts[i], {groups, width}), one});
    }
    out.push_back(one);
  }
  co_return out;
}

/// All x are [length, width].
Task<std::vector<Arith>> Alu::tournament(std::vector<Arith> x, Differences differences, Places places) {
  const std::int64_t length = x[0].shape()[0], width = x[0].shape()[1];
  const unsigned k = x[0].ring_bits();
  auto none = [&](std::int64_t rows) { return p_.constant(ring::Tensor::zeros(k, {rows, width})); };
  if (length == 1 && places == Places::kNew) x.push_back(none(1));
  for (const Level& level : plan_tree(length, width, {k, differences.bits > k})) {
    const std::int64_t size = level.fan_in, in_wide = level.wide * size;
    std::vector<Arith> wide, narrow;
    for (const auto& one : x) {
      wide.push_back(part(p_, one, 0, in_wide));
      if (level.narrow > 0) narrow.push_back(part(p_, one, in_wide, level.narrow * (size - 1)));
    }
    Started<std::vector<Arith>> of_wide(executor_, winners(wide, level.fan_in, differences, places));
    std::optional<Started<std::vector<Arith>>> of_narrow;
    if (level.narrow > 0 && size > 2)
      of_narrow.emplace(executor_, winners(narrow, level.fan_in - 1, differences, places));
    std::vector<Arith> found = co_await of_wide;
    if (of_narrow) {
      Started<std::vector<Arith>>& others = *of_narrow;
      narrow = co_await others;
    } else if (level.narrow > 0 && places == Places::kNew) {
      narrow.push_back(none(level.narrow));
    }
    if (places == Places::kNew) {
      found.back() = p_.add_public(found.back(), column(k, level.wide, width, 0, size));
      if (level.narrow > 0)
        narrow.back() = p_.add_public(narrow.back(), column(k, level.narrow, width, in_wide, size - 1));
      places = Places::kCarried;
    }
    for (std::size_t i = 0; i < narrow.size(); ++i) found[i] = joined<Arith>(p_, {found[i], narrow[i]});
    x = std::move(found);
  }
  co_return x;
}

/// The largest of the flipped is the smallest; of a number that uses the whole ring every bit is flipped.
Fixed Alu::flipped(const Fixed& x, Differences differences) {
  const Fixed opposite = negate(x);
  return differences.bits > x.ring_bits() ? add_scalar(opposite, -1) : opposite;
}

namespace {

Shape without_first(const Shape& shape) {
  return Shape(shape.begin() + 1, shape.end());
}
Shape as_rows(const Shape& shape) {
  SPUD_CHECK(!shape.empty() && shape[0] > 0, "there are numbers along the first dimension");
  return {shape[0], element_count(without_first(shape))};
}

}  // namespace

Task<Fixed> Alu::largest(Fixed x, Differences differences) {
  std::vector<Arith> rows(1, reshaped(p_, x.share, as_rows(x.shape())));
  auto found_task = tournament(rows, differences, Places::kNone);
  std::vector<Arith> found = co_await found_task;
  co_return Fixed(reshaped(p_, found[0], without_first(x.shape())), x.fraction_bits);
}
Task<Fixed> Alu::smallest(Fixed x, Differences differences) {
  auto found_task = largest(flipped(x, differences), differences);
  Fixed found = co_await found_task;
  co_return flipped(found, differences);
}

Task<Winner> Alu::first(Fixed x, std::vector<Fixed> companions, Differences differences, bool is_flipped) {
  const Shape shape = x.shape();
  std::vector<Arith> rows(1,
                          reshaped(p_, is_flipped ? flipped(x, differences).share : x.share, as_rows(shape)));
  for (const auto& one : companions) {
    SPUD_CHECK(one.shape() == shape && one.ring_bits() == x.ring_bits(), "companions go with the numbers");
    rows.push_back(reshaped(p_, one.share, as_rows(shape)));
  }
  auto found_task = tournament(rows, differences, Places::kNew);
  std::vector<Arith> found = co_await found_task;
  std::vector<Fixed> out;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const unsigned fraction = i == 0                   ? x.fraction_bits
                              : i <= companions.size() ? companions[i - 1].fraction_bits
                                                       : 0;
    out.emplace_back(reshaped(p_, found[i], without_first(shape)), fraction);
  }
  Winner winner(is_flipped ? flipped(out.front(), differences) : out.front(),
                std::vector<Fixed>(out.begin() + 1, out.end() - 1), out.back());
  co_return winner;
}
Task<Winner> Alu::first_largest(Fixed x, std::vector<Fixed> companions, Differences differences) {
  return first(std::move(x), std::move(companions), differences, false);
}
Task<Winner> Alu::first_smallest(Fixed x, std::vector<Fixed> companions, Differences differences) {
  return first(std::move(x), std::move(companions), differences, true);
}

// Rows that lie far apart are multiplied; their order does not matter.
Task<Boolean> Alu::all_of(Boolean bits) {
  const Shape rest = without_first(bits.shape());
  Boolean rows = reshaped(p_, bits, as_rows(bits.shape()));
  const std::int64_t width = rows.shape()[1];
  for (const Level& level : plan_tree(rows.shape()[0], width, {0, false})) {
    std::vector<Started<Boolean>> running;
    std::vector<std::int64_t> sizes;
    std::vector<Boolean> found;
    std::int64_t at = 0;
    for (auto [groups, size] :
         {std::pair(level.wide, level.fan_in), std::pair(level.narrow, level.fan_in - 1)}) {
      if (groups == 0) continue;
      const Boolean some = part(p_, rows, at, groups * size);
      at += groups * size;
      if (size == 1) {
        found.push_back(some);
        continue;
      }
      sizes.push_back(groups);
      Condition all;
      for (std::int64_t i = 0; i < size; ++i) all.set.push_back(i);
      running.emplace_back(
          executor_, p_.all_hold(reshaped(p_, some, {size, groups * width}), std::vector<Condition>(1, all)));
    }
    std::vector<Boolean> combined;
    for (std::size_t i = 0; i < running.size(); ++i) {
      Started<Boolean>& one = running[i];
      Boolean result = co_await one;
      combined.push_back(reshaped(p_, result, {sizes[i], width}));
    }
    for (const auto& one : found) combined.push_back(one);
    rows = joined(p_, std::move(combined));
  }
  co_return reshaped(p_, rows, rest);
}
Task<Boolean> Alu::any_of(Boolean bits) {
  auto none_task = all_of(p_.logical_not(bits));
  Boolean none = co_await none_task;
  co_return p_.logical_not(none);
}

}  // namespace spud::alu
