// SPDX-License-Identifier: Apache-2.0
// Logic of the bits of secret integers, and their counts.
#include "alu/encode_public.hpp"
#include "ops/integers.hpp"
#include "ops/machine.hpp"
#include "ring/map.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;
using protocol::Boolean;
using protocol::Started;
using ring::LinearMap;

namespace {

using Wide = unsigned __int128;

Wide ones(unsigned count) {
  return (Wide{1} << count) - 1;
}

ring::Tensor everywhere(unsigned ring_bits, const Shape& shape, __int128 value) {
  return ring::map([value](auto z) { return decltype(z)(z + static_cast<decltype(z)>(value)); },
                   ring::Tensor::zeros(ring_bits, shape));
}

/// Public bits of an integer, in its own width.
std::vector<ring::BitTensor> public_integer_bits(const Literal& x) {
  std::vector<ring::BitTensor> out;
  std::vector<std::uint8_t> bit(static_cast<std::size_t>(x.elements()));
  for (unsigned i = 0; i < bit_width(x.dtype()); ++i) {
    for (std::size_t e = 0; e < bit.size(); ++e)
      bit[e] = static_cast<std::uint64_t>(x.int_at(static_cast<std::int64_t>(e))) >> i & 1;
    out.push_back(ring::BitTensor::pack(x.shape(), bit));
  }
  return out;
}

/// The one number that all elements are, as its own width's bits.
std::optional<Wide> repeated(const Literal& x) {
  if (x.elements() == 0) return Wide{0};
  for (std::int64_t i = 1; i < x.elements(); ++i) {
    if (x.int_at(i) != x.int_at(0)) return std::nullopt;
  }
  return static_cast<Wide>(static_cast<std::uint64_t>(x.int_at(0))) & ones(bit_width(x.dtype()));
}

/// Where a mask's runs of ones begin and end, lowest first; the end at its width is left out.
std::vector<unsigned> boundaries(Wide mask, unsigned width) {
  std::vector<unsigned> out;
  bool inside = false;
  for (unsigned i = 0; i < width; ++i) {
    if (((mask >> i & 1) != 0) == inside) continue;
    inside = !inside;
    out.push_back(i);
  }
  return out;
}

/// Bits as rows of one tensor, so that one item serves them all; and back.
Boolean stacked(protocol::Protocol& p, const std::vector<Boolean>& bits) {
  const std::int64_t count = element_count(bits[0].shape());
  std::vector<Boolean> rows;
  for (const auto& bit : bits) rows.push_back(p.move_bits(LinearMap::reshape({1, count}), {bit}));
  return p.move_bits(LinearMap::concatenate(0), rows);
}
std::vector<Boolean> unstacked(protocol::Protocol& p, const Boolean& rows, const Shape& shape) {
  std::vector<Boolean> out;
  for (std::int64_t i = 0; i < rows.shape()[0]; ++i) {
    const Boolean row = p.move_bits(LinearMap::slice({1, rows.shape()[1]}, {i, 0}, {1, 1}), {rows});
    out.push_back(p.move_bits(LinearMap::reshape(shape), {row}));
  }
  return out;
}

}  // namespace

protocol::Task<std::vector<Boolean>> Machine::integer_bits(Value x) {
  if (x.bits_of_integer) co_return *x.bits_of_integer;
  auto bits_task = alu_.protocol().bits(x.number().share, bit_width(x.type.dtype));
  std::vector<Boolean> bits = co_await bits_task;
  co_return bits;
}

// A narrow number with sign has −2^(w−1) for its highest bit: 2^(w−1) for that bit flipped, less 2^(w−1).
protocol::Task<Value> Machine::of_bits(std::vector<Boolean> bits, TensorType type) {
  auto& p = alu_.protocol();
  const unsigned k = alu::element_format(type.dtype, alu_.format()).ring_bits;
  const unsigned width = bit_width(type.dtype);
  const bool has_sign = is_narrow(type.dtype) && is_signed(type.dtype) && bits.size() == width;
  std::shared_ptr<const std::vector<Boolean>> kept;
  if (bits.size() == width) kept = std::make_shared<const std::vector<Boolean>>(bits);
  if (has_sign) bits.back() = p.logical_not(bits.back());
  auto words_task = p.compose(std::move(bits), k);
  Arith words = co_await words_task;
  if (has_sign) {
    const __int128 half = __int128{1} << (width - 1);
    words = p.add_public(words, everywhere(k, type.shape, -half));
  }
  Value out = number(Fixed{words, 0}, type);
  out.bits_of_integer = std::move(kept);
  co_return out;
}

