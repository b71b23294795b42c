// SPDX-License-Identifier: Apache-2.0
#include <random>

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <gmock/gmock.h>

#include "correlation/dealer.hpp"
#include "correlation/demand.hpp"
#include "correlation/recorder.hpp"
#include "schemas/demand.capnp.h"

namespace spud::correlation {
namespace {

using ring::LinearMap;
using testing::HasSubstr;

/// Every instruction once, and a loop in a loop.
Demand everything() {
  Recorder s(3);
  {
    Register words = s.mask(64, {2, 3}, 64).whole;
    Register narrow = s.mask(64, {2, 3}, 23).whole;
    Register bits = s.mask_bits({2, 3}).whole;
    Register own = s.private_bits({2, 3}, Rank{1}).whole;
    Register kept = s.private_mask(64, {2, 3}, 64, Rank{1}).whole;
    Register one[] = {words};
    Register pair[] = {words, narrow};
    Register bit_pair[] = {bits, own};
    Register small[] = {narrow};
    (void)s.deal(s.derive(Op::kMultiply, {}, pair), 64);
    Register flat[] = {s.linear(LinearMap::reshape({1, 2, 3}), one),
                       s.linear(LinearMap::reshape({1, 3, 2}), one)};
    (void)s.deal(s.derive(Op::kMatmul, {}, flat), 40);
    (void)s.deal(s.derive(Op::kShiftRight, {9}, one), 64);
    (void)s.deal_bits(s.derive(Op::kBit, {63}, one));
    (void)s.deal_bits(s.derive(Op::kAnd, {}, bit_pair));
    (void)s.deal(s.derive(Op::kCast, {128}, one), 128);
    (void)s.deal(s.derive(Op::kExpTable, {18, 30, 64}, small), 64);
    Register hot = s.derive(Op::kOneHot, {30}, one);
    (void)s.deal_table(hot);
    Register factors[] = {hot, bits};
    (void)s.deal_table(s.derive(Op::kTableAnd, {2}, factors));
    Register bit[] = {bits};
    (void)s.deal(s.derive(Op::kWords, {32}, bit), 7);
    (void)s.deal_bits(s.derive(Op::kEntryBits, {4, 9}, one));
    (void)s.deal_bits(s.derive(Op::kEntryRow, {4}, one));
    (void)s.deal_bits(s.derive(Op::kFirstShare, {4}, one));
    Register places[] = {words, s.derive(Op::kEntryBits, {3, 0}, one)};
    (void)s.deal_bits(s.derive(Op::kEntry, {3, 5}, places));
    (void)s.deal_bits(s.derive(Op::kRotate, {4, 1}, places));
    Register moved[] = {words, s.permutation(2, 3, Rank{2}).whole};
    (void)s.deal(s.derive(Op::kPermute, {}, moved), 64);
    for (unsigned t = 0; t < 4; ++t) {
      s.turn_begins(1);
      for (unsigned i = 0; i < 3; ++i) {
        s.turn_begins(10 + t);
        (void)s.deal(s.linear(LinearMap::slice({1, 1}, {t % 2, i}, {1, 1}), one), 64);
      }
      s.turn_begins(10 + t);
    }
    s.turn_begins(1);
  }
  return s.take();
}

TEST(DemandCodec, GivesBackWhatItWasGiven) {
  const Demand demand = everything();
  const Bytes bytes = encode(demand);
  auto back = decode_demand(bytes);
  ASSERT_TRUE(back.has_value()) << back.error().message();
  EXPECT_EQ(back->parties, 3u);
  EXPECT_EQ(encode(*back), bytes);
  EXPECT_EQ(digest(*back), digest(demand));
  std::vector<Instruction> first, second;
  auto into = [](std::vector<Instruction>& list) {
    return [&list](const Instruction& i, RegisterId) -> Status {
      list.push_back(i);
      return {};
    };
  };
  ASSERT_TRUE(for_each(demand, into(first)).has_value());
  ASSERT_TRUE(for_each(*back, into(second)).has_value());
  EXPECT_EQ(first, second);
  EXPECT_EQ(cost(*back)->dealt_bits, cost(demand)->dealt_bits);
}

TEST(DemandCodec, GivesDifferentDemandsDifferentDigests) {
  Demand demand = everything();
  const Digest before = digest(demand);
  demand.parties = 2;
  EXPECT_NE(digest(demand), before);
}

/// A message with its root as `fill` makes it.
template <class Fill>
std::string refusal(Fill&& fill) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::Demand>();
  root.setVersion(2);
  root.setParties(2);
  fill(root);
  auto words = capnp::canonicalize(root.asReader());
  auto bytes = words.asBytes();
  auto demand = decode_demand({reinterpret_cast<const std::byte*>(bytes.begin()), bytes.size()});
  if (demand) {
    auto priced = cost(*demand);
    return priced ? "" : priced.error().message();
  }
  return demand.error().message();
}

TEST(DemandCodec, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refusal([](auto) {}), "");
  EXPECT_THAT(refusal([](auto root) { root.setVersion(1); }), HasSubstr("version 1 is not known"));
  EXPECT_THAT(refusal([](auto root) { root.setParties(1); }), HasSubstr("number of parties"));
  EXPECT_THAT(refusal([](auto root) { root.setParties(6); }), HasSubstr("number of parties"));
  EXPECT_THAT(refusal([](auto root) { root.initSteps(1); }), HasSubstr("neither instruction nor loop"));
  for (unsigned op : {0u, 7u, 33u, 43u, 61u, 255u}) {
    EXPECT_THAT(refusal([op](auto root) {
                  root.initSteps(1)[0].initInstruction().setOp(static_cast<std::uint8_t>(op));
                }),
                HasSubstr("unknown instruction"))
        << op;
  }
}

