// SPDX-License-Identifier: Apache-2.0
// Values that one party has in plain: they become secret without a message, and where they are opened under a
// mask their owner alone sends.
#include <gmock/gmock.h>

#include "protocol/semi2k/cost.hpp"
#include "tests/contract/harness.hpp"
#include "tests/contract/joint_view.hpp"
#include "tests/contract/pad_audit.hpp"

namespace spud::contract {
namespace {

using Kind = ring::LinearMap::Kind;
using Shares = std::vector<ring::Tensor>;

Task<Arith> keep(Desk d, unsigned owner, const Numbers& x) {
  const ring::Tensor value = x.tensor();
  std::optional<ring::Tensor> mine;
  if (d.seat.rank == Rank{owner} && !d.on_shapes) mine = value;
  auto kept_task = d.protocol.private_input(Rank{owner}, x.bits, value.shape(), mine);
  Arith kept = co_await kept_task;
  co_return kept;
}

struct Case {
  ProtocolKind kind;
  unsigned parties, owner, bits;
};
class PrivateInput : public testing::TestWithParam<Case> {
 protected:
  /// Σ of the shares that the parties come to.
  Numbers outcome(const std::function<Task<ring::Tensor>(Desk)>& body) const {
    crypto::SeededRandom random(11);
    auto result = vm::run_locally<ring::Tensor>(GetParam().kind, GetParam().parties, random, body);
    EXPECT_TRUE(result.has_value()) << result.error().message();
    return result ? sum(result->results) : Numbers{GetParam().bits, {}};
  }
  Numbers numbers(unsigned seed) const { return sample(GetParam().bits, 64, seed); }
};
INSTANTIATE_TEST_SUITE_P(Owners, PrivateInput, testing::ValuesIn([] {
                           std::vector<Case> out;
                           for (unsigned k : {32u, 64u, 128u}) {
                             for (unsigned n : {2u, 3u}) {
                               for (unsigned owner = 0; owner < n; ++owner) {
                                 for (auto kind : {ProtocolKind::kRef2k, ProtocolKind::kSemi2k})
                                   out.push_back({kind, n, owner, k});
                               }
                             }
                           }
                           return out;
                         }()),
                         [](const auto& info) {
                           return std::string(vm::to_string(info.param.kind)) + "_n" +
                                  std::to_string(info.param.parties) + "_of" +
                                  std::to_string(info.param.owner) + "_k" + std::to_string(info.param.bits);
                         });

TEST_P(PrivateInput, IsASecretLikeAnyOther) {
  const auto& p = GetParam();
  const Numbers x = numbers(1), y = numbers(2);
  Inputs in(p.parties, Sharing::kRandom, 3);
  in.add(y);
  const auto both = [&](auto step) {
    return outcome([&, step](Desk d) -> Task<ring::Tensor> {
      auto x_task = keep(d, p.owner, x);
      Arith a = co_await x_task;
      auto y_task = d.protocol.input(in.words(d, 0));
      Arith b = co_await y_task;
      auto out_task = step(d, a, b);
      Arith out = co_await out_task;
      co_return d.protocol.output(out);
    });
  };
  const auto expect_all = [&](const Numbers& got, auto want) {
    for (std::size_t i = 0; i < x.values.size(); ++i)
      ASSERT_TRUE(got.values.at(i) == (want(x.values[i], y.values[i]) & x.mask())) << i;
  };
  expect_all(both([](Desk, Arith a, Arith) -> Task<Arith> { co_return a; }), [](Wide a, Wide) { return a; });
  expect_all(both([](Desk d, Arith a, Arith b) -> Task<Arith> {
               co_return d.protocol.linear(ring::LinearMap::of(Kind::kSubtract), {a, b});
             }),
             [](Wide a, Wide b) { return a - b; });
  expect_all(both([](Desk d, Arith a, Arith b) -> Task<Arith> {
               auto product_task = d.protocol.multiply(a, b);
               Arith product = co_await product_task;
               co_return product;
             }),
             [](Wide a, Wide b) { return a * b; });
  // Masked first: what is made of it afterwards is right in both forms.
  expect_all(both([](Desk d, Arith a, Arith b) -> Task<Arith> {
               auto square_task = d.protocol.multiply(a, a);
               Arith square = co_await square_task;
               Arith sum = d.protocol.linear(ring::LinearMap::of(Kind::kAdd), {square, a});
               Arith twice = d.protocol.linear(ring::LinearMap::shift_left(1), {a});
               Arith all = d.protocol.linear(ring::LinearMap::of(Kind::kAdd), {sum, twice});
               co_return d.protocol.linear(ring::LinearMap::of(Kind::kAdd), {all, b});
             }),
             [](Wide a, Wide b) { return a * a + 3 * a + b; });
}

TEST_P(PrivateInput, IsComparedLikeAnyOther) {
  const auto& p = GetParam();
  const Numbers x = numbers(4);
  const Numbers got = outcome([&](Desk d) -> Task<ring::Tensor> {
    auto x_task = keep(d, p.owner, x);
    Arith a = co_await x_task;
    auto sign_task = d.protocol.negative(a);
    Boolean sign = co_await sign_task;
    auto number_task = d.protocol.to_arith(sign, p.bits);
    Arith number = co_await number_task;
    co_return d.protocol.output(number);
  });
  for (std::size_t i = 0; i < x.values.size(); ++i) ASSERT_EQ(got.at(i), x.at(i) < 0 ? 1 : 0) << i;
}

TEST_P(PrivateInput, OfBits) {
  const auto& p = GetParam();
  std::vector<std::uint8_t> x(100), y(100);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = i % 3 == 0;
    y[i] = i % 5 < 2;
  }
  Inputs in(p.parties, Sharing::kRandom, 5);
  in.add_bits(y);
  crypto::SeededRandom random(13);
  auto result =
      vm::run_locally<ring::BitTensor>(p.kind, p.parties, random, [&](Desk d) -> Task<ring::BitTensor> {
        std::optional<ring::BitTensor> mine;
        if (d.seat.rank == Rank{p.owner} && !d.on_shapes) mine = ring::BitTensor::pack({100}, x);
        auto x_task = d.protocol.private_input_bits(Rank{p.owner}, {100}, mine);
        Boolean a = co_await x_task;
        auto y_task = d.protocol.input_bits(in.bits(d, 0));
        Boolean b = co_await y_task;
        auto both_task = d.protocol.logical_and(a, b);
        Boolean both = co_await both_task;
        co_return d.protocol.output_bits(both);
      });
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const auto got = sum(result->results);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(got[i], x[i] & y[i]) << i;
}

/// What each party opens, in bits an element, and in how many rounds.
std::pair<std::vector<std::uint64_t>, std::uint64_t> opened(unsigned parties,
                                                            const std::function<Task<int>(Desk)>& body) {
  crypto::SeededRandom random(17);
  auto result = vm::run_locally<int>(ProtocolKind::kSemi2k, parties, random, body);
  EXPECT_TRUE(result.has_value());
  std::vector<std::uint64_t> bits;
  for (const auto& one : result->traffic) {
    EXPECT_EQ(one.rounds, result->traffic[0].rounds);
    EXPECT_EQ(one.opened_bits % 64, 0u);
    bits.push_back(one.opened_bits / 64);
  }
  return {bits, result->traffic[0].rounds};
}

TEST(PrivateInputCosts, OnlyWhatItsOwnerSends) {
  const Numbers x = sample(64, 64, 6), y = sample(64, 64, 7);
  for (unsigned n : {2u, 3u}) {
    for (unsigned owner = 0; owner < n; ++owner) {
      Inputs in(n, Sharing::kRandom, 8);
      in.add(y);
      // Alone, and as itself: nothing.
      EXPECT_EQ(opened(n,
                       [&](Desk d) -> Task<int> {
                         auto x_task = keep(d, owner, x);
                         Arith a = co_await x_task;
                         (void)d.protocol.output(a);
                         co_return 0;
                       })
                    .first,
                std::vector<std::uint64_t>(n, 0));
      // Two products with secrets: the private factor is opened once, by its owner.
      auto [bits, rounds] = opened(n, [&](Desk d) -> Task<int> {
        auto x_task = keep(d, owner, x);
        Arith a = co_await x_task;
        auto y_task = d.protocol.input(in.words(d, 0));
        Arith b = co_await y_task;
        auto product_task = d.protocol.multiply(a, b);
        Arith product = co_await product_task;
        auto again_task = d.protocol.multiply(product, a);
        Arith again = co_await again_task;
        co_return 0;
      });
      std::vector<std::uint64_t> want(n, 2 * 64);
      want[owner] += 64;
      EXPECT_EQ(bits, want) << n << " of " << owner;
      EXPECT_EQ(rounds, 2u);
      // Of two owners: each opens its own.
      const unsigned other = (owner + 1) % n;
      auto [of_two, one_round] = opened(n, [&](Desk d) -> Task<int> {
        auto x_task = keep(d, owner, x);
        Arith a = co_await x_task;
        auto y_task = keep(d, other, y);
        Arith b = co_await y_task;
        auto product_task = d.protocol.multiply(a, b);
        Arith product = co_await product_task;
        co_return 0;
      });
      want.assign(n, 0);
      want[owner] = want[other] = 64;
      EXPECT_EQ(of_two, want) << n << " of " << owner;
      EXPECT_EQ(one_round, 1u);
    }
  }
}

TEST(PrivateInputShares, AreUniformWhereSomethingElseThanAMaskNeedsThem) {
  // Truncations of two parties take their dither from the second party's share: (x, 0) would have none.
  const Numbers x{64, std::vector<Wide>(4096, (Wide{5} << 18) + (1 << 17))};
  for (unsigned owner : {0u, 1u}) {
    crypto::SeededRandom random(19);
    auto result =
        vm::run_locally<ring::Tensor>(ProtocolKind::kSemi2k, 2, random, [&](Desk d) -> Task<ring::Tensor> {
          auto x_task = keep(d, owner, x);
          Arith a = co_await x_task;
          auto shifted_task = d.protocol.truncate(a, 18);
          Arith shifted = co_await shifted_task;
          co_return d.protocol.output(shifted);
        });
    ASSERT_TRUE(result.has_value());
    const Numbers got = sum(result->results);
    std::size_t up = 0;
    for (std::size_t i = 0; i < got.values.size(); ++i) {
      ASSERT_TRUE(got.at(i) == 5 || got.at(i) == 6);
      up += got.at(i) == 6;
    }
    // 5σ of a fair coin.
    EXPECT_NEAR(static_cast<double>(up), 2048, 160) << "owner " << owner;
  }
}

TEST(PrivateInputShares, AreUniformWherePartsOfTwoOwnersLieSideBySide) {
  const Numbers part{64, std::vector<Wide>(4096, (Wide{5} << 18) + (1 << 17))};
  for (unsigned first : {0u, 1u}) {
    crypto::SeededRandom random(23);
    auto result =
        vm::run_locally<ring::Tensor>(ProtocolKind::kSemi2k, 2, random, [&](Desk d) -> Task<ring::Tensor> {
          auto a_task = keep(d, first, part);
          Arith a = co_await a_task;
          auto b_task = keep(d, 1 - first, part);
          Arith b = co_await b_task;
          auto done_a_task = d.protocol.prepare(a);
          Arith done_a = co_await done_a_task;
          auto done_b_task = d.protocol.prepare(b);
          Arith done_b = co_await done_b_task;
          Arith both = d.protocol.linear(ring::LinearMap::concatenate(0), {a, b});
          // Public factors leave no mask behind.
          const ring::Tensor one = Numbers{64, std::vector<Wide>(2 * part.values.size(), 1)}.tensor();
          auto shifted_task = d.protocol.truncate(d.protocol.multiply_public(both, one), 18);
          Arith shifted = co_await shifted_task;
          co_return d.protocol.output(shifted);
        });
    ASSERT_TRUE(result.has_value());
    const Numbers got = sum(result->results);
    for (std::size_t half : {0u, 1u}) {
      std::size_t up = 0;
      for (std::size_t i = 0; i < 4096; ++i) up += got.at(half * 4096 + i) == 6;
      EXPECT_NEAR(static_cast<double>(up), 2048, 160) << "first " << first << " half " << half;
    }
  }
}

// ---- what others see
ViewStep product(unsigned parties, bool with_secret) {
  return {"product",
          parties,
          2,
          0,
          [](Desk d, std::vector<Arith> x, std::vector<Boolean>) -> Task<int> {
            auto product_task = d.protocol.multiply(x[0], x[1]);
            Arith product = co_await product_task;
            auto again_task = d.protocol.multiply(x[0], x[0]);
            Arith again = co_await again_task;
            co_return 0;
          },
          with_secret ? 5u : 3u,
          false,
          with_secret ? 1u : 2u};
}

TEST(PrivateInputView, SaysNothingAboutWhatAPartyKeeps) {
  for (unsigned parties : {2u, 3u}) {
    for (unsigned honest = 0; honest < parties; ++honest) {
      for (bool with_secret : {true, false})
        EXPECT_TRUE(JointView(product(parties, with_secret), honest, 3).says_nothing())
            << parties << " parties, of " << honest;
    }
  }
}

ViewStep of_one(const char* name,
                std::function<Task<int>(Desk, std::vector<Arith>, std::vector<Boolean>)> run,
                unsigned bits = 0) {
  return {name, 2, 1, bits, std::move(run), 1, false, 1};
}

TEST(PrivateInputView, SaysNothingInStepsThatReadTablesOfAMaskThatItsOwnerKnows) {
  const ViewStep steps[] = {
      of_one("truncate",
             [](Desk d, std::vector<Arith> x, std::vector<Boolean>) -> Task<int> {
               // Of a masked one: what is opened of others is a top bit under a pad of its owner's.
               auto ready_task = d.protocol.prepare(x[0]);
               Arith ready = co_await ready_task;
               auto t_task = d.protocol.truncate(ready, 1);
               Arith t = co_await t_task;
               co_return 0;
             }),
      of_one("negative",
             [](Desk d, std::vector<Arith> x, std::vector<Boolean>) -> Task<int> {
               auto sign_task = d.protocol.negative(x[0]);
               Boolean sign = co_await sign_task;
               co_return 0;
             }),
      of_one(
          "mux",
          [](Desk d, std::vector<Arith> x, std::vector<Boolean> b) -> Task<int> {
            auto z_task = d.protocol.mux(b[0], x[0]);
            Arith z = co_await z_task;
            co_return 0;
          },
          1),
  };
  for (const auto& step : steps) {
    for (unsigned honest : {0u, 1u})
      EXPECT_TRUE(JointView(step, honest, 5).says_nothing()) << step.name << honest;
  }
}

TEST(PrivateInputView, WithoutItsMaskWouldSayAll) {
  for (unsigned honest : {0u, 1u}) {
    JointView view(product(2, true), honest, 3);
    std::optional<correlation::ItemId> mask;
    for (auto coin : view.coins()) {
      if (view.item(coin).op == correlation::Op::kPrivateMask) mask = coin;
    }
    ASSERT_TRUE(mask.has_value());
    EXPECT_FALSE(view.drop(*mask).says_nothing());
  }
}

TEST(PrivateInputPads, AreEachTheirOwnersAndUsedOnce) {
  for (unsigned parties : {2u, 3u}) {
    const Numbers x = sample(64, 40, 9);
    StreamsOfAll streams;
    for (unsigned p = 0; p < parties; ++p)
      streams.push_back(std::make_shared<correlation::SeedStreams>(seed_of(70 + p)));
    const PadAudit<int> audit(streams, [&](Desk d) -> Task<int> {
      std::vector<Arith> all;
      for (unsigned owner = 0; owner < parties; ++owner) {
        auto x_task = keep(d, owner, x);
        Arith a = co_await x_task;
        all.push_back(a);
      }
      auto product_task = d.protocol.multiply(all[0], all[1]);
      Arith product = co_await product_task;
      auto sign_task = d.protocol.negative(all.back(), 20);
      Boolean sign = co_await sign_task;
      co_return 0;
    });
    EXPECT_THAT(audit.findings(), testing::IsEmpty());
  }
}

}  // namespace
}  // namespace spud::contract
