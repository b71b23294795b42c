// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "alu/encode_public.hpp"
#include "alu/normal.hpp"
#include "base/elementary.hpp"

namespace spud::alu {

using protocol::Started;
using ring::LinearMap;

namespace {

constexpr double kPi = 0x1.921fb54442d18p+1;

/// Fraction bits of the factor that turns radians into turns.
constexpr unsigned turn_bits(unsigned ring_bits) {
  return ring_bits == 32 ? 16 : 32;
}
/// x in turns: whole ones leave the low bits, so only those are looked at.
Fixed in_turns(protocol::Protocol& p, const Fixed& x) {
  const unsigned extra = turn_bits(x.ring_bits());
  const auto factor =
      static_cast<std::int64_t>(std::nearbyint(std::ldexp(1 / (2 * kPi), static_cast<int>(extra))));
  ring::Tensor one = ring::Tensor::zeros(x.ring_bits(), {});
  ring::with_ring(x.ring_bits(), [&]<class R>(R) {
    one.writable<typename R::Word>()[0] = static_cast<typename R::Word>(factor);
  });
  ring::Tensor factors =
      ring::apply_linear(LinearMap::broadcast(x.shape(), {}), std::vector<ring::Tensor>{one});
  return {p.multiply_public(x.share, factors), x.fraction_bits + extra};
}
double sine_of_turns(double t) {
  return portable_sin(2 * kPi * t);
}
double cosine_of_turns(double t) {
  return portable_cos(2 * kPi * t);
}

}  // namespace

Task<Fixed> Alu::sine_of(Fixed turns, RealFunction f) {
  const Pieces pieces{.fraction_bits = turns.fraction_bits, .width = turns.fraction_bits, .index_bits = 7};
  return piecewise(turns.share, pieces, f, 1, format_.fraction_bits);
}
Task<Fixed> Alu::sin(Fixed x) {
  return sine_of(in_turns(p_, x), sine_of_turns);
}
Task<Fixed> Alu::cos(Fixed x) {
  return sine_of(in_turns(p_, x), cosine_of_turns);
}
Task<Fixed> Alu::tan(Fixed x) {
  Fixed turns = in_turns(p_, x);
  auto masked_task = p_.prepare(turns.share);
  Arith masked = co_await masked_task;
  Started<Fixed> sine(executor_, sine_of(turns, sine_of_turns));
  Started<Fixed> cosine(executor_, sine_of(turns, cosine_of_turns));
  Fixed s = co_await sine;
  Fixed c = co_await cosine;
  auto result_task = divide(s, c);
  Fixed result = co_await result_task;
  co_return result;
}

// The angle of the smaller of |x|, |y| over the larger, then mirrored at 45°, at the y-axis and at the
// x-axis.
Task<Fixed> Alu::atan2(Fixed y, Fixed x) {
  const unsigned f = format_.fraction_bits;
  Started<Magnitude> rising(executor_, magnitude(y)), running(executor_, magnitude(x));
  Magnitude rise = co_await rising;
  Magnitude run = co_await running;
  Fixed difference = subtract(run.size, rise.size);
  auto steep_task = negative_of_used(difference);
  Boolean steep = co_await steep_task;
  auto change_task = mux(steep, difference);
  Fixed change = co_await change_task;
  auto slope_task = ratio(add(rise.size, change), subtract(run.size, change));
  Fixed slope = co_await slope_task;
  // Of [0, 2): the quotient may be a little above 1.
  const Pieces pieces{.fraction_bits = f, .width = f + 1, .index_bits = 7, .is_signed = false};
  const auto angle_of = [](double t) { return portable_atan2(t, 1); };
  auto angle_task = piecewise(slope.share, pieces, angle_of, 1, f);
  Fixed angle = co_await angle_task;
  auto mirrored_task = mux(steep, add_scalar(shift_left(negate(angle), 1), kPi / 2));
  Fixed mirrored = co_await mirrored_task;
  angle = add(angle, mirrored);
  auto back_task = mux(run.negative, add_scalar(shift_left(negate(angle), 1), kPi));
  Fixed back = co_await back_task;
  auto result_task = with_sign(rise.negative, add(angle, back));
  Fixed result = co_await result_task;
  co_return result;
}

}  // namespace spud::alu
