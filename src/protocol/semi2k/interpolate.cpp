// SPDX-License-Identifier: Apache-2.0
// A function in pieces: a public table says, for each, the coefficients of a polynomial. x = Δ − λ modulo
// 2^(low + w); with both cut at `low`, the piece is Δ_high − λ_high and the rest r = Δ_low − λ_low, which may
// be negative: the place is then the upper of x's two neighbours. So nothing but Δ is opened for the place,
// and λ_low, λ_high are the dealer's.
//
// Two parties: as in look_up.cpp, the one-hot table of λ_high, dealt as XOR shares, folds each public table
// to shares of s·T_d[place], s = ±1 known to the dealer alone; they are opened under masks of their own.
// Then s·Σ_d y_d·r^d, y_d = Δ_d − λ_d, is a sum of public numbers times
//   s·L^j, j ≤ D,  and  s·G_e,  G_e = Σ_{d ≥ e} C(d, e)·(−L)^(d − e)·λ_d,   L = λ_low,
// which are dealt: 2·(D + 1) words. More parties: by the entries' bits, and a product a coefficient.
#include <bit>

#include "protocol/semi2k/dealt.hpp"
#include "protocol/semi2k/masked_digits.hpp"
#include "ring/map.hpp"
#include "ring/turned_sum.hpp"

