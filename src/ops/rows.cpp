// SPDX-License-Identifier: Apache-2.0
// Rows of a tensor by number: taken and put.
#include <algorithm>
#include <bit>

#include "alu/encode_public.hpp"
#include "ops/machine.hpp"
#include "ops/plain/row_numbers.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;
using protocol::Boolean;
using ring::LinearMap;

namespace {

/// One-hot vectors of so many bits are dealt in one step.
constexpr unsigned kDigitBits = 7;

unsigned bits_for(std::int64_t largest) {
  return std::max(1u, static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(largest))));
}

/// Numbers 0 … 2^width − 1 by their bits.
std::vector<protocol::Condition> all_numbers(unsigned width) {
  std::vector<protocol::Condition> out(std::size_t{1} << width);
  for (std::size_t v = 0; v < out.size(); ++v) {
    for (unsigned b = 0; b < width; ++b) (v >> b & 1 ? out[v].set : out[v].clear).push_back(b);
  }
  return out;
}

/// Where each row's update k (counted from 0) stands, −1 where there is none: as many lists as a row has at
/// most.
std::vector<std::vector<std::int64_t>> layers(const std::vector<std::int64_t>& rows, std::int64_t count) {
  std::vector<std::vector<std::int64_t>> out;
  std::vector<std::size_t> seen(static_cast<std::size_t>(count), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0) continue;
    const auto row = static_cast<std::size_t>(rows[i]);
    const std::size_t layer = seen[row]++;
    if (layer == out.size()) out.emplace_back(static_cast<std::size_t>(count), -1);
    out[layer][row] = static_cast<std::int64_t>(i);
  }
  return out;
}

}  // namespace

Value Machine::take_rows(const Value& rows, const std::vector<std::int64_t>& numbers, TensorType result) {
  auto& p = alu_.protocol();
  const Shape& shape = rows.type.shape;
  const auto matrix = LinearMap::reshape({shape[0] * shape[1], shape[2]});
  const auto back = LinearMap::reshape(result.shape);
  if (rows.type.dtype == DType::kPred) {
    Boolean taken = p.pick_rows(p.move_bits(matrix, {rows.bits()}), numbers);
    return {std::move(result), p.move_bits(back, {taken})};
  }
  Arith taken = p.pick_rows(p.linear(matrix, {rows.number().share}), numbers);
  Value out = number(Fixed{p.linear(back, {taken}), rows.number().fraction_bits}, std::move(result));
  out.signed_bits = rows.signed_bits;
  return out;
}

protocol::Task<Value> Machine::take(Value rows, Value numbers, TensorType result) {
  if (numbers.is_public())
    co_return take_rows(rows, plain::rows_taken(numbers.literal(), rows.type.shape[1]), result);
  auto out_task = take_secretly(rows, numbers, result);
  Value out = co_await out_task;
  co_return out;
}

protocol::Task<std::vector<Boolean>> Machine::bits_of_numbers(Value numbers, std::int64_t largest) {
  auto& p = alu_.protocol();
  const unsigned width = bits_for(largest);
  Arith x = numbers.number().share;
  if (x.ring_bits() > 32 && width < 32) x = p.narrow(x, 32);
  auto bits_task = p.bits(x, width);
  std::vector<Boolean> bits = co_await bits_task;
  co_return bits;
}

protocol::Task<Boolean> Machine::one_hot(std::vector<Boolean> bits, std::int64_t n) {
  auto& p = alu_.protocol();
  const Shape shape = bits[0].shape();
  const auto width = static_cast<unsigned>(bits.size());
  for (auto& bit : bits) bit = p.move_bits(LinearMap::reshape({1, shape[0], shape[1]}), {bit});
  std::optional<Boolean> hot;
  for (unsigned first = 0; first < width; first += kDigitBits) {
    const unsigned digit = std::min(kDigitBits, width - first);
    std::vector<Boolean> rows(bits.begin() + first, bits.begin() + first + digit);
    Boolean stacked = digit == 1 ? rows[0] : p.move_bits(LinearMap::concatenate(0), rows);
    auto digit_task = p.all_hold(stacked, all_numbers(digit));
    Boolean high = co_await digit_task;
    if (!hot) {
      hot = high;
      continue;
    }
    // Digits so far are the low part of the number.
    const std::int64_t outer = high.shape()[0], inner = hot->shape()[0];
    const Shape both{outer, inner, shape[0], shape[1]};
    Boolean a = p.move_bits(LinearMap::broadcast(both, {0, 2, 3}), {high});
    Boolean b = p.move_bits(LinearMap::broadcast(both, {1, 2, 3}), {*hot});
    auto both_task = p.logical_and(a, b);
    Boolean met = co_await both_task;
    hot = p.move_bits(LinearMap::reshape({outer * inner, shape[0], shape[1]}), {met});
  }
  Boolean named = p.move_bits(LinearMap::slice({n, shape[0], shape[1]}, {0, 0, 0}, {1, 1, 1}), {*hot});
  co_return p.move_bits(LinearMap::transpose({1, 2, 0}), {named});
}

