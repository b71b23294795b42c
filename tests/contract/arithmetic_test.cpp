// SPDX-License-Identifier: Apache-2.0
// Every step of every protocol against plain arithmetic, for all rings and party counts, with edge values and
// forced shares.
#include "tests/contract/step_on_numbers.hpp"

namespace spud::contract {
namespace {

class Steps : public StepsOnNumbers {};
INSTANTIATE_TEST_SUITE_P(Protocols, Steps, testing::ValuesIn(step_cases()), name_of_step_case);

TEST_P(Steps, InputsComeBackAsTheyWere) {
  Numbers x = sample(bits(), 100, 1);
  Numbers out = unary(x, false, [](Desk, Arith v) -> Task<Arith> { co_return v; });
  EXPECT_EQ(out.values, x.values);
}

TEST_P(Steps, ProductsAreExactModuloTheRing) {
  Numbers x = sample(bits(), 200, 1), y = sample(bits(), 200, 2);
  Numbers out = binary(x, y, [](Desk d, Arith a, Arith b) { return d.protocol.multiply(a, b); });
  for (std::size_t i = 0; i < x.values.size(); ++i)
    EXPECT_TRUE(out.values[i] == (x.values[i] * y.values[i] & mask())) << i;
}

TEST_P(Steps, SquaresUseOneMask) {
  Numbers x = sample(bits(), 200, 1);
  Numbers out = unary(x, false, [](Desk d, Arith a) { return d.protocol.multiply(a, a); });
  for (std::size_t i = 0; i < x.values.size(); ++i)
    EXPECT_TRUE(out.values[i] == (x.values[i] * x.values[i] & mask())) << i;
}

Task<Arith> product_of_views(Desk d, Arith a, Arith b) {
  using ring::LinearMap;
  auto ab_task = d.protocol.multiply(a, b);
  Arith ab = co_await ab_task;  // masks a and b
  Arith left = d.protocol.linear(LinearMap::reshape({1, 8, 8}), {a});
  Arith right = d.protocol.linear(LinearMap::transpose({0, 2, 1}),
                                  {d.protocol.linear(LinearMap::reshape({1, 8, 8}), {b})});
  auto c_task = d.protocol.matmul(left, right);
  Arith c = co_await c_task;  // Δ of views: no new masks
  Arith sum = d.protocol.linear(LinearMap::of(LinearMap::Kind::kAdd),
                                {d.protocol.linear(LinearMap::reshape({64}), {c}), ab});
  co_return sum;
}

TEST_P(Steps, MatrixProductsOfMaskedViewsAreExact) {
  Numbers x = sample(bits(), 64, 1), y = sample(bits(), 64, 2);
  Numbers out = binary(x, y, product_of_views);
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t j = 0; j < 8; ++j) {
      Wide want = x.values[i * 8 + j] * y.values[i * 8 + j];
      for (std::size_t k = 0; k < 8; ++k) want += x.values[i * 8 + k] * y.values[j * 8 + k];
      EXPECT_TRUE(out.values[i * 8 + j] == (want & mask())) << i << ' ' << j;
    }
  }
}

/// Values for which a truncation by f is right.
Numbers truncatable(unsigned bits, unsigned f, unsigned seed) {
  Numbers x = sample(bits, 300, seed);
  const __int128 limit = (static_cast<__int128>(1) << (bits - 2)) - (static_cast<__int128>(1) << f);
  std::vector<Wide> kept;
  for (auto v : x.values) {
    __int128 n = Numbers::as_signed(v, bits);
    if (n >= -limit && n <= limit) kept.push_back(v);
  }
  for (__int128 n : {limit, -limit, limit - 1}) kept.push_back(static_cast<Wide>(n) & x.mask());
  return {bits, kept};
}

TEST_P(Steps, TruncationRoundsToANeighbour) {
  const unsigned f = bits() == 4 ? 1 : bits() / 4;
  Numbers x = truncatable(bits(), f, 3);
  for (bool mask_first : {false, true}) {
    Numbers out = unary(x, false, [&](Desk d, Arith a) -> Task<Arith> {
      return [](Desk desk, Arith v, unsigned by, bool masked) -> Task<Arith> {
        if (masked) {
          auto square_task = desk.protocol.multiply(v, v);
          Arith square = co_await square_task;
          (void)square;
        }
        auto t_task = desk.protocol.truncate(v, by);
        Arith t = co_await t_task;
        co_return t;
      }(d, a, f, mask_first);
    });
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      const __int128 error = out.at(i) - (x.at(i) >> f);
      EXPECT_TRUE(error == 0 || error == 1) << i << (mask_first ? " masked" : "");
    }
  }
}

