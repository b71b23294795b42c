// SPDX-License-Identifier: Apache-2.0
// The functions that protocols compute from tables, against their definitions.
#include <cmath>

#include "tests/contract/harness.hpp"

namespace spud::contract {
namespace {

using protocol::ExpWindow;

struct Case {
  ProtocolKind kind;
  unsigned parties, bits;
};
class Functions : public testing::TestWithParam<Case> {
 protected:
  unsigned k() const { return GetParam().bits; }

  Numbers exp(const Numbers& x, const ExpWindow& window) {
    Inputs in(GetParam().parties, Sharing::kRandom, 5);
    in.add(x);
    auto body = [&](Desk desk) { return exp_of(desk, in, window); };
    return sum(run<ring::Tensor>(GetParam().kind, GetParam().parties, 23, body).shares);
  }
  static Task<ring::Tensor> exp_of(Desk desk, const Inputs& in, ExpWindow window) {
    auto x_task = desk.protocol.input(in.words(desk, 0));
    Arith x = co_await x_task;
    auto y_task = desk.protocol.exp(x, window);
    Arith y = co_await y_task;
    co_return desk.protocol.output(y);
  }

  std::vector<Numbers> leading_one(const Numbers& x, unsigned width,
                                   const std::vector<std::vector<std::int64_t>>& weights) {
    Inputs in(GetParam().parties, Sharing::kRandom, 6);
    in.add(x);
    using Shares = std::vector<ring::Tensor>;
    auto body = [&](Desk desk) { return leading_one_of(desk, in, width, weights); };
    auto outcome = run<Shares>(GetParam().kind, GetParam().parties, 29, body);
    std::vector<Numbers> out;
    for (std::size_t l = 0; l < weights.size(); ++l) {
      Shares parts;
      for (const auto& shares : outcome.shares) parts.push_back(shares.at(l));
      out.push_back(sum(parts));
    }
    return out;
  }
  static Task<std::vector<ring::Tensor>> leading_one_of(
      Desk desk, const Inputs& in, unsigned width, const std::vector<std::vector<std::int64_t>>& weights) {
    auto x_task = desk.protocol.input(in.words(desk, 0));
    Arith x = co_await x_task;
    auto results_task = desk.protocol.leading_one(x, width, weights);
    std::vector<Arith> results = co_await results_task;
    std::vector<ring::Tensor> out;
    for (const auto& result : results) out.push_back(desk.protocol.output(result));
    co_return out;
  }
};

std::vector<Case> cases() {
  std::vector<Case> out;
  for (unsigned k : {32u, 64u, 128u}) {
    out.push_back({ProtocolKind::kRef2k, 2, k});
    for (unsigned n : {2u, 3u, 5u}) out.push_back({ProtocolKind::kSemi2k, n, k});
  }
  return out;
}
INSTANTIATE_TEST_SUITE_P(Protocols, Functions, testing::ValuesIn(cases()), [](const auto& info) {
  return std::string(vm::to_string(info.param.kind)) + "_n" + std::to_string(info.param.parties) + "_k" +
         std::to_string(info.param.bits);
});

/// Both ends of the window, their neighbours, whole numbers, and random ones between.
Numbers inside(const ExpWindow& window, unsigned bits) {
  const std::int64_t one = std::int64_t{1} << window.input_fraction;
  const std::int64_t low = (window.high - 27) * one, high = window.high * one;
  std::vector<std::int64_t> numbers{low, low + 1, high - 1, high};
  for (std::int64_t whole = low; whole <= high; whole += one) numbers.push_back(whole);
  std::mt19937_64 rng(17);
  while (numbers.size() < 200)
    numbers.push_back(low + static_cast<std::int64_t>(rng() % static_cast<std::uint64_t>(high - low)));
  Numbers out{bits, {}};
  for (auto n : numbers) out.values.push_back(static_cast<Wide>(static_cast<__int128>(n)) & out.mask());
  return out;
}

TEST_P(Functions, ExpIsOffByLittleMoreThanItsRounding) {
  const unsigned f = k() == 32 ? 8 : k() == 64 ? 18 : 26;
  for (int high = 0; high <= 14; ++high) {
    const ExpWindow window{f, f, high};
    Numbers x = inside(window, k());
    Numbers y = exp(x, window);
    ASSERT_EQ(y.values.size(), x.values.size());
    double worst = 0;
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      const double want = std::ldexp(std::exp(std::ldexp(static_cast<double>(x.at(i)), -static_cast<int>(f))),
                                     static_cast<int>(f));
      worst = std::max(worst, std::abs(static_cast<double>(y.at(i)) - want));
    }
    EXPECT_LT(worst, 1.2) << "units of the last bit, window up to " << high;
  }
}

TEST_P(Functions, ExpKeepsTheRelativeBitsItWasAskedFor) {
  const unsigned f = k() == 32 ? 8 : 18;
  for (unsigned relative : {12u, 18u}) {
    for (int high : {4, 8, 14}) {
      const ExpWindow window{f, f, high, relative};
      Numbers x = inside(window, k());
      Numbers y = exp(x, window);
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        const double want = std::ldexp(
            std::exp(std::ldexp(static_cast<double>(x.at(i)), -static_cast<int>(f))), static_cast<int>(f));
        EXPECT_LT(std::abs(static_cast<double>(y.at(i)) - want),
                  1.2 + std::ldexp(want, -static_cast<int>(relative)))
            << i << " up to " << high;
      }
    }
  }
}

