// SPDX-License-Identifier: Apache-2.0
// Bits of secret integers read as those of another type: where widths differ, parts lie in a last dimension,
// lowest first.
#include "ops/integers.hpp"
#include "ops/machine.hpp"

namespace spud::ops {

using alu::Fixed;
using protocol::Arith;
using protocol::Started;
using ring::LinearMap;

protocol::Task<Value> Machine::bitcast(Value x, TensorType result) {
  auto& p = alu_.protocol();
  const DType from = x.type.dtype, to = result.dtype;
  if (from == to) co_return x;
  if (is_float(from) || is_float(to)) {
    co_return refuse(
        Error{ErrorCode::kUnsupported,
              std::string("bitcast-convert of a secret ") + to_string(from) + " to " + to_string(to) +
                  " is not supported: secret floats are fixed-point numbers and have no IEEE bits",
              "", "integers, or public floats", "", ""},
        result);
  }
  const unsigned width = bit_width(from), part = bit_width(to);
  const unsigned ring_bits = alu::element_format(to, alu_.format()).ring_bits;
  if (width == part) {
    auto same_task = reread(x, is_signed(to));
    Arith same = co_await same_task;
    co_return number(Fixed{same, 0}, result);
  }
  if (width > part) {
    auto whole_task = p.prepare(x.number().share);
    Arith whole = co_await whole_task;
    std::vector<Started<Arith>> shifting;
    for (unsigned at = part; at < width; at += part)
      shifting.emplace_back(alu_.executor(), p.shift_right_full(whole, at, is_signed(from)));
    std::vector<Arith> parts{whole};
    for (auto& one : shifting) {
      Arith shifted = co_await one;
      parts.push_back(shifted);
    }
    Shape row = x.type.shape;
    row.push_back(1);
    for (auto& one : parts) one = p.linear(LinearMap::reshape(row), {p.narrow(one, ring_bits)});
    const auto last = static_cast<std::int64_t>(row.size()) - 1;
    Value joined = number(Fixed{p.linear(LinearMap::concatenate(last), parts), 0}, result);
    if (!is_narrow(to)) co_return joined;
    auto wrapped_task = wrapped(joined);
    Value wrapped = co_await wrapped_task;
    co_return wrapped;
  }
  // Σ part_i · 2^(w·i), all without sign but the highest, which has that of the result.
  std::vector<Started<Arith>> widening;
  const Shape& shape = x.type.shape;
  for (std::int64_t i = 0; i < shape.back(); ++i) {
    Shape row = shape;
    row.back() = 1;
    std::vector<std::int64_t> start(shape.size(), 0), step(shape.size(), 1);
    start.back() = i;
    const Arith one = p.linear(LinearMap::reshape(result.shape),
                               {p.linear(LinearMap::slice(row, start, step), {x.number().share})});
    Value piece = number(Fixed{one, 0}, {from, result.shape});
    widening.emplace_back(alu_.executor(),
                          widened_part(piece, ring_bits, i + 1 == shape.back() && is_signed(to)));
  }
  std::optional<Arith> total;
  for (unsigned i = 0; i < widening.size(); ++i) {
    Started<Arith>& started = widening[i];
    Arith wide = co_await started;
    const Arith moved = p.linear(LinearMap::shift_left(i * width), {wide});
    total = total ? p.linear(LinearMap::of(LinearMap::Kind::kAdd), {*total, moved}) : moved;
  }
  co_return number(Fixed{*total, 0}, result);
}

protocol::Task<Arith> Machine::widened_part(Value x, unsigned ring_bits, bool as_signed) {
  auto read_task = reread(x, as_signed);
  Arith read = co_await read_task;
  const unsigned width = is_narrow(x.type.dtype) ? bit_width(x.type.dtype) + 1 : 0;
  auto wide_task = in_ring(read, ring_bits, width, as_signed);
  Arith wide = co_await wide_task;
  co_return wide;
}

}  // namespace spud::ops
