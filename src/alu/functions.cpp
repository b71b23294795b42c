// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "alu/alu.hpp"
#include "alu/encode_public.hpp"

namespace spud::alu {

using protocol::Started;
using ring::LinearMap;

namespace {

/// Widths that the functions of a device work with.
struct Widths {
  unsigned normal;      ///< bits of |x| that normalisation looks at; a multiple of 4
  unsigned polynomial;  ///< fraction bits inside polynomials
  unsigned factor;      ///< fraction bits of the mantissa's function when the exponent's factor multiplies it
};
Widths widths(unsigned ring_bits) {
  switch (ring_bits) {
    // At √0 the polynomial's argument is −3, and (−3)^5 must fit with twice these fraction bits.
    case 32:
      return {20, 11, 9};
    case 64:
      return {44, 24, 18};
    default:
      return {60, 40, 40};
  }
}

// Interpolations at the Chebyshev nodes; u = 4·mantissa − 3 or 2·t − 1, in [−1, 1]. Largest errors in
// brackets.
const std::vector<double> kReciprocal{
    1.3333313309013803,    -0.4444437769671278,   0.1482120034782138,
    -0.049404001159397026, 0.016147611273918727,  -0.005382537091322526,
    0.0023068016105387557, -0.0007689338701695192};  // 1 / mantissa [3.0e-6]
const std::vector<double> kLog{-0.2876820724517809,   0.3333416952007208,    -0.0555580053992864,
                               0.012279512629198068,  -0.003067040243023829, 0.0009510733078183112,
                               -0.0002660876654573739};  // ln mantissa [1.7e-6]
const std::vector<double> kSqrt{0.8660245536076593,     0.14433779145726267,
                                -0.012012888465721055,  0.0020006705887478707,
                                -0.0004573580396762071, 0.00010790463761711777};  // [1.2e-6]
const std::vector<double> kRsqrt{1.1547005383792515,   -0.19246456439341086,  0.04811705656493994,
                                 -0.01325022244673768, 0.0038621858562262208, -0.0013896992127229169,
                                 0.0004262804847517795};  // [3.0e-6]
const std::vector<double> kOneOverOnePlus{
    0.6666666654506902,    -0.22222188848356342,  0.07410600173910743,
    -0.024702000579701733, 0.008073805636958475,  -0.0026912685456550456,
    0.001153400805269822,  -0.0003844669350883123};  // 1 / (1 + t) [1.5e-6]

/// g++ 12 cannot have a nested braced list inside a coroutine's co_await expression.
std::vector<std::vector<std::int64_t>> one_list(std::vector<std::int64_t> list) {
  return {std::move(list)};
}

/// Largest argument of exp; e^(x/2) squared, so half of it is the window's top.
constexpr int kExpHigh = 16;
constexpr double kExpLow = -38;
constexpr double kLogisticReach = 26;

/// The width of x ± c, |c| < 2^log_size, for x of this width: one bit more than the wider of the two. 0 if
/// x's is not known, or the ring holds no more.
unsigned shifted_width(const Fixed& x, unsigned width, unsigned log_size) {
  if (width == 0) return 0;
  const unsigned shifted = std::max(width, x.fraction_bits + log_size + 1) + 1;
  return shifted <= x.ring_bits() ? shifted : 0;
}

}  // namespace

Task<Fixed> Alu::polynomial(Fixed x, std::vector<double> coefficients, unsigned result_fraction) {
  const unsigned t = x.fraction_bits;
  std::vector<Fixed> powers{x};  // powers[i] = x^(i + 1)
  while (powers.size() + 1 < coefficients.size()) {
    // x^(known + j) = x^known · x^j: a level doubles what is known, in the rounds of one product.
    const std::size_t known = powers.size();
    std::vector<Started<Fixed>> level;
    for (std::size_t j = 0; j < known && known + j + 2 <= coefficients.size(); ++j) {
      level.emplace_back(executor_, multiply(powers[known - 1], powers[j], t));
    }
    for (auto& product : level) {
      Fixed value = co_await product;
      powers.push_back(value);
    }
  }
  // Coefficients have the same scale, so that their products are summed before the one truncation.
  std::optional<Fixed> total;
  for (std::size_t i = 1; i < coefficients.size(); ++i) {
    ring::Tensor public_factor =
        ring::apply_linear(LinearMap::broadcast(x.shape(), {}),
                           std::vector<ring::Tensor>{*encode_public(
                               Literal::scalar(DType::kF64, coefficients[i]), x.ring_bits(), t)});
    Fixed term{p_.multiply_public(powers[i - 1].share, public_factor), 2 * t};
    total = total ? add(*total, term) : term;
  }
  Fixed sum = add_scalar(*total, coefficients[0]);
  auto result_task = rescale(sum, result_fraction);
  Fixed result = co_await result_task;
  co_return result;
}

struct Alu::Normal {
  Normal(Fixed u, std::vector<Arith> w, std::optional<Boolean> sign)
      : argument(std::move(u)), weighted(std::move(w)), negative(std::move(sign)) {}
  Fixed argument;                   ///< u = 4·mantissa − 3
  std::vector<Arith> weighted;      ///< Σ_j [leading one at j] · weights[·][j]
  std::optional<Boolean> negative;  ///< if asked for
};

Task<Alu::Normal> Alu::normalise(Fixed x, std::vector<std::vector<std::int64_t>> weights, bool is_signed) {
  const Widths w = widths(x.ring_bits());
  std::optional<Boolean> negative;
  if (is_signed) {
    auto below_task = p_.negative(x.share);
    Boolean below = co_await below_task;
    auto part_task = mux(below, x);
    Fixed part = co_await part_task;
    x = subtract(x, shift_left(part, 1));
    negative = below;
  }
  std::vector<std::int64_t> shift(w.normal);
  for (unsigned j = 0; j < w.normal; ++j) shift[j] = std::int64_t{1} << (w.normal - 1 - j);
  weights.insert(weights.begin(), shift);
  auto leads_task = p_.leading_one(x.share, w.normal, weights);
  std::vector<Arith> leads = co_await leads_task;
  // x · 2^(w−1−j) lies in [2^(w−1), 2^w): the mantissa with w fraction bits; u needs its top `polynomial` + 2
  // bits.
  auto scaled_task = p_.multiply(x.share, leads[0]);
  Arith scaled = co_await scaled_task;
  auto top_task = p_.truncate(scaled, w.normal - w.polynomial - 2);
  Arith top = co_await top_task;
  Fixed argument = add_scalar(Fixed{top, w.polynomial}, -3);
  leads.erase(leads.begin());
  co_return Normal{argument, std::move(leads), negative};
}

// 1/x = 2^f·2^(w−1−j) / (2^(w−1)·2·mantissa): the reciprocal of the mantissa times the shift.
Task<Fixed> Alu::reciprocal(Fixed x) {
  const Widths w = widths(x.ring_bits());
  const unsigned f = format_.fraction_bits;
  std::vector<std::int64_t> shift(w.normal);
  // Below 2^2 / 2^f the result would leave the ring: held there.
  for (unsigned j = 0; j < w.normal; ++j) shift[j] = std::int64_t{1} << (w.normal - 1 - std::max(j, 2u));
  auto normal_task = normalise(x, one_list(shift), true);
  Normal normal = co_await normal_task;
  auto inverse_task = polynomial(normal.argument, kReciprocal, w.factor);
  Fixed inverse = co_await inverse_task;
  auto product_task = p_.multiply(inverse.share, normal.weighted[0]);
  Arith product = co_await product_task;
  // inverse·2^factor · 2^(w−1−j) is 1/x times 2^(factor + w − f).
  auto magnitude_task = rescale(Fixed{product, w.factor + w.normal - f}, f);
  Fixed magnitude = co_await magnitude_task;
  auto part_task = mux(*normal.negative, magnitude);
  Fixed part = co_await part_task;
  co_return subtract(magnitude, shift_left(part, 1));
}

// a/b = (a · 1/mantissa(b)) · 2^…: a meets the mantissa first, so that a large b costs no precision.
Task<Fixed> Alu::divide(Fixed a, Fixed b) {
  const Widths w = widths(b.ring_bits());
  const unsigned f = format_.fraction_bits;
  std::vector<std::int64_t> shift(w.normal);
  for (unsigned j = 0; j < w.normal; ++j) shift[j] = std::int64_t{1} << (w.normal - 1 - std::max(j, 2u));
  auto normal_task = normalise(b, one_list(shift), true);
  Normal normal = co_await normal_task;
  auto inverse_task = polynomial(normal.argument, kReciprocal, w.factor);
  Fixed inverse = co_await inverse_task;
  auto part_task = mux(*normal.negative, inverse);
  Fixed part = co_await part_task;
  Fixed turned = subtract(inverse, shift_left(part, 1));
  auto first_task = multiply(a, turned, f);
  Fixed first = co_await first_task;
  auto product_task = p_.multiply(first.share, normal.weighted[0]);
  Arith product = co_await product_task;
  auto result_task = rescale(Fixed{product, f + w.normal - f}, f);
  Fixed result = co_await result_task;
  co_return result;
}

Task<Fixed> Alu::log(Fixed x) {
  const Widths w = widths(x.ring_bits());
  const unsigned f = format_.fraction_bits;
  std::vector<std::int64_t> exponent(w.normal);
  for (unsigned j = 0; j < w.normal; ++j) {
    const double value = 0.69314718055994530942 * (static_cast<double>(j) + 1 - f);
    exponent[j] = static_cast<std::int64_t>(std::nearbyint(std::ldexp(value, static_cast<int>(f))));
  }
  auto normal_task = normalise(x, one_list(exponent), false);
  Normal normal = co_await normal_task;
  auto mantissa_task = polynomial(normal.argument, kLog, f);
  Fixed mantissa = co_await mantissa_task;
  co_return add(mantissa, Fixed{normal.weighted[0], f});
}

namespace {

/// 2^(half / 2) · 2^scale, rounded down; IEEE square root of 2 is the same everywhere.
std::int64_t power_of_root(int half, int scale) {
  const int whole = half >= 0 ? half / 2 : -((1 - half) / 2);
  const bool odd = half - 2 * whole == 1;
  return static_cast<std::int64_t>(std::ldexp(odd ? std::sqrt(2.0) : 1.0, whole + scale));
}

}  // namespace

// √x = √mantissa · 2^((j + 1 − f)/2).
Task<Fixed> Alu::sqrt(Fixed x) {
  const Widths w = widths(x.ring_bits());
  const unsigned f = format_.fraction_bits;
  const unsigned scale = x.ring_bits() == 32 ? 12 : 26;
  std::vector<std::int64_t> root(w.normal);
  for (unsigned j = 0; j < w.normal; ++j)
    root[j] = power_of_root(static_cast<int>(j) + 1 - static_cast<int>(f), static_cast<int>(scale));
  auto normal_task = normalise(x, one_list(root), false);
  Normal normal = co_await normal_task;
  auto mantissa_task = polynomial(normal.argument, kSqrt, w.factor);
  Fixed mantissa = co_await mantissa_task;
  auto product_task = p_.multiply(mantissa.share, normal.weighted[0]);
  Arith product = co_await product_task;
  auto result_task = rescale(Fixed{product, w.factor + scale}, f);
  Fixed result = co_await result_task;
  co_return result;
}

Task<Fixed> Alu::rsqrt(Fixed x) {
  const Widths w = widths(x.ring_bits());
  const unsigned f = format_.fraction_bits;
  const unsigned scale = x.ring_bits() == 32 ? 12 : 30;
  std::vector<std::int64_t> root(w.normal);
  for (unsigned j = 0; j < w.normal; ++j)
    root[j] = power_of_root(static_cast<int>(f) - 1 - static_cast<int>(j), static_cast<int>(scale));
  auto normal_task = normalise(x, one_list(root), false);
  Normal normal = co_await normal_task;
  auto mantissa_task = polynomial(normal.argument, kRsqrt, w.factor);
  Fixed mantissa = co_await mantissa_task;
  auto product_task = p_.multiply(mantissa.share, normal.weighted[0]);
  Arith product = co_await product_task;
  auto result_task = rescale(Fixed{product, w.factor + scale}, f);
  Fixed result = co_await result_task;
  co_return result;
}

// e^x = (e^(x/2))²: halving is free (one fraction bit more), and the square keeps the relative error over a
// range that one window does not span.
Task<Fixed> Alu::exp(Fixed x, unsigned width) {
  const unsigned f = x.fraction_bits;
  Started<Boolean> too_low(executor_, negative(add_scalar(x, -kExpLow), shifted_width(x, width, 6)));
  auto half_task =
      p_.exp(x.share,
             {.input_fraction = f + 1, .result_fraction = 19, .high = kExpHigh / 2, .replaced_below = true});
  Arith half = co_await half_task;
  auto square_task = p_.multiply(half, half);
  Arith square = co_await square_task;
  auto whole_task = p_.truncate(square, 38 - format_.fraction_bits);
  Arith whole = co_await whole_task;
  if (x.ring_bits() < 64) whole = p_.narrow(whole, x.ring_bits());
  if (x.ring_bits() > 64) {
    auto wide_task = p_.widen(whole, x.ring_bits(), true);
    Arith wide = co_await wide_task;
    whole = wide;
  }
  Boolean low = co_await too_low;
  auto result_task = mux(p_.logical_not(low), Fixed{whole, format_.fraction_bits});
  Fixed result = co_await result_task;
  co_return result;
}

// σ(x) = 1 / (1 + e^−|x|) for x ≥ 0, one minus that below. e^−|x| lies in (0, 1], so 1 / (1 + t) needs no
// normalisation.
Task<Fixed> Alu::logistic(Fixed x, unsigned width) {
  const unsigned f = format_.fraction_bits;
  // The comparisons share the mask of x, which it must have by then: a public shift keeps it.
  auto masked_task = p_.prepare(x.share);
  Arith masked = co_await masked_task;
  const unsigned shifted = shifted_width(x, width, 5);
  Started<Boolean> sign(executor_, negative(x, width));
  Started<Boolean> below(executor_, negative(add_scalar(x, kLogisticReach), shifted));
  Started<Boolean> inside(executor_, negative(add_scalar(x, -kLogisticReach), shifted));
  Boolean is_negative = co_await sign;
  Boolean far_below = co_await below;
  Boolean not_far_above = co_await inside;
  Boolean near = p_.exclusive_or(not_far_above, far_below);
  auto part_task = mux(is_negative, x);
  Fixed part = co_await part_task;
  Fixed minus_magnitude = subtract(shift_left(part, 1), x);
  const unsigned t = widths(x.ring_bits()).polynomial;
  auto power_task = p_.exp(minus_magnitude.share,
                           {.input_fraction = f, .result_fraction = t, .high = 0, .replaced_below = true});
  Arith power = co_await power_task;
  if (x.ring_bits() < 64) power = p_.narrow(power, x.ring_bits());
  if (x.ring_bits() > 64) {
    auto wide_task = p_.widen(power, x.ring_bits(), true);
    Arith wide = co_await wide_task;
    power = wide;
  }
  // Far out, exp's window is left: there t is 0.
  auto decayed_task = mux(near, Fixed{power, t});
  Fixed decayed = co_await decayed_task;
  Fixed argument = add_scalar(shift_left(decayed, 1), -1);
  auto upper_task = polynomial(argument, kOneOverOnePlus, f);
  Fixed upper = co_await upper_task;
  Fixed turn = add_scalar(negate(shift_left(upper, 1)), 1);  // 1 − 2σ(|x|)
  auto change_task = mux(is_negative, turn);
  Fixed change = co_await change_task;
  co_return add(upper, change);
}

// tanh x = 2σ(2x) − 1.
Task<Fixed> Alu::tanh(Fixed x, unsigned width) {
  Fixed doubled = shift_left(x, 1);
  auto sigma_task = logistic(doubled, width == 0 || width == x.ring_bits() ? 0 : width + 1);
  Fixed sigma = co_await sigma_task;
  co_return add_scalar(shift_left(sigma, 1), -1);
}

}  // namespace spud::alu
