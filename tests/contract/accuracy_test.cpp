// SPDX-License-Identifier: Apache-2.0
// How exact the functions of alu/alu.hpp are: what its comments state, measured on grids and random values of
// their whole domain, against the exact function of the number as it is encoded.
#include "tests/contract/accuracy.hpp"

namespace spud::contract {
namespace {

std::vector<Machinery> devices() {
  std::vector<Machinery> out;
  for (auto [k, f] : {std::pair{64u, 18u}, {32u, 8u}, {128u, 26u}}) {
    out.push_back({ProtocolKind::kRef2k, 2, {k, f}});
    out.push_back({ProtocolKind::kSemi2k, 2, {k, f}});
    out.push_back({ProtocolKind::kSemi2k, 3, {k, f}});
  }
  return out;
}

Function of(Task<Fixed> (alu::Alu::*function)(Fixed)) {
  return [function](alu::Alu& a, std::vector<Fixed> x) { return (a.*function)(x[0]); };
}
Task<Fixed> quotient(alu::Alu& a, std::vector<Fixed> x) {
  return a.divide(x[0], x[1]);
}

enum class Sides { kOne, kBoth };

class Accuracy : public testing::TestWithParam<Machinery> {
 protected:
  unsigned k() const { return GetParam().format.ring_bits; }
  unsigned f() const { return GetParam().format.fraction_bits; }
  double unit() const { return std::ldexp(1.0, -static_cast<int>(f())); }
  /// Below this, functions that look for the leading one see every number.
  double top() const { return std::ldexp(1.0, k() == 32 ? 12 : k() == 64 ? 26 : 34); }
  double highest() const { return std::min(top() - unit(), std::nextafter(top(), 0)); }
  /// The error that the comments of alu.hpp call ε.
  double epsilon() const { return std::max(1e-5, 3 * unit()); }

  /// Powers of two and their neighbours, both ends, an even grid, and random numbers of all magnitudes.
  std::vector<double> grid(double low, double high, Sides sides = Sides::kOne) const {
    std::vector<double> out;
    auto put = [&](double x) {
      if (x < low || x > high) return;
      out.push_back(x);
      if (sides == Sides::kBoth) out.push_back(-x);
    };
    for (int e = -static_cast<int>(f()); e < 64; ++e) {
      for (int step = -2; step <= 2; ++step) {
        put(std::ldexp(1.0, e) + step * unit());
        put(-std::ldexp(1.0, e) + step * unit());
      }
    }
    std::mt19937_64 rng(3);
    std::uniform_real_distribution<double> fraction(0, 1);
    const double span = std::log(high / std::max(low, unit()));
    for (int i = 0; i <= kGrid; ++i) {
      put(low + (high - low) * i / kGrid);
      put(low + (high - low) * fraction(rng));
      if (low >= 0) put(high * std::exp(-span * fraction(rng)));
    }
    return out;
  }

  using Real = std::function<double(double)>;
  /// |result − exact(x)| ≤ bound(x) everywhere.
  void expect_within(const std::vector<double>& x, const Function& function, const Real& exact,
                     const Real& bound) const {
    const Numbers in = encoded(x, GetParam().format);
    const auto out = evaluate(GetParam(), {in}, function);
    ASSERT_EQ(out.size(), x.size());
    const auto held = decoded(in, f());
    double worst = 0, at = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double part = std::abs(out[i] - exact(held[i])) / bound(held[i]);
      if (part > worst) worst = part, at = held[i];
    }
    EXPECT_LE(worst, 1) << "of the stated error, at " << at;
    RecordProperty("share_of_the_stated_error", std::to_string(worst));
  }

