// SPDX-License-Identifier: Apache-2.0
// Everything that needs no message: linear maps apply alike to shares, to Δ and to λ.
#include "protocol/semi2k/semi2k.hpp"
#include "ring/map.hpp"
#include "ring/matmul.hpp"
#include "ring/numbered_rows.hpp"

namespace spud::protocol::semi2k {
namespace {

ArithBody& body(const Arith& x) {
  return static_cast<ArithBody&>(*x.body());
}

ring::Tensor add(const ring::Tensor& a, const ring::Tensor& b) {
  return ring::map([](auto x, auto y) { return decltype(x)(x + y); }, a, b);
}

}  // namespace

Semi2k::Semi2k(Rank rank, unsigned parties, correlation::Source& source, Executor& executor,
               std::optional<ZeroShares> zeros)
    : rank_(rank), parties_(parties), source_(source), executor_(executor), zeros_(std::move(zeros)) {}

Arith Semi2k::make(ring::Tensor share) {
  auto bits = share.bits();
  auto shape = share.shape();
  return Arith(bits, std::move(shape), std::make_shared<ArithBody>(std::move(share)));
}
Arith Semi2k::make(Masked masked) {
  auto bits = masked.delta.bits();
  auto shape = masked.delta.shape();
  return Arith(bits, std::move(shape), std::make_shared<ArithBody>(std::move(masked)));
}
Boolean Semi2k::make(ring::BitTensor share) {
  auto shape = share.shape();
  return Boolean(std::move(shape), std::make_shared<BooleanBody>(std::move(share)));
}

bool Semi2k::is_masked(const Arith& x) const {
  return body(x).masked.has_value();
}

ring::Tensor Semi2k::share_of(const Arith& x) {
  ArithBody& b = body(x);
  if (b.share) return *b.share;
  const bool is_uniform = !b.known && !b.masked->has_known;
  ring::Tensor share = [&] {
    if (b.known) {
      if (b.known->value) return *b.known->value;
      return ring::Tensor::zeros(x.ring_bits(), x.shape());
    }
    if (!is_first())
      return ring::map([](auto lambda) { return decltype(lambda)(-lambda); }, b.masked->lambda);
    return ring::map([](auto delta, auto lambda) { return decltype(delta)(delta - lambda); }, b.masked->delta,
                     b.masked->lambda);
  }();
  if (is_uniform) return share;
  if (zeros_.has_value()) share = add(share, zeros_->words(x.ring_bits(), x.shape()));
  b.share = share;
  return share;
}

const ring::BitTensor& Semi2k::share_of(const Boolean& b) const {
  return static_cast<BooleanBody&>(*b.body()).share;
}

Task<Arith> Semi2k::input(ring::Tensor share) {
  co_return make(std::move(share));
}
Task<Boolean> Semi2k::input_bits(ring::BitTensor share) {
  co_return make(std::move(share));
}

Task<Arith> Semi2k::private_input(Rank owner, unsigned ring_bits, Shape shape,
                                  std::optional<ring::Tensor> value) {
  // The run on shapes has no zeros to share, and a phantom for everybody's value.
  if (!zeros_.has_value()) value = ring::Tensor::phantom(ring_bits, shape);
  co_return Arith(ring_bits, std::move(shape),
                  std::make_shared<ArithBody>(PrivateWords{owner, std::move(value)}));
}
// A bit is opened under a mask bit of its own wherever it is used, so that it may as well be shared at once.
Task<Boolean> Semi2k::private_input_bits(Rank, Shape shape, std::optional<ring::BitTensor> value) {
  if (!zeros_.has_value()) co_return make(ring::BitTensor::phantom(std::move(shape)));
  ring::BitTensor zero = zeros_->bits(shape);
  if (value) zero = zero ^ *value;
  co_return make(std::move(zero));
}

Arith Semi2k::constant(ring::Tensor value) {
  if (is_first() || value.is_phantom()) return make(std::move(value));
  return make(ring::Tensor::zeros(value.bits(), value.shape()));
}
Boolean Semi2k::constant_bits(ring::BitTensor value) {
  if (is_first() || value.is_phantom()) return make(std::move(value));
  return make(ring::BitTensor::zeros(value.shape()));
}

// Without the shares of zero the recipient of x + y, x at party 0 and y at party 1, would read both addends.
ring::Tensor Semi2k::output(const Arith& x) {
  ring::Tensor share = share_of(x);
  // Only the run on shapes has no keys: not even a share of a constant leaves without being refreshed.
  if (!zeros_.has_value()) return ring::Tensor::phantom(share.bits(), share.shape());
  return add(share, zeros_->words(share.bits(), share.shape()));
}
ring::BitTensor Semi2k::output_bits(const Boolean& x) {
  const ring::BitTensor& share = share_of(x);
  if (!zeros_.has_value()) return ring::BitTensor::phantom(share.shape());
  return share ^ zeros_->bits(share.shape());
}

Arith Semi2k::linear(const ring::LinearMap& map, std::vector<Arith> operands) {
  bool all_masked = true;
  for (const auto& x : operands) all_masked &= is_masked(x);
  if (!all_masked) {
    std::vector<ring::Tensor> shares;
    for (const auto& x : operands) shares.push_back(share_of(x));
    return make(ring::apply_linear(map, shares));
  }
  std::vector<ring::Tensor> deltas, lambdas;
  std::vector<correlation::Register> wholes;
  std::optional<Rank> owner = body(operands[0]).masked->owner;
  bool has_known = false;
  for (const auto& x : operands) {
    deltas.push_back(body(x).masked->delta);
    lambdas.push_back(body(x).masked->lambda);
    wholes.push_back(body(x).masked->whole);
    if (body(x).masked->owner != owner) owner.reset();
    has_known |= body(x).masked->has_known;
  }
  Masked image(ring::apply_linear(map, deltas), ring::apply_linear(map, lambdas), source_.linear(map, wholes),
               owner);
  image.has_known = has_known;
  return make(std::move(image));
}

Arith Semi2k::add_public(const Arith& x, const ring::Tensor& y) {
  if (is_masked(x)) {
    const Masked& m = *body(x).masked;
    Masked moved = m;
    moved.delta = add(m.delta, y);
    return make(std::move(moved));
  }
  return is_first() ? make(add(share_of(x), y)) : make(share_of(x));
}

Arith Semi2k::multiply_public(const Arith& x, const ring::Tensor& y) {
  return make(ring::map([](auto a, auto b) { return decltype(a)(a * b); }, share_of(x), y));
}
Arith Semi2k::matmul_public(const Arith& x, const ring::Tensor& y) {
  return make(ring::matmul(share_of(x), y));
}
Arith Semi2k::matmul_public(const ring::Tensor& y, const Arith& x) {
  return make(ring::matmul(y, share_of(x)));
}

Arith Semi2k::narrow(const Arith& x, unsigned ring_bits) {
  SPUD_CHECK(ring_bits <= x.ring_bits(), "narrowing goes to a smaller ring");
  return make(ring::cast(share_of(x), ring_bits));
}

Arith Semi2k::pick_rows(const Arith& x, std::vector<std::int64_t> rows) {
  return make(ring::pick_rows(share_of(x), rows));
}
Boolean Semi2k::pick_rows(const Boolean& x, std::vector<std::int64_t> rows) {
  return make(ring::pick_rows(share_of(x), rows));
}
Arith Semi2k::sum_rows(const Arith& x, std::vector<std::int64_t> rows, std::int64_t n) {
  return make(ring::sum_rows(share_of(x), rows, n));
}

Boolean Semi2k::move_bits(const ring::LinearMap& map, std::vector<Boolean> operands) {
  std::vector<ring::BitTensor> shares;
  for (const auto& b : operands) shares.push_back(share_of(b));
  return make(ring::apply_linear(map, shares));
}
Boolean Semi2k::exclusive_or(const Boolean& a, const Boolean& b) {
  return make(share_of(a) ^ share_of(b));
}
Boolean Semi2k::exclusive_or(const Boolean& a, const ring::BitTensor& b) {
  return is_first() ? make(share_of(a) ^ b) : a;
}
Boolean Semi2k::logical_and(const Boolean& a, const ring::BitTensor& b) {
  return make(share_of(a) & b);
}
Boolean Semi2k::logical_not(const Boolean& a) {
  return is_first() ? make(~share_of(a)) : a;
}

}  // namespace spud::protocol::semi2k