TEST_P(Functions, ExpOfOtherFractionsInAndOut) {
  for (unsigned in : {5u, 12u, 20u}) {
    for (unsigned out : {6u, 16u, 24u}) {
      const ExpWindow window{in, out, 1};
      Numbers x = inside(window, k());
      Numbers y = exp(x, window);
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        const double want = std::ldexp(
            std::exp(std::ldexp(static_cast<double>(x.at(i)), -static_cast<int>(in))), static_cast<int>(out));
        EXPECT_LT(std::abs(static_cast<double>(y.at(i)) - want), 1.2) << in << ' ' << out << ' ' << i;
      }
    }
  }
}

TEST_P(Functions, LeadingOneOfEveryNumber) {
  for (unsigned width : {8u, 12u, 16u, 32u, 44u, 60u, 64u}) {
    if (width > k()) continue;
    Numbers x{k(), {0}};
    const Wide limit = width < 9 ? 256 : 301;
    for (Wide v = 1; v < limit; ++v) x.values.push_back(v);
    for (unsigned j = 1; j < width; ++j) {
      const Wide power = Wide{1} << j;
      x.values.insert(x.values.end(), {power - 1, power, power + 1});
    }
    x.values.push_back((Wide{1} << (width - 1)) * 2 - 1);
    std::mt19937_64 rng(width);
    for (int i = 0; i < 200; ++i) x.values.push_back(rng() >> (64 - width) >> rng() % width);
    std::vector<std::vector<std::int64_t>> weights(3);
    for (unsigned j = 0; j < width; ++j) {
      weights[0].push_back(static_cast<std::int64_t>(std::uint64_t{1} << (width - 1 - j)));  // the normaliser
      weights[1].push_back(100 - 7 * static_cast<std::int64_t>(j));
      weights[2].push_back(j % 3 == 0 ? 0 : 1ll << (j / 2));
    }
    std::vector<std::vector<std::int64_t>> normaliser(weights.begin(), weights.begin() + 1);
    for (const auto& lists : {weights, normaliser}) {
      auto results = leading_one(x, width, lists);
      for (std::size_t l = 0; l < lists.size(); ++l) {
        ASSERT_EQ(results[l].values.size(), x.values.size());
        for (std::size_t i = 0; i < x.values.size(); ++i) {
          std::int64_t want = 0;
          for (unsigned j = 0; j < width; ++j) {
            if (x.values[i] >> j & 1) want = lists[l][j];
          }
          EXPECT_TRUE(results[l].values[i] == (static_cast<Wide>(static_cast<__int128>(want)) & x.mask()))
              << "width " << width << " list " << l << " number " << static_cast<std::uint64_t>(x.values[i]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace spud::contract
