// SPDX-License-Identifier: Apache-2.0
#include "alu/sort.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "ops/machine.hpp"
#include "ops/plain/evaluate.hpp"
#include "ops/private.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;
using protocol::Boolean;
using ring::LinearMap;

namespace {

/// −1, 0 or 1: XLA's total order but for zeros, which are equal: NaN comes last.
int order(const Literal& key, std::int64_t a, std::int64_t b) {
  if (is_float(key.dtype())) {
    const double x = key.float_at(a), y = key.float_at(b);
    if (std::isnan(x) || std::isnan(y))
      return static_cast<int>(std::isnan(x)) - static_cast<int>(std::isnan(y));
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (key.dtype() == DType::kU64) {
    const auto x = static_cast<std::uint64_t>(key.int_at(a)), y = static_cast<std::uint64_t>(key.int_at(b));
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const std::int64_t x = key.int_at(a), y = key.int_at(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/// Row numbers [batch, keep] in the order of public keys.
Literal public_order(const Attributes& attributes, const std::vector<Value>& in) {
  const std::int64_t batch = in[0].type.shape[0], n = in[0].type.shape[1], keep = attributes.sizes[0];
  Literal out(TensorType{DType::kS64, {batch, keep}});
  for (std::int64_t b = 0; b < batch; ++b) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(n));
    std::iota(rows.begin(), rows.end(), 0);
    std::ranges::stable_sort(rows, [&](std::int64_t x, std::int64_t y) {
      for (std::size_t k = 0; k < attributes.dimensions.size(); ++k) {
        const Literal& key = in[static_cast<std::size_t>(attributes.dimensions[k])].literal();
        const int sign = order(key, b * n + x, b * n + y);
        if (sign != 0) return sign * attributes.stride[k] < 0;
      }
      return false;
    });
    for (std::int64_t i = 0; i < keep; ++i) out.set_int(b * keep + i, rows[static_cast<std::size_t>(i)]);
  }
  return out;
}

}  // namespace

protocol::Task<std::vector<Value>> Machine::run_many(Opcode opcode, Attributes attributes,
                                                     std::vector<Value> operands, std::string where) {
  Machine here(alu_, std::move(where));
  // Public keys move every column by itself: a public one stays public.
  const bool is_open =
      opcode == Opcode::kSort && std::ranges::all_of(attributes.dimensions, [&](std::int64_t key) {
        return operands[static_cast<std::size_t>(key)].is_public();
      });
  if (has_private(operands) && !is_open) {
    if (common_owner(operands)) {
      auto plain_task = here.run_many_privately(opcode, std::move(attributes), std::move(operands));
      std::vector<Value> plain = co_await plain_task;
      co_return plain;
    }
    auto secret_task = here.shared_all(std::move(operands));
    operands = co_await secret_task;
  }
  if (opcode == Opcode::kFirst) {
    auto first_task = here.first(attributes.stride[0] < 0, std::move(operands[0]));
    std::vector<Value> found = co_await first_task;
    co_return found;
  }
  auto out_task = here.sort(std::move(attributes), std::move(operands));
  std::vector<Value> out = co_await out_task;
  co_return out;
}

protocol::Task<std::vector<Value>> Machine::sort(Attributes attributes, std::vector<Value> in) {
  auto& p = alu_.protocol();
  const std::int64_t batch = in[0].type.shape[0], n = in[0].type.shape[1], keep = attributes.sizes[0];
  std::vector<Value> out;
  bool is_open = true;
  for (auto key : attributes.dimensions) is_open &= in[static_cast<std::size_t>(key)].is_public();
  if (is_open) {
    const Literal rows = public_order(attributes, in);
    for (const auto& x : in) {
      const TensorType table{x.type.dtype, {batch, n, 1}}, taken{x.type.dtype, {batch, keep, 1}};
      const TensorType flat{x.type.dtype, {batch, keep}};
      std::vector<Value> column{x};
      auto moved_task = run(Opcode::kReshape, Attributes{}, column, table, where_);
      Value moved = co_await moved_task;
      std::vector<Value> both{moved, Value::of(rows)};
      auto taken_task = run(Opcode::kTake, Attributes{}, both, taken, where_);
      Value found = co_await taken_task;
      std::vector<Value> sorted{found};
      auto flat_task = run(Opcode::kReshape, Attributes{}, sorted, flat, where_);
      Value last = co_await flat_task;
      out.push_back(std::move(last));
    }
    co_return out;
  }
  std::vector<Arith> columns;
  std::vector<unsigned> fractions;
  for (auto& x : in) {
    auto secret = as_secret(x);
    if (!secret) {
      for (const auto& y : in) out.push_back(refuse(secret.error(), {y.type.dtype, {batch, keep}}));
      co_return out;
    }
    x = *secret;
    if (x.type.dtype == DType::kPred) {
      auto words_task = p.to_arith(x.bits(), 32);
      Arith words = co_await words_task;
      columns.push_back(words);
      fractions.push_back(0);
    } else {
      columns.push_back(x.number().share);
      fractions.push_back(x.number().fraction_bits);
    }
  }
  std::vector<alu::SortKey> keys;
  for (std::size_t k = 0; k < attributes.dimensions.size(); ++k) {
    const auto i = static_cast<std::size_t>(attributes.dimensions[k]);
    alu::SortKey key(columns[i]);
    key.is_signed =
        is_signed(in[i].type.dtype) || is_float(in[i].type.dtype) || in[i].type.dtype == DType::kPred;
    key.is_descending = attributes.stride[k] < 0;
    key.width = in[i].type.dtype == DType::kPred ? 2 : in[i].signed_bits;
    keys.push_back(key);
  }
  auto sorted_task = alu::sort(alu_, keys, columns, keep);
  std::vector<Arith> sorted = co_await sorted_task;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const TensorType type{in[i].type.dtype, {batch, keep}};
    if (type.dtype == DType::kPred) {
      auto bits_task = p.bits(sorted[i], 1);
      std::vector<Boolean> bits = co_await bits_task;
      out.push_back(Value{type, bits[0]});
      continue;
    }
    Value found = number(Fixed{sorted[i], fractions[i]}, type);
    found.signed_bits = in[i].signed_bits;
    out.push_back(found);
  }
  co_return out;
}

}  // namespace spud::ops