  static constexpr int kGrid = 700;
};

INSTANTIATE_TEST_SUITE_P(Devices, Accuracy, testing::ValuesIn(devices()), name_of_machinery);

TEST_P(Accuracy, Exp) {
  const double high = k() == 32 ? 8 : 16;
  expect_within(
      grid(-60, high), of(&alu::Alu::exp), [](double x) { return std::exp(x); },
      [&](double x) { return 2 * epsilon() * std::max(1.0, std::exp(x)); });
}

TEST_P(Accuracy, ExpOfVeryNegativeNumbersIsZero) {
  std::vector<double> x{-38.01, -39, -64, -100, -1000, -10000};
  if (k() > 32) x.insert(x.end(), {-1e6, -1e9, -1e12});
  const auto out = evaluate(GetParam(), {encoded(x, GetParam().format)}, of(&alu::Alu::exp));
  EXPECT_EQ(out, std::vector<double>(x.size(), 0));
}

TEST_P(Accuracy, Logistic) {
  auto x = grid(-30, 30);
  for (double far : {26.0, 27.0, 32.0, 1000.0, 10000.0, std::ldexp(1.0, static_cast<int>(k() - f()) - 3)}) {
    x.insert(x.end(), {far, -far});
  }
  expect_within(
      x, of(&alu::Alu::logistic), [](double v) { return 1 / (1 + std::exp(-v)); },
      [&](double) { return epsilon(); });
}

TEST_P(Accuracy, Tanh) {
  auto x = grid(-20, 20);
  for (double far : {13.0, 14.0, 16.0, 1000.0, 10000.0, std::ldexp(1.0, static_cast<int>(k() - f()) - 4)}) {
    x.insert(x.end(), {far, -far});
  }
  expect_within(
      x, of(&alu::Alu::tanh), [](double v) { return std::tanh(v); }, [&](double) { return 2 * epsilon(); });
}

TEST_P(Accuracy, ErrorFunctionAndItsLikes) {
  auto x = grid(-20, 20);
  for (double far : {1000.0, 10000.0, std::ldexp(1.0, static_cast<int>(k() - f()) - 4)}) {
    x.insert(x.end(), {far, -far});
  }
  const auto gelu = [](double v) { return v / 2 * (1 + std::erf(v * std::sqrt(0.5))); };
  const auto by_tanh = [](double v) {
    return v / 2 * (1 + std::tanh(0.7978845608028654 * (v + 0.044715 * v * v * v)));
  };
  const auto silu = [](double v) { return v / (1 + std::exp(-v)); };
  const auto bound = [&](double) { return epsilon(); };
  const auto relative = [&](double v) { return 2 * epsilon() * std::max(1.0, std::abs(v)); };
  expect_within(
      x, of(&alu::Alu::erf), [](double v) { return std::erf(v); }, bound);
  expect_within(x, of(&alu::Alu::gelu), gelu, bound);
  expect_within(x, of(&alu::Alu::gelu_by_tanh), by_tanh, bound);
  auto near = grid(-20, 20);
  expect_within(near, of(&alu::Alu::silu), silu, relative);
}

TEST_P(Accuracy, Angles) {
  const auto x = k() == 32 ? grid(-8, 8) : grid(-4000, 4000);
  const auto slack = [&](double v) { return 2 * epsilon() + (k() == 32 ? 4e-3 : 0) + 0 * v; };
  expect_within(
      x, of(&alu::Alu::sin), [](double v) { return std::sin(v); }, slack);
  expect_within(
      x, of(&alu::Alu::cos), [](double v) { return std::cos(v); }, slack);
  if (k() == 32) return;
  expect_within(
      grid(-1.5, 1.5), of(&alu::Alu::tan), [](double v) { return std::tan(v); },
      [&](double v) { return 4 * epsilon() * std::max(1.0, std::pow(std::tan(v), 2)); });
  std::vector<double> y, run;
  std::mt19937_64 rng(9);
  std::uniform_real_distribution<double> size(-6, 6), sign(-1, 1);
  for (int i = 0; i < 600; ++i) {
    y.push_back(std::copysign(std::exp(size(rng)), sign(rng)));
    run.push_back(std::copysign(std::exp(size(rng)), sign(rng)));
  }
  for (double v : {0.0, 1.0, -1.0}) {
    for (double w : {0.0, 1.0, -1.0}) y.push_back(v), run.push_back(w);
  }
  const Numbers a = encoded(y, GetParam().format), b = encoded(run, GetParam().format);
  const auto found =
      evaluate(GetParam(), {a, b}, [](alu::Alu& m, std::vector<Fixed> in) { return m.atan2(in[0], in[1]); });
  const auto ys = decoded(a, f()), xs = decoded(b, f());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], std::atan2(ys[i], xs[i]), 4 * epsilon()) << ys[i] << " over " << xs[i];
}

TEST_P(Accuracy, CubeRoots) {
  expect_within(
      grid(0, highest(), Sides::kBoth), of(&alu::Alu::cbrt), [](double x) { return std::cbrt(x); },
      [&](double x) { return 2 * epsilon() * std::max(1.0, std::cbrt(std::abs(x))); });
}

TEST_P(Accuracy, RoundingIsExact) {
  std::vector<double> x;
  for (int i = -50; i <= 50; ++i) {
    for (double off : {0.0, unit(), -unit(), 0.5 * (1 - unit())}) x.push_back(i / 2.0 + off);
  }
  const Numbers in = encoded(x, GetParam().format);
  const auto held = decoded(in, f());
  const auto away = evaluate(GetParam(), {in}, of(&alu::Alu::round_half_away));
  const auto even = evaluate(GetParam(), {in}, of(&alu::Alu::round_half_even));
  for (std::size_t i = 0; i < held.size(); ++i) {
    EXPECT_EQ(away.at(i), std::round(held[i])) << held[i];
    EXPECT_EQ(even.at(i), std::nearbyint(held[i])) << held[i];
  }
}