TEST(DemandCodec, RefusesLoopsThatDoNotFit) {
  auto loop = [](unsigned turns, unsigned growth, bool body) {
    return [=](auto root) {
      auto step = root.initSteps(1)[0].initLoop();
      step.setTurns(turns);
      if (body) step.initBody(1)[0].initInstruction().setOp(static_cast<std::uint8_t>(Op::kMaskBits));
      step.initGrowth(growth);
    };
  };
  EXPECT_EQ(refusal(loop(3, 0, true)), "");
  EXPECT_THAT(refusal(loop(3, 0, false)), HasSubstr("an empty loop"));
  EXPECT_THAT(refusal(loop(0, 0, true)), HasSubstr("an empty loop"));
  EXPECT_THAT(refusal(loop(3, 1, true)), HasSubstr("growth does not fit"));
}

TEST(DemandCodec, RefusesLoopsNestedTooDeep) {
  auto nested = [](unsigned depth) {
    return [depth](auto root) {
      auto list = root.initSteps(1);
      for (unsigned d = 0; d < depth; ++d) {
        auto loop = list[0].initLoop();
        loop.setTurns(1);
        list = loop.initBody(1);
      }
      list[0].initInstruction().setOp(static_cast<std::uint8_t>(Op::kMaskBits));
    };
  };
  EXPECT_EQ(refusal(nested(16)), "");
  EXPECT_THAT(refusal(nested(17)), HasSubstr("demand"));
  EXPECT_THAT(refusal(nested(200)), HasSubstr("demand"));
}

TEST(DemandCodec, RefusesADistanceThatLeadsNowhere) {
  for (std::int64_t distance : {std::int64_t{0}, std::int64_t{2}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    EXPECT_THAT(refusal([distance](auto root) {
                  auto steps = root.initSteps(2);
                  steps[0].initInstruction().setOp(static_cast<std::uint8_t>(Op::kMaskBits));
                  auto deal = steps[1].initInstruction();
                  deal.setOp(static_cast<std::uint8_t>(Op::kDealBits));
                  deal.initOperands(1).set(0, distance);
                }),
                HasSubstr("was never made"))
        << distance;
  }
}

TEST(Demand, RefusesToUnrollTooManyInstructions) {
  Demand demand;
  demand.steps.resize(1);
  demand.steps[0].turns = UINT64_MAX;
  demand.steps[0].body.resize(1);
  demand.steps[0].body[0].instruction.op = Op::kMaskBits;
  unsigned visited = 0;
  auto status = for_each(
      demand,
      [&](const Instruction&, RegisterId) -> Status {
        ++visited;
        return {};
      },
      10);
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message(), HasSubstr("at most 10"));
  EXPECT_EQ(visited, 10u);
}

TEST(DemandCodec, RefusesBrokenBytesWithoutHarm) {
  const Bytes good = encode(everything());
  for (std::size_t length = 0; length < good.size(); ++length) {
    if (length % 8 != 0) {
      EXPECT_FALSE(decode_demand(ByteView(good).first(length)).has_value());
    } else {
      (void)decode_demand(ByteView(good).first(length));
    }
  }
  std::mt19937_64 rng(5);
  unsigned accepted = 0;
  for (unsigned round = 0; round < 4000; ++round) {
    Bytes bytes = good;
    if (round % 4 == 0) {
      bytes.resize(8 * (rng() % 40));
      for (auto& b : bytes) b = static_cast<std::byte>(rng());
    } else {
      for (unsigned flips = 1 + rng() % 4; flips > 0; --flips)
        bytes[rng() % bytes.size()] ^= static_cast<std::byte>(1u << rng() % 8);
    }
    auto demand = decode_demand(bytes);
    if (!demand) continue;
    ++accepted;
    // What is accepted can be walked; only some of it can be served. A turn of a loop may have become 2^60.
    std::size_t budget = 2000;
    std::unordered_map<RegisterId, RegisterType> types;
    (void)for_each(*demand, [&](const Instruction& i, RegisterId made) -> Status {
      if (budget-- == 0) return fail(ErrorCode::kCancelled, "enough");
      std::vector<RegisterType> operands;
      for (auto id : i.operands) {
        if (!types.contains(id)) return fail(ErrorCode::kPeerFault, "freed");
        operands.push_back(types[id]);
      }
      SPUD_ASSIGN(auto type, infer_type(i, operands));
      if (makes_register(i.op)) types[made] = type;
      return {};
    });
  }
  EXPECT_GT(accepted, 100u) << "flipped bits often leave something well-formed";
}

}  // namespace
}  // namespace spud::correlation
