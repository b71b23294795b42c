// SPDX-License-Identifier: Apache-2.0
#include "correlation/fold.hpp"

#include <random>

#include <gtest/gtest.h>

#include "correlation/recorder.hpp"

namespace spud::correlation {
namespace {

using ring::LinearMap;

/// What asks for correlations; turn(loop) says that a turn of a loop begins.
using Body = std::function<void(Source&, const std::function<void(std::uint64_t)>& turn)>;

Demand folded(const Body& body) {
  Recorder recorder(2);
  body(recorder, [&](std::uint64_t loop) { recorder.turn_begins(loop); });
  return recorder.take();
}
/// The same, nobody telling of loops.
Demand flat(const Body& body) {
  Recorder recorder(2);
  body(recorder, [](std::uint64_t) {});
  return recorder.take();
}

struct Seen {
  Instruction instruction;
  RegisterId made;
  bool operator==(const Seen&) const = default;
};
std::vector<Seen> unrolled(const Demand& demand) {
  std::vector<Seen> out;
  auto status = for_each(demand, [&](const Instruction& i, RegisterId made) -> Status {
    out.push_back({i, made});
    return {};
  });
  EXPECT_TRUE(status.has_value());
  return out;
}

std::size_t size_of(const std::vector<Step>& steps) {
  std::size_t size = 0;
  for (const auto& step : steps) size += 1 + step.growth.size() + size_of(step.body);
  return size;
}

void expect_the_same(const Body& body) {
  Demand loops = folded(body), plain = flat(body);
  for (const auto& step : plain.steps) EXPECT_FALSE(step.is_loop());
  EXPECT_EQ(unrolled(loops), unrolled(plain));
}
/// Means the same, and is as large for few turns as for many.
void expect_a_loop(const std::function<Body(unsigned turns)>& body) {
  for (unsigned turns : {0u, 1u, 2u, 3u, 10u}) expect_the_same(body(turns));
  EXPECT_EQ(size_of(folded(body(10)).steps), size_of(folded(body(1000)).steps));
  EXPECT_EQ(unrolled(folded(body(1000))), unrolled(flat(body(1000))));
}

void deal_square(Source& s, const Register& x) {
  Register both[] = {x, x};
  (void)s.deal(s.derive(Op::kMultiply, {}, both), 64);
}

TEST(Fold, KeepsALoopALoop) {
  expect_a_loop([](unsigned turns) -> Body {
    return [turns](Source& s, auto& turn) {
      for (unsigned t = 0; t < turns; ++t) {
        turn(1);
        deal_square(s, s.mask(64, {3}, 64).whole);
      }
      turn(1);
      deal_square(s, s.mask(64, {4}, 64).whole);
    };
  });
}

TEST(Fold, KeepsAMaskFromBeforeTheLoopInIt) {
  expect_a_loop([](unsigned turns) -> Body {
    return [turns](Source& s, auto& turn) {
      Register weights = s.mask(64, {3}, 64).whole;
      for (unsigned t = 0; t < turns; ++t) {
        turn(1);
        Register both[] = {weights, s.mask(64, {3}, 64).whole};
        (void)s.deal(s.derive(Op::kMultiply, {}, both), 64);
      }
      turn(1);
    };
  });
}

TEST(Fold, KeepsASliceThatWalks) {
  expect_a_loop([](unsigned turns) -> Body {
    return [turns](Source& s, auto& turn) {
      Register table[] = {s.mask(64, {1000, 2}, 64).whole};
      for (unsigned t = 0; t < turns; ++t) {
        turn(1);
        deal_square(s, s.linear(LinearMap::slice({1, 2}, {t, 0}, {1, 1}), table));
      }
      turn(1);
    };
  });
}

TEST(Fold, KeepsWhatATurnHandsToTheNext) {
  expect_a_loop([](unsigned turns) -> Body {
    return [turns](Source& s, auto& turn) {
      Register total = s.mask(64, {3}, 64).whole;
      for (unsigned t = 0; t < turns; ++t) {
        turn(1);
        Register both[] = {total, s.mask(64, {3}, 64).whole};
        total = s.linear(LinearMap::of(LinearMap::Kind::kAdd), both);
      }
      turn(1);
      deal_square(s, total);
    };
  });
}

TEST(Fold, KeepsNestedLoops) {
  for (unsigned inner : {1u, 2u, 9u}) {
    expect_a_loop([inner](unsigned turns) -> Body {
      return [turns, inner](Source& s, auto& turn) {
        Register table[] = {s.mask(64, {1000, 20}, 64).whole};
        for (unsigned t = 0; t < turns; ++t) {
          turn(1);
          Register row[] = {s.linear(LinearMap::slice({1, 20}, {t, 0}, {1, 1}), table)};
          for (unsigned i = 0; i < inner; ++i) {
            turn(100 + t);
            deal_square(s, s.linear(LinearMap::slice({1, 1}, {0, 2 * i}, {1, 1}), row));
            deal_square(s, s.linear(LinearMap::slice({1, 2}, {t, i}, {1, 1}), table));
          }
          turn(100 + t);
        }
        turn(1);
      };
    });
  }
}

TEST(Fold, LeavesAsItIsWhatDoesNotRepeat) {
  expect_the_same([](Source& s, auto& turn) {
    for (unsigned t = 0; t < 12; ++t) {
      turn(1);
      // Shapes, counts and growth change.
      for (unsigned i = 0; i < t % 3; ++i) deal_square(s, s.mask(64, {1 + t / 5}, 64).whole);
      Register table[] = {s.mask(64, {200}, 64).whole};
      (void)s.linear(LinearMap::slice({1}, {t * t}, {1}), table);
    }
    turn(1);
  });
}

TEST(Fold, TakesLoopsThatRunSideBySideApart) {
  expect_the_same([](Source& s, auto& turn) {
    for (unsigned t = 0; t < 6; ++t) {
      turn(1);
      deal_square(s, s.mask(64, {1}, 64).whole);
      turn(2);
      deal_square(s, s.mask(32, {2}, 32).whole);
    }
    turn(1);
    turn(2);
  });
}

TEST(Fold, MeansTheSameForAnyProgram) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    expect_the_same([seed](Source& s, auto& turn) {
      std::mt19937_64 rng(seed);
      std::vector<Register> live;
      std::uint64_t loops = 0;
      std::function<void(unsigned, unsigned)> block = [&](unsigned depth, unsigned position) {
        const auto count = 1 + rng() % 4;
        for (unsigned i = 0; i < count; ++i) {
          switch (rng() % 6) {
            case 0:
              if (depth < 3) {
                const auto loop = ++loops;
                const auto turns = rng() % 5, same = rng();
                for (unsigned t = 0; t < turns; ++t) {
                  turn(loop);
                  if (same % 3 != 0) rng.seed(same);  // the turns are alike
                  block(depth + 1, t);
                }
                turn(loop);
              }
              break;
            case 1:
              if (!live.empty()) live.erase(live.begin() + static_cast<std::ptrdiff_t>(rng() % live.size()));
              break;
            case 2:
              if (!live.empty()) {
                Register one[] = {live[rng() % live.size()]};
                live.push_back(s.linear(LinearMap::slice({1}, {position}, {1}), one));
                live.back() = s.linear(LinearMap::broadcast({8}, {0}), std::span(&live.back(), 1));
              }
              break;
            case 3:
              if (!live.empty()) deal_square(s, live[rng() % live.size()]);
              break;
            default:
              live.push_back(s.mask(64, {8}, 64).whole);
          }
        }
      };
      block(0, 0);
    });
  }
}

TEST(Fold, FreesEveryRegisterThatDied) {
  Demand demand = folded([](Source& s, auto& turn) {
    for (unsigned t = 0; t < 5; ++t) {
      turn(1);
      deal_square(s, s.mask(64, {3}, 64).whole);
    }
    turn(1);
  });
  std::size_t made = 0, freed = 0;
  for (const auto& seen : unrolled(demand)) {
    made += makes_register(seen.instruction.op);
    freed += seen.instruction.op == Op::kFree;
  }
  EXPECT_EQ(made, 10u);
  EXPECT_EQ(freed, made);
}

}  // namespace
}  // namespace spud::correlation