// x ∧ m for the runs of ones in m: what lies below the end of a run less what lies below its begin. Up to two
// such parts are cheaper than all bits.
protocol::Task<Value> Machine::masked_by(Value x, Wide mask, TensorType result) {
  auto& p = alu_.protocol();
  const unsigned width = bit_width(result.dtype);
  const Arith share = x.number().share;
  const auto edges = boundaries(mask, width);
  const bool to_the_top = mask >> (width - 1) != 0;
  Arith total = to_the_top ? share : p.constant(ring::Tensor::zeros(share.ring_bits(), share.shape()));
  std::vector<unsigned> below;
  for (unsigned edge : edges) {
    if (edge > 0) below.push_back(edge);
  }
  if (below.size() > 1) {
    auto prepared_task = p.prepare(share);
    Arith prepared = co_await prepared_task;
  }
  std::vector<Started<Arith>> parts;
  for (unsigned edge : below) parts.emplace_back(alu_.executor(), p.wrap(share, edge, false));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Started<Arith>& started = parts[i];
    Arith part = co_await started;
    // Below the begin of a run is taken away: above it there are ones.
    const bool begins = (mask >> below[i] & 1) != 0;
    total =
        p.linear(LinearMap::of(begins ? LinearMap::Kind::kSubtract : LinearMap::Kind::kAdd), {total, part});
  }
  co_return number(Fixed{total, 0}, result);
}

// a ∨ b = a + b − (a ∧ b), a ⊕ b = a + b − 2·(a ∧ b); of one run of public ones that is cheaper than all
// bits.
protocol::Task<Value> Machine::bitwise(Opcode opcode, Value a, Value b, TensorType result) {
  auto& p = alu_.protocol();
  if (a.is_public()) std::swap(a, b);
  if (b.is_public()) {
    const auto mask = repeated(b.literal());
    constexpr std::size_t kParts = 2;
    if (mask && !a.bits_of_integer && boundaries(*mask, bit_width(result.dtype)).size() <= kParts) {
      auto both_task = masked_by(a, *mask, result);
      Value both = co_await both_task;
      if (opcode == Opcode::kAnd) co_return both;
      const unsigned k = a.number().ring_bits();
      auto words = alu::encode_public(b.literal(), k, 0);
      SPUD_CHECK(words.has_value(), "integers are numbers");
      const Fixed twice = opcode == Opcode::kXor ? alu_.shift_left(both.number(), 1) : both.number();
      const Fixed sum{p.add_public(a.number().share, *words), 0};
      co_return number(alu_.subtract(sum, twice), result);
    }
    auto bits_task = integer_bits(a);
    std::vector<Boolean> bits = co_await bits_task;
    const auto open = public_integer_bits(b.literal());
    for (std::size_t i = 0; i < bits.size(); ++i) {
      bits[i] = opcode == Opcode::kXor   ? p.exclusive_or(bits[i], open[i])
                : opcode == Opcode::kAnd ? p.logical_and(bits[i], open[i])
                                         : p.logical_not(p.logical_and(p.logical_not(bits[i]), ~open[i]));
    }
    auto out_task = of_bits(bits, result);
    Value out = co_await out_task;
    co_return out;
  }
  Started<std::vector<Boolean>> a_started(alu_.executor(), integer_bits(a)),
      b_started(alu_.executor(), integer_bits(b));
  std::vector<Boolean> left = co_await a_started;
  std::vector<Boolean> right = co_await b_started;
  Boolean x = stacked(p, left), y = stacked(p, right);
  std::optional<Boolean> rows;
  if (opcode == Opcode::kXor) {
    rows = p.exclusive_or(x, y);
  } else if (opcode == Opcode::kAnd) {
    auto both_task = p.logical_and(x, y);
    Boolean both = co_await both_task;
    rows = both;
  } else {
    auto neither_task = p.logical_and(p.logical_not(x), p.logical_not(y));
    Boolean neither = co_await neither_task;
    rows = p.logical_not(neither);
  }
  auto out_task = of_bits(unstacked(p, *rows, result.shape), result);
  Value out = co_await out_task;
  co_return out;
}

protocol::Task<Value> Machine::count_ones(Value x, TensorType result) {
  auto& p = alu_.protocol();
  auto bits_task = integer_bits(x);
  std::vector<Boolean> bits = co_await bits_task;
  auto words_task = p.to_arith(stacked(p, bits), x.number().ring_bits());
  Arith words = co_await words_task;
  Arith count = p.linear(LinearMap::reshape(result.shape), {p.linear(LinearMap::sum({0}), {words})});
  co_return number(Fixed{count, 0}, result);
}

// w − 1 − j for the leading one at j, w for zero.
protocol::Task<Value> Machine::count_leading_zeros(Value x, TensorType result) {
  const unsigned width = bit_width(result.dtype);
  std::vector<std::vector<std::int64_t>> weights(1, std::vector<std::int64_t>(width));
  for (unsigned j = 0; j < width; ++j) weights[0][j] = j + 1;
  auto leads_task = alu_.protocol().leading_one(x.number().share, width, weights);
  std::vector<Arith> leads = co_await leads_task;
  co_return number(alu_.add_scalar(alu_.negate(Fixed{leads[0], 0}), width), result);
}

}  // namespace spud::ops