namespace spud::protocol::semi2k {
namespace {

using correlation::Op;
using correlation::Register;
using ring::LinearMap;

std::int64_t binomial(unsigned n, unsigned m) {
  std::int64_t out = 1;
  for (unsigned i = 0; i < m; ++i) out = out * (n - i) / (i + 1);
  return out;
}

/// acc + a·b, element by element.
ring::Tensor plus_product(const ring::Tensor& sum, const ring::Tensor& a, const ring::Tensor& b) {
  return ring::map([](auto s, auto x, auto y) { return decltype(s)(s + x * y); }, sum, a, b);
}
ring::Tensor plus_scaled(const ring::Tensor& sum, std::int64_t n, const ring::Tensor& a) {
  return ring::map([n](auto s, auto x) { return decltype(s)(s + static_cast<decltype(s)>(n) * x); }, sum, a);
}

/// Σ_d factor(d)·y_d·r^(d − from), d from `from` on, by Horner's rule.
ring::Tensor derivative(const std::vector<ring::Tensor>& y, const ring::Tensor& r, unsigned from) {
  const auto degree = static_cast<unsigned>(y.size() - 1);
  ring::Tensor sum = plus_scaled(ring::Tensor::zeros(r.bits(), r.shape()), binomial(degree, from), y[degree]);
  for (unsigned d = degree; d-- > from;) {
    sum = ring::map(
        [n = binomial(d, from)](auto s, auto x, auto c) {
          using W = decltype(s);
          return W(W(s * x) + static_cast<W>(n) * c);
        },
        sum, r, y[d]);
  }
  return sum;
}

}  // namespace

/// Where x lies: Δ and λ cut in two.
struct Semi2k::Place {
  Place(ring::Tensor h, ring::Tensor r, Register lh, Register lr)
      : high(std::move(h)), rest(std::move(r)), lambda_high(std::move(lh)), lambda_rest(std::move(lr)) {}
  ring::Tensor high;     ///< Δ_high
  ring::Tensor rest;     ///< Δ_low, in the tables' ring
  Register lambda_high;  ///< in x's ring; what is above the table's index does not matter
  Register lambda_rest;  ///< λ_low, in the tables' ring
};

Task<Arith> Semi2k::interpolate(Arith x, unsigned low, unsigned dropped, std::vector<ring::Tensor> tables) {
  SPUD_CHECK(!tables.empty() && tables[0].shape().size() == 1, "tables are lists");
  const auto entries = static_cast<std::uint64_t>(tables[0].elements());
  const auto w = static_cast<unsigned>(std::bit_width(entries) - 1);
  const unsigned k = tables[0].bits();
  SPUD_CHECK(std::has_single_bit(entries) && w >= 1 && w <= kPieceBits,
             "a power of two of entries, not too many");
  SPUD_CHECK(dropped < low && low + w <= x.ring_bits() && x.ring_bits() <= k,
             "pieces are cut from the number");
  auto m_task = masked(x, low + w);
  Masked m = co_await m_task;
  const auto part = [&](unsigned by, unsigned width) {
    return ring::map(
        [by, width](auto d) {
          using W = decltype(d);
          return W(W(d >> by) & W(W(W(1) << width) - 1));
        },
        m.delta);
  };
  Dealt dealt(source_);
  Register lambda[] = {m.whole};
  Register high = source_.derive(Op::kShiftRight, {low}, lambda);
  Register highs[] = {high};
  Register rest = dealt.difference(m.whole, source_.linear(LinearMap::shift_left(low), highs));
  if (dropped > 0) {
    Register whole[] = {rest};
    rest = source_.derive(Op::kShiftRight, {dropped}, whole);
  }
  if (k > x.ring_bits()) {
    Register narrow[] = {rest};
    rest = source_.derive(Op::kCast, {k}, narrow);
  }
  Place place(part(low, w), ring::cast(part(dropped, low - dropped), k), high, rest);
  if (parties_ == 2) {
    auto two_task = interpolate_two_party(place, std::move(tables));
    Arith two = co_await two_task;
    co_return two;
  }
  auto any_task = interpolate_by_bits(place, std::move(tables));
  Arith any = co_await any_task;
  co_return any;
}

Task<Arith> Semi2k::interpolate_two_party(Place place, std::vector<ring::Tensor> tables) {
  const unsigned k = tables[0].bits();
  const auto w = static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(tables[0].elements())));
  const auto degree = static_cast<unsigned>(tables.size() - 1);
  Register index[] = {place.lambda_high};
  ring::BitTensor hot = source_.deal_bits(source_.derive(Op::kEntryRow, {w}, index));
  Register sign[] = {source_.derive(Op::kFirstShare, {w}, index)};
  const Register b = source_.derive(Op::kWords, {k}, sign);
  std::vector<Started<Masked>> masking;
  for (auto& y : ring::turned_sums(hot, place.high, tables)) {
    if (!is_first()) y = ring::map([](auto v) { return decltype(v)(-v); }, y);
    masking.emplace_back(executor_, masked(make(std::move(y))));
  }
  std::vector<ring::Tensor> y;
  std::vector<Register> mask;
  for (auto& one : masking) {
    Masked m = co_await one;
    y.push_back(m.delta);
    mask.push_back(m.whole);
  }

  Dealt dealt(source_);
  const auto with_sign = [&](const Register& z) { return source_.deal(dealt.signed_by(b, z), k); };
  std::vector<Register> power;  // power[j] = L^(j + 1)
  for (unsigned j = 1; j <= degree; ++j)
    power.push_back(j == 1 ? place.lambda_rest : dealt.product(power.back(), place.lambda_rest));
  // s = 2·b − 1 times Σ_d Δ_d·Δr^d, then the powers of L.
  const bool first = is_first();
  ring::Tensor sum = ring::map(
      [first](auto c, auto share) {
        using W = decltype(c);
        return W(c * W(W(share << 1) - W(first ? 1 : 0)));
      },
      derivative(y, place.rest, 0), source_.deal(b, k));
  for (unsigned j = 1; j <= degree; ++j) {
    ring::Tensor share = with_sign(power[j - 1]);
    if (j % 2 == 1) share = ring::map([](auto v) { return decltype(v)(-v); }, share);
    sum = plus_product(sum, derivative(y, place.rest, j), share);
  }
  // − Σ_e Δr^e · s·G_e
  std::vector<ring::Tensor> g;
  for (unsigned e = 0; e <= degree; ++e) {
    Register total = mask[e];
    for (unsigned d = e + 1; d <= degree; ++d) {
      const Register term = dealt.times(binomial(d, e), dealt.product(power[d - e - 1], mask[d]));
      total = (d - e) % 2 == 1 ? dealt.difference(total, term) : dealt.sum(total, term);
    }
    g.push_back(with_sign(total));
  }
  ring::Tensor masks = g[degree];
  for (unsigned e = degree; e-- > 0;)
    masks = ring::map([](auto s, auto r, auto v) { return decltype(s)(s * r + v); }, masks, place.rest, g[e]);
  co_return make(ring::map([](auto a, auto v) { return decltype(a)(a - v); }, sum, masks));
}

Task<Arith> Semi2k::interpolate_by_bits(Place place, std::vector<ring::Tensor> tables) {
  const unsigned k = tables[0].bits();
  ring::Tensor high_share = source_.deal(place.lambda_high, place.high.bits());
  ring::Tensor rest_share = source_.deal(place.lambda_rest, k);
  Arith index = make(Masked(place.high, high_share, place.lambda_high));
  Arith rest = make(Masked(place.rest, rest_share, place.lambda_rest));
  std::vector<Started<Arith>> looking;
  for (auto& table : tables) looking.emplace_back(executor_, look_up(index, table));
  std::optional<Arith> sum;
  for (std::size_t d = looking.size(); d-- > 0;) {
    Started<Arith>& one = looking[d];
    Arith entry = co_await one;
    if (sum) {
      auto product_task = multiply(*sum, rest);
      Arith product = co_await product_task;
      sum = linear(LinearMap::of(LinearMap::Kind::kAdd), {product, entry});
    } else {
      sum = entry;
    }
  }
  co_return *sum;
}

}  // namespace spud::protocol::semi2k