TEST_P(Steps, ShiftRightIsTheFloor) {
  const unsigned f = bits() == 4 ? 1 : bits() / 4 + 1;
  Numbers x = truncatable(bits(), f, 4);
  Numbers out = unary(x, false, [&](Desk d, Arith a) { return d.protocol.shift_right(a, f); });
  for (std::size_t i = 0; i < x.values.size(); ++i) EXPECT_TRUE(out.at(i) == x.at(i) >> f) << i;
}

TEST_P(Steps, SignsOfAllValues) {
  Numbers x = sample(bits(), 300, 5);
  auto out = test(x, x, [](Desk d, Arith a, Arith) { return d.protocol.negative(a); });
  for (std::size_t i = 0; i < x.values.size(); ++i) EXPECT_EQ(out[i], x.at(i) < 0) << i;
}

TEST_P(Steps, LessThanOverTheWholeRing) {
  Numbers x = sample(bits(), 300, 6), y = sample(bits(), 300, 7);
  for (std::size_t i = 0; i < 40; ++i) y.values[i] = x.values[i] + (i % 3) - 1;  // near neighbours
  for (auto& v : y.values) v &= mask();
  for (bool is_signed : {true, false}) {
    auto out = test(x, y, [&](Desk d, Arith a, Arith b) { return d.protocol.less(a, b, is_signed); });
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      EXPECT_EQ(out[i], is_signed ? x.at(i) < y.at(i) : x.values[i] < y.values[i]) << i << is_signed;
    }
  }
}

TEST_P(Steps, OnlyZeroIsZero) {
  Numbers x = sample(bits(), 200, 8);
  for (std::size_t i = 0; i < 20; ++i) x.values[i] = 0;
  auto out = test(x, x, [](Desk d, Arith a, Arith) { return d.protocol.is_zero(a); });
  for (std::size_t i = 0; i < x.values.size(); ++i) EXPECT_EQ(out[i], x.values[i] == 0) << i;
}

Task<Arith> relu(Desk d, Arith a) {
  auto negative_task = d.protocol.negative(a);
  Boolean negative = co_await negative_task;
  auto kept_task = d.protocol.mux(d.protocol.logical_not(negative), a);
  Arith kept = co_await kept_task;
  co_return kept;
}

TEST_P(Steps, ReluKeepsWhatIsNotNegative) {
  Numbers x = sample(bits(), 300, 9);
  Numbers out = unary(x, false, relu);
  for (std::size_t i = 0; i < x.values.size(); ++i)
    EXPECT_TRUE(out.values[i] == (x.at(i) < 0 ? 0 : x.values[i])) << i;
}

Task<Arith> bits_to_number(Desk d, Arith a, Arith b) {
  auto x_task = d.protocol.negative(a);
  Boolean x = co_await x_task;
  auto y_task = d.protocol.negative(b);
  Boolean y = co_await y_task;
  auto both_task = d.protocol.logical_and(x, y);
  Boolean both = co_await both_task;
  Boolean either = d.protocol.logical_not(d.protocol.exclusive_or(both, d.protocol.exclusive_or(x, y)));
  auto first_task = d.protocol.to_arith(both, a.ring_bits());
  Arith first = co_await first_task;
  auto second_task = d.protocol.to_arith(either, a.ring_bits());
  Arith second = co_await second_task;
  Arith twice = d.protocol.linear(ring::LinearMap::shift_left(1), {second});
  co_return d.protocol.linear(ring::LinearMap::of(ring::LinearMap::Kind::kAdd), {first, twice});
}

TEST_P(Steps, BitsCombineAndBecomeNumbers) {
  Numbers x = sample(bits(), 300, 10), y = sample(bits(), 300, 11);
  Numbers out = binary(x, y, bits_to_number);
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const bool a = x.at(i) < 0, b = y.at(i) < 0;
    EXPECT_TRUE(out.values[i] == Wide((a && b) + 2 * !(a || b))) << i;
  }
}

TEST_P(Steps, WideningKeepsEveryNumber) {
  if (bits() == 128) GTEST_SUCCEED() << "nothing is wider";
  const unsigned wide = bits() == 4 ? 32 : 2 * bits();
  if (wide > 128) return;
  Numbers x = sample(bits(), 200, 12);
  for (bool is_signed : {true, false}) {
    Numbers out = unary(x, false, [&](Desk d, Arith a) { return d.protocol.widen(a, wide, is_signed); });
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      EXPECT_TRUE(is_signed ? out.at(i) == x.at(i) : out.values[i] == x.values[i]) << i << is_signed;
    }
  }
}

}  // namespace
}  // namespace spud::contract
