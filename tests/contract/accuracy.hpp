// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>

#include "alu/alu.hpp"
#include "tests/contract/operations.hpp"

namespace spud::contract {

using alu::Fixed;

/// A step on fixed-point numbers.
using Function = std::function<Task<Fixed>(alu::Alu&, std::vector<Fixed>)>;

/// Fixed-point numbers, as signed multiples of 2^−f.
inline Numbers encoded(const std::vector<double>& values, const alu::NumberFormat& format) {
  Numbers out{format.ring_bits, {}};
  for (double v : values) {
    const double scaled = std::nearbyint(std::ldexp(v, static_cast<int>(format.fraction_bits)));
    out.values.push_back(static_cast<Wide>(static_cast<__int128>(scaled)) & out.mask());
  }
  return out;
}
inline std::vector<double> decoded(const Numbers& x, unsigned fraction_bits) {
  std::vector<double> out;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    out.push_back(std::ldexp(static_cast<double>(x.at(i)), -static_cast<int>(fraction_bits)));
  }
  return out;
}

inline Task<ring::Tensor> apply_function(Desk desk, const Inputs& in, std::size_t count,
                                         alu::NumberFormat format, Function function) {
  alu::Alu machine(desk.protocol, desk.executor, format);
  std::vector<Fixed> operands;
  for (std::size_t i = 0; i < count; ++i) {
    auto share_task = desk.protocol.input(in.words(desk, i));
    Arith share = co_await share_task;
    operands.emplace_back(share, format.fraction_bits);
  }
  auto result_task = function(machine, operands);
  Fixed result = co_await result_task;
  EXPECT_EQ(result.fraction_bits, format.fraction_bits);
  EXPECT_EQ(result.ring_bits(), format.ring_bits);
  co_return desk.protocol.output(result.share);
}

/// The function's values, by element, of operands that are given as the device holds them.
inline std::vector<double> evaluate(const Machinery& device, const std::vector<Numbers>& operands,
                                    const Function& function, unsigned seed = 7) {
  Inputs in(device.parties, Sharing::kRandom, seed);
  for (const auto& x : operands) in.add(x);
  auto body = [&](Desk desk) { return apply_function(desk, in, operands.size(), device.format, function); };
  auto outcome = run<ring::Tensor>(device.kind, device.parties, seed, body);
  if (outcome.shares.empty()) return {};
  return decoded(sum(outcome.shares), device.format.fraction_bits);
}

}  // namespace spud::contract