// Of many rows the number's high part chooses a block of rows, and its low part a row of that block: so what
// is opened grows with the square root of their number.
protocol::Task<Value> Machine::take_secretly(Value rows, Value numbers, TensorType result) {
  auto& p = alu_.protocol();
  const bool is_pred = rows.type.dtype == DType::kPred;
  auto secret = as_secret(rows);
  if (!secret) co_return refuse(secret.error(), result);
  std::optional<Fixed> table;
  if (is_pred) {
    auto words_task = p.to_arith(secret->bits(), 32);
    Arith words = co_await words_task;
    table = Fixed{words, 0};
  } else {
    table = secret->number();
  }
  const std::int64_t batch = rows.type.shape[0], count = rows.type.shape[1], width = rows.type.shape[2];
  const std::int64_t wanted = numbers.type.shape[1];
  unsigned low_bits = 0;
  while (((std::int64_t{1} << low_bits) * (1 + width)) << low_bits < count) ++low_bits;
  const std::int64_t block = std::int64_t{1} << low_bits, blocks = (count + block - 1) / block;

  const bool has_low = blocks > 1 && block > 1;
  if (!has_low) low_bits = 0;
  auto bits_task = bits_of_numbers(numbers, count - 1);
  std::vector<Boolean> low = co_await bits_task;
  std::vector<Boolean> high(low.begin() + low_bits, low.end());
  low.resize(low_bits, high[0]);
  const std::int64_t outer = has_low ? blocks : count, inner = has_low ? block : 1;
  Arith held = table->share;
  if (outer * inner != count) {
    LinearMap map = LinearMap::of(LinearMap::Kind::kPad);
    map.shape = {batch, outer * inner, width};
    map.start = {0, 0, 0};
    map.step = {1, 1, 1};
    held = p.linear(map, {held});
  }
  held = p.linear(LinearMap::reshape({batch, outer, inner * width}), {held});
  auto which_task = one_hot(high, outer);
  Boolean which = co_await which_task;
  auto vectors_task = p.to_arith(which, held.ring_bits());
  Arith vectors = co_await vectors_task;
  auto found_task = p.matmul(vectors, held);
  Arith found = co_await found_task;
  if (has_low) {
    auto row_task = one_hot(low, inner);
    Boolean row = co_await row_task;
    auto row_words_task = p.to_arith(row, held.ring_bits());
    Arith row_words = co_await row_words_task;
    auto last_task = p.matmul(p.linear(LinearMap::reshape({batch * wanted, 1, inner}), {row_words}),
                              p.linear(LinearMap::reshape({batch * wanted, inner, width}), {found}));
    found = co_await last_task;
  }
  found = p.linear(LinearMap::reshape(result.shape), {found});
  if (is_pred) {
    auto bits_task = p.bits(found, 1);
    std::vector<Boolean> bits = co_await bits_task;
    co_return Value{result, bits[0]};
  }
  Value out = number(Fixed{found, table->fraction_bits}, result);
  out.signed_bits = rows.signed_bits;
  co_return out;
}

protocol::Task<Value> Machine::put(Reducer reducer, Value rows, Value numbers, Value updates,
                                   TensorType result) {
  auto secret_rows = as_secret(rows);
  if (!secret_rows) co_return refuse(secret_rows.error(), result);
  auto secret_updates = as_secret(updates);
  if (!secret_updates) co_return refuse(secret_updates.error(), result);
  rows = *secret_rows;
  updates = *secret_updates;
  rows.signed_bits = updates.signed_bits = 0;
  if (!numbers.is_public()) {
    auto out_task = put_secretly(reducer, rows, numbers, updates, result);
    Value out = co_await out_task;
    co_return out;
  }
  auto& p = alu_.protocol();
  const std::int64_t batch = result.shape[0], count = result.shape[1], width = result.shape[2];
  const auto targets = plain::rows_put(numbers.literal(), count);
  if (reducer == Reducer::kAdd && result.dtype != DType::kPred) {
    const auto matrix = LinearMap::reshape({batch * numbers.type.shape[1], width});
    Arith sums = p.sum_rows(p.linear(matrix, {updates.number().share}), targets, batch * count);
    const Fixed shaped{p.linear(LinearMap::reshape(result.shape), {sums}), rows.number().fraction_bits};
    co_return number(alu_.add(rows.number(), shaped), result);
  }
  Value total = rows;
  auto rounds = layers(targets, batch * count);
  if (reducer == Reducer::kLast && rounds.size() > 1) {
    // Only the last of each row counts, wherever its layer is.
    for (std::size_t l = 1; l < rounds.size(); ++l) {
      for (std::size_t r = 0; r < rounds[0].size(); ++r)
        if (rounds[l][r] >= 0) rounds[0][r] = rounds[l][r];
    }
    rounds.resize(1);
  }
  for (const auto& layer : rounds) {
    // What is put lies behind the rows that it is chosen from.
    Value fresh = take_rows(updates, layer, result);
    if (reducer != Reducer::kLast) {
      std::vector<Value> pair{total, fresh};
      auto combined_task = run(*combining_opcode(reducer), Attributes{}, pair, result, where_);
      fresh = co_await combined_task;
    }
    Literal is_put(TensorType{DType::kPred, result.shape});
    auto bits = is_put.writable<std::uint8_t>();
    for (std::size_t i = 0; i < bits.size(); ++i)
      bits[i] = layer[i / static_cast<std::size_t>(width)] >= 0 ? 1 : 0;
    auto chosen_task = select(Value::of(is_put), fresh, total, result);
    total = co_await chosen_task;
  }
  co_return total;
}

