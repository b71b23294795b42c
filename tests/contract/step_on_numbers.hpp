// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/contract/harness.hpp"

namespace spud::contract {

struct StepCase {
  ProtocolKind kind;
  unsigned parties;
  unsigned bits;
  Sharing sharing = Sharing::kRandom;
};

inline std::string name_of_step_case(const testing::TestParamInfo<StepCase>& info) {
  static constexpr const char* kSharing[] = {"", "_zero_shares", "_top_shares", "_all_ones_shares"};
  return std::string(vm::to_string(info.param.kind)) + "_n" + std::to_string(info.param.parties) + "_k" +
         std::to_string(info.param.bits) + kSharing[static_cast<int>(info.param.sharing)];
}

inline std::vector<StepCase> step_cases() {
  std::vector<StepCase> out;
  for (unsigned bits : {4u, 32u, 64u, 128u}) {
    out.push_back({ProtocolKind::kRef2k, 2, bits});
    for (unsigned n : {2u, 3u, 5u}) {
      for (Sharing s : {Sharing::kRandom, Sharing::kZero, Sharing::kTop, Sharing::kOnes}) {
        if (s == Sharing::kRandom || (n < 5 && bits > 4)) out.push_back({ProtocolKind::kSemi2k, n, bits, s});
      }
    }
  }
  return out;
}

/// Steps on one or two secret numbers.
class StepsOnNumbers : public testing::TestWithParam<StepCase> {
 protected:
  unsigned bits() const { return GetParam().bits; }
  Wide mask() const { return Numbers{bits(), {}}.mask(); }
  Inputs inputs() const { return Inputs(GetParam().parties, GetParam().sharing, 5); }

  /// One arithmetic input, one arithmetic output; of an input that was masked before, or not.
  Numbers unary(const Numbers& x, bool masked, const std::function<Task<Arith>(Desk, Arith)>& step) {
    Inputs in = inputs();
    in.add(x);
    auto body = [&](Desk desk) -> Task<ring::Tensor> { return apply(desk, in, masked, step); };
    return sum(run<ring::Tensor>(GetParam().kind, GetParam().parties, 11, body).shares);
  }
  static Task<ring::Tensor> apply(Desk desk, const Inputs& in, bool masked,
                                  const std::function<Task<Arith>(Desk, Arith)>& step) {
    auto x_task = desk.protocol.input(in.words(desk, 0));
    Arith x = co_await x_task;
    if (masked) {
      auto masked_task = desk.protocol.prepare(x);
      x = co_await masked_task;
    }
    auto y_task = step(desk, x);
    Arith y = co_await y_task;
    co_return desk.protocol.output(y);
  }
  /// One arithmetic input, bits for an output.
  std::vector<std::uint8_t> test(const Numbers& x, bool masked,
                                 const std::function<Task<Boolean>(Desk, Arith)>& step) {
    Inputs in = inputs();
    in.add(x);
    auto body = [&](Desk desk) -> Task<ring::BitTensor> { return apply_test(desk, in, masked, step); };
    return sum(run<ring::BitTensor>(GetParam().kind, GetParam().parties, 11, body).shares);
  }
  static Task<ring::BitTensor> apply_test(Desk desk, const Inputs& in, bool masked,
                                          const std::function<Task<Boolean>(Desk, Arith)>& step) {
    auto x_task = desk.protocol.input(in.words(desk, 0));
    Arith x = co_await x_task;
    if (masked) {
      auto masked_task = desk.protocol.prepare(x);
      x = co_await masked_task;
    }
    auto y_task = step(desk, x);
    Boolean y = co_await y_task;
    co_return desk.protocol.output_bits(y);
  }
  Numbers binary(const Numbers& x, const Numbers& y,
                 const std::function<Task<Arith>(Desk, Arith, Arith)>& step) {
    Inputs in = inputs();
    in.add(x);
    in.add(y);
    auto body = [&](Desk desk) -> Task<ring::Tensor> { return apply(desk, in, step); };
    return sum(run<ring::Tensor>(GetParam().kind, GetParam().parties, 11, body).shares);
  }
  static Task<ring::Tensor> apply(Desk desk, const Inputs& in,
                                  const std::function<Task<Arith>(Desk, Arith, Arith)>& step) {
    auto x_task = desk.protocol.input(in.words(desk, 0));
    Arith x = co_await x_task;
    auto y_task = desk.protocol.input(in.words(desk, 1));
    Arith y = co_await y_task;
    auto z_task = step(desk, x, y);
    Arith z = co_await z_task;
    co_return desk.protocol.output(z);
  }
  std::vector<std::uint8_t> test(const Numbers& x, const Numbers& y,
                                 const std::function<Task<Boolean>(Desk, Arith, Arith)>& step) {
    Inputs in = inputs();
    in.add(x);
    in.add(y);
    auto body = [&](Desk desk) -> Task<ring::BitTensor> { return apply(desk, in, step); };
    return sum(run<ring::BitTensor>(GetParam().kind, GetParam().parties, 11, body).shares);
  }
  static Task<ring::BitTensor> apply(Desk desk, const Inputs& in,
                                     const std::function<Task<Boolean>(Desk, Arith, Arith)>& step) {
    auto x_task = desk.protocol.input(in.words(desk, 0));
    Arith x = co_await x_task;
    auto y_task = desk.protocol.input(in.words(desk, 1));
    Arith y = co_await y_task;
    auto z_task = step(desk, x, y);
    Boolean z = co_await z_task;
    co_return desk.protocol.output_bits(z);
  }
};

}  // namespace spud::contract