TEST_P(Accuracy, RemaindersAreExact) {
  std::vector<double> a, b;
  std::mt19937_64 rng(15);
  std::uniform_real_distribution<double> some(-100, 100);
  for (int i = 0; i < 300; ++i) {
    a.push_back(some(rng));
    b.push_back(i % 3 == 0 ? std::round(some(rng)) + 0.5 : some(rng));
    if (std::abs(b.back()) < 1) b.back() = 1;
    if (i % 4 == 0) a.back() = std::round(a.back()), b.back() = std::round(b.back());
  }
  a.insert(a.end(), {6, -6, 7.5, 0, 5});
  b.insert(b.end(), {3, 3, 2.5, 3, 0});
  const Numbers x = encoded(a, GetParam().format), y = encoded(b, GetParam().format);
  const auto found = evaluate(GetParam(), {x, y},
                              [](alu::Alu& m, std::vector<Fixed> in) { return m.remainder(in[0], in[1]); });
  const auto xs = decoded(x, f()), ys = decoded(y, f());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_EQ(found[i], ys[i] == 0 ? xs[i] : std::fmod(xs[i], ys[i])) << xs[i] << " by " << ys[i];
}

TEST_P(Accuracy, Reciprocal) {
  expect_within(
      grid(4 * unit(), highest(), Sides::kBoth), of(&alu::Alu::reciprocal), [](double x) { return 1 / x; },
      [&](double x) { return epsilon() * std::max(1.0, 1 / std::abs(x)); });
}

TEST_P(Accuracy, Log) {
  expect_within(
      grid(unit(), highest()), of(&alu::Alu::log), [](double x) { return std::log(x); },
      [&](double) { return epsilon(); });
}

TEST_P(Accuracy, Sqrt) {
  expect_within(
      grid(0, highest()), of(&alu::Alu::sqrt), [](double x) { return std::sqrt(x); },
      [&](double x) { return epsilon() * std::max(1.0, std::sqrt(x)); });
}

TEST_P(Accuracy, Rsqrt) {
  expect_within(
      grid(unit(), highest()), of(&alu::Alu::rsqrt), [](double x) { return 1 / std::sqrt(x); },
      [&](double x) { return epsilon() * std::max(1.0, 1 / std::sqrt(x)); });
}

TEST_P(Accuracy, Division) {
  // Divisors of all magnitudes with numerators that keep the quotient below its limit.
  const double most = k() == 32 ? 256 : 65536, largest = k() == 32 ? 512 : std::ldexp(1.0, 22);
  std::vector<double> a, b;
  std::mt19937_64 rng(5);
  std::uniform_real_distribution<double> fraction(-1, 1);
  for (double divisor : grid(4 * unit(), highest(), Sides::kBoth)) {
    const double limit = std::min(largest, most * std::abs(divisor));
    for (double numerator : {limit, -limit, 0.0, unit(), 1.0, divisor, limit * fraction(rng)}) {
      if (std::abs(numerator) > limit) continue;
      a.push_back(numerator);
      b.push_back(divisor);
    }
  }
  const Numbers x = encoded(a, GetParam().format), y = encoded(b, GetParam().format);
  const auto out = evaluate(GetParam(), {x, y}, quotient);
  const auto xs = decoded(x, f()), ys = decoded(y, f());
  ASSERT_EQ(out.size(), a.size());
  double worst = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double exact = xs[i] / ys[i];
    const double bound = epsilon() * std::max({1.0, 1 / std::abs(ys[i]), std::abs(exact)});
    const double part = std::abs(out[i] - exact) / bound;
    if (part > worst) worst = part, at = i;
  }
  EXPECT_LE(worst, 1) << "of the stated error, at " << xs[at] << " / " << ys[at];
}

TEST_P(Accuracy, ZerosAndEmptyTensorsAndScalars) {
  auto all_of = [&](const std::vector<double>& x, Task<Fixed> (alu::Alu::*function)(Fixed)) {
    return evaluate(GetParam(), {encoded(x, GetParam().format)}, of(function));
  };
  EXPECT_NEAR(all_of({0}, &alu::Alu::exp).at(0), 1, epsilon());
  EXPECT_NEAR(all_of({0}, &alu::Alu::logistic).at(0), 0.5, epsilon());
  EXPECT_NEAR(all_of({0}, &alu::Alu::tanh).at(0), 0, 2 * epsilon());
  EXPECT_EQ(all_of({0}, &alu::Alu::sqrt).at(0), 0);
  using Unary = Task<Fixed> (alu::Alu::*)(Fixed);
  for (auto function : std::initializer_list<Unary>{&alu::Alu::exp, &alu::Alu::logistic, &alu::Alu::tanh,
                                                    &alu::Alu::reciprocal, &alu::Alu::log, &alu::Alu::sqrt,
                                                    &alu::Alu::rsqrt}) {
    EXPECT_TRUE(all_of({}, function).empty());
  }
}

}  // namespace
}  // namespace spud::contract