protocol::Task<Value> Machine::put_secretly(Reducer reducer, Value rows, Value numbers, Value updates,
                                            TensorType result) {
  auto& p = alu_.protocol();
  const std::int64_t batch = result.shape[0], count = result.shape[1], width = result.shape[2];
  const std::int64_t puts = numbers.type.shape[1];
  // n itself, which names no row, is told from the others.
  auto bits_task = bits_of_numbers(numbers, count);
  std::vector<Boolean> bits = co_await bits_task;
  auto hot_task = one_hot(bits, count);
  Boolean hot = co_await hot_task;
  auto part = [&](std::int64_t begin, std::int64_t size) {
    return p.move_bits(LinearMap::slice({batch, size, count}, {0, begin, 0}, {1, 1, 1}), {hot});
  };
  const bool is_pred = result.dtype == DType::kPred;
  const bool is_last = reducer == Reducer::kLast;
  if (!is_pred && (is_last || reducer == Reducer::kAdd)) {
    std::optional<Boolean> kept;
    if (is_last) {
      // Row j of `later`: whether put j or one after it names the row.
      Boolean later = hot;
      for (std::int64_t step = 1; step < puts; step *= 2) {
        LinearMap map = LinearMap::of(LinearMap::Kind::kPad);
        map.shape = {batch, puts, count};
        map.start = {0, -step, 0};
        map.step = {1, 1, 1};
        auto none_task = p.logical_and(p.logical_not(later), p.logical_not(p.move_bits(map, {later})));
        Boolean none = co_await none_task;
        later = p.logical_not(none);
      }
      LinearMap next = LinearMap::of(LinearMap::Kind::kPad);
      next.shape = {batch, puts, count};
      next.start = {0, -1, 0};
      next.step = {1, 1, 1};
      Boolean first = p.move_bits(LinearMap::slice({batch, 1, count}, {0, 0, 0}, {1, 1, 1}), {later});
      // What no put names stays.
      kept = p.logical_not(p.move_bits(LinearMap::reshape({batch, count}), {first}));
      Boolean last = p.logical_not(p.move_bits(next, {later}));
      auto only_task = p.logical_and(hot, last);
      hot = co_await only_task;
    }
    const unsigned ring = rows.number().ring_bits();
    auto vectors_task = p.to_arith(hot, ring);
    Arith vectors = co_await vectors_task;
    auto sums_task = p.matmul(p.linear(LinearMap::transpose({0, 2, 1}), {vectors}), updates.number().share);
    Arith sums = co_await sums_task;
    Arith base = rows.number().share;
    if (kept) {
      auto base_task = p.mux(p.move_bits(LinearMap::broadcast(result.shape, {0, 1}), {*kept}), base);
      base = co_await base_task;
    }
    Arith total = p.linear(LinearMap::of(LinearMap::Kind::kAdd), {base, sums});
    co_return number(Fixed{total, rows.number().fraction_bits}, result);
  }
  // One after the other: what combines need not be a sum.
  Value total = rows;
  for (std::int64_t j = 0; j < puts; ++j) {
    const TensorType one{result.dtype, {batch, 1, width}}, flat{result.dtype, {batch, width}};
    Value update = linear(LinearMap::slice(one.shape, {0, j, 0}, {1, 1, 1}), {updates}, one);
    update = linear(LinearMap::reshape(flat.shape), {update}, flat);
    update = linear(LinearMap::broadcast(result.shape, {0, 2}), {update}, result);
    if (!is_last) {
      std::vector<Value> pair{total, update};
      auto combined_task = run(*combining_opcode(reducer), Attributes{}, pair, result, where_);
      update = co_await combined_task;
    }
    Boolean here = p.move_bits(LinearMap::reshape({batch, count}), {part(j, 1)});
    here = p.move_bits(LinearMap::broadcast(result.shape, {0, 1}), {here});
    auto chosen_task = select(Value{{DType::kPred, result.shape}, here}, update, total, result);
    total = co_await chosen_task;
  }
  co_return total;
}

}  // namespace spud::ops
