// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "alu/encode_public.hpp"
#include "ops/machine.hpp"
#include "ops/plain/evaluate.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;
using protocol::Started;
using ring::LinearMap;

namespace {

std::int64_t count(const Shape& shape, const std::vector<std::int64_t>& dims) {
  std::int64_t n = 1;
  for (auto d : dims) n *= shape[static_cast<std::size_t>(d)];
  return n;
}

std::vector<std::int64_t> others(const Shape& shape, const std::vector<std::int64_t>& a,
                                 const std::vector<std::int64_t>& b) {
  std::vector<std::int64_t> out;
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(shape.size()); ++d) {
    if (std::find(a.begin(), a.end(), d) == a.end() && std::find(b.begin(), b.end(), d) == b.end())
      out.push_back(d);
  }
  return out;
}

/// How one operand of dot_general becomes [batch, rows, columns].
struct Canonical {
  std::vector<std::int64_t> order;
  Shape shape;
};

Canonical canonical(const Shape& shape, const std::vector<std::int64_t>& batch,
                    const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& columns) {
  Canonical out;
  for (const auto* part : {&batch, &rows, &columns})
    out.order.insert(out.order.end(), part->begin(), part->end());
  out.shape = {count(shape, batch), count(shape, rows), count(shape, columns)};
  return out;
}

}  // namespace

protocol::Task<Value> Machine::dot(DotDimensions dims, Value a, Value b, TensorType result) {
  if (result.dtype == DType::kPred) co_return refuse_unsupported(Opcode::kDot, "secret preds", result);
  auto& p = alu_.protocol();
  const auto format = alu::element_format(result.dtype, alu_.format());
  const auto left_free = others(a.type.shape, dims.lhs_batch, dims.lhs_contracting);
  const auto right_free = others(b.type.shape, dims.rhs_batch, dims.rhs_contracting);
  const Canonical left = canonical(a.type.shape, dims.lhs_batch, left_free, dims.lhs_contracting);
  const Canonical right = canonical(b.type.shape, dims.rhs_batch, dims.rhs_contracting, right_free);

  auto arrange_secret = [&](Arith x, const Canonical& c) {
    // What stays as it is costs the dealer nothing.
    if (!std::is_sorted(c.order.begin(), c.order.end())) x = p.linear(LinearMap::transpose(c.order), {x});
    if (x.shape() != c.shape) x = p.linear(LinearMap::reshape(c.shape), {x});
    return x;
  };
  auto arrange_public = [&](const ring::Tensor& t, const Canonical& c) {
    ring::Tensor moved = ring::apply_linear(LinearMap::transpose(c.order), std::span(&t, 1));
    return ring::apply_linear(LinearMap::reshape(c.shape), std::span(&moved, 1));
  };
  std::optional<Arith> product;
  unsigned fraction = 2 * format.fraction_bits;
  if (a.is_public() || b.is_public()) {
    const Literal& open = a.is_public() ? a.literal() : b.literal();
    const unsigned extra = alu::factor_fraction_bits(open, format.fraction_bits);
    auto words = alu::encode_public(open, format.ring_bits, extra);
    if (!words) co_return refuse(words.error(), result);
    fraction = format.fraction_bits + extra;
    product = a.is_public()
                  ? p.matmul_public(arrange_public(*words, left), arrange_secret(b.number().share, right))
                  : p.matmul_public(arrange_secret(a.number().share, left), arrange_public(*words, right));
  } else {
    // Masked as they stand, not as they are arranged: every product of an operand shares its mask.
    Started<Arith> mask_a(alu_.executor(), p.prepare(a.number().share)),
        mask_b(alu_.executor(), p.prepare(b.number().share));
    Arith x = co_await mask_a;
    Arith y = co_await mask_b;
    auto v_task = p.matmul(arrange_secret(x, left), arrange_secret(y, right));
    Arith v = co_await v_task;
    product = v;
  }
  // The sum has twice the fraction bits; it is truncated once.
  Fixed shaped{p.linear(LinearMap::reshape(result.shape), {*product}), fraction};
  auto scaled_task = alu_.rescale(shaped, format.fraction_bits);
  Fixed scaled = co_await scaled_task;
  co_return number(scaled, result);
}

}  // namespace spud::ops
