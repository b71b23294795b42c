// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/semi2k/cost.hpp"
#include "protocol/semi2k/semi2k.hpp"
#include "tests/contract/harness.hpp"

namespace spud::contract {

namespace cost = protocol::semi2k::cost;
using protocol::Cost;
using protocol::Started;

constexpr std::int64_t kElements = 64;  // so that what is packed has no padding

using CostedStep = std::function<Task<int>(Desk, std::vector<Arith>)>;

inline Task<int> step_on(Desk desk, const Inputs& in, unsigned operands, bool masked,
                         const CostedStep& step) {
  std::vector<Arith> x;
  for (unsigned i = 0; i < operands; ++i) {
    auto value_task = desk.protocol.input(in.words(desk, i));
    Arith value = co_await value_task;
    x.push_back(value);
  }
  if (masked) {
    auto& semi2k = dynamic_cast<protocol::semi2k::Semi2k&>(desk.protocol);
    std::vector<Started<protocol::semi2k::Masked>> masks;
    for (const auto& value : x) masks.emplace_back(desk.executor, semi2k.masked(value));
    for (auto& mask : masks) {
      auto done = co_await mask;
      (void)done;
    }
  }
  auto result_task = step(desk, x);
  int result = co_await result_task;
  co_return result;
}

/// What `step` costs an element; of operands that were masked before, or that were not.
inline Cost measured(unsigned n, unsigned k, unsigned operands, bool masked, const CostedStep& step) {
  Inputs in(n, Sharing::kRandom, 3);
  for (unsigned i = 0; i < operands; ++i) in.add(sample(k, kElements, 40 + i));
  auto body = [&](Desk desk) { return step_on(desk, in, operands, masked, step); };
  auto out = run<int>(ProtocolKind::kSemi2k, n, 7, body);
  EXPECT_EQ(out.traffic.payload_bytes * 8, out.traffic.opened_bits)
      << "what is opened goes over the wire packed";
  EXPECT_EQ(out.dealt.tape_bytes * 8, out.dealt.dealt_bits) << "so does what is dealt";
  EXPECT_EQ(out.traffic.opened_bits % kElements, 0u);
  EXPECT_EQ(out.dealt.dealt_bits % kElements, 0u);
  Cost total{out.traffic.rounds, out.traffic.opened_bits / kElements, out.dealt.dealt_bits / kElements};
  if (masked) {
    total.rounds -= 1;
    total.opened_bits -= static_cast<std::uint64_t>(operands) * k;
  }
  return total;
}

struct CostCase {
  unsigned parties, bits;
};
/// Steps of semi2k for every ring and number of parties.
class CostsOfSteps : public testing::TestWithParam<CostCase> {
 protected:
  unsigned n() const { return GetParam().parties; }
  unsigned k() const { return GetParam().bits; }
  unsigned f() const { return k() == 32 ? 8 : k() == 64 ? 18 : 26; }
};
inline std::vector<CostCase> cost_cases() {
  std::vector<CostCase> out;
  for (unsigned n : {2u, 3u, 5u}) {
    for (unsigned k : {32u, 64u, 128u}) out.push_back({n, k});
  }
  return out;
}
inline std::string name_of_cost_case(const testing::TestParamInfo<CostCase>& info) {
  return "n" + std::to_string(info.param.parties) + "_k" + std::to_string(info.param.bits);
}

inline void expect(const Cost& got, const Cost& want) {
  EXPECT_EQ(got.rounds, want.rounds) << "rounds";
  EXPECT_EQ(got.opened_bits, want.opened_bits) << "opened";
  EXPECT_EQ(got.dealt_bits, want.dealt_bits) << "dealt";
}

}  // namespace spud::contract
