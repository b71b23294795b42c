// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>

#include "alu/encode_public.hpp"
#include "ops/machine.hpp"
#include "ops/plain/evaluate.hpp"
#include "ring/map.hpp"
#include "tests/contract/harness.hpp"

namespace spud::contract {

using ops::Attributes;
using ops::Opcode;
using ops::Value;

/// A device that runs single operations.
struct Machinery {
  ProtocolKind kind;
  unsigned parties;
  alu::NumberFormat format;
};
inline std::string name_of_machinery(const testing::TestParamInfo<Machinery>& info) {
  return std::string(vm::to_string(info.param.kind)) + "_n" + std::to_string(info.param.parties) + "_k" +
         std::to_string(info.param.format.ring_bits);
}

/// One party's part of an operation's result: a public value, words or bits.
struct OutputShare {
  std::optional<Literal> open{};
  std::optional<ring::Tensor> words{};
  std::optional<ring::BitTensor> bits{};
};

/// A literal as one operand: every party has the whole of a public one and a part of a secret one.
class Operand {
 public:
  Operand(const Machinery& device, Literal value, bool is_secret, unsigned seed)
      : value_(std::move(value)), format_(alu::element_format(value_.dtype(), device.format)) {
    if (!is_secret) return;
    is_secret_ = true;
    std::mt19937_64 rng(seed);
    if (format_.boolean) {
      ring::BitTensor rest = alu::public_bits(value_);
      for (unsigned p = 0; p + 1 < device.parties; ++p) {
        std::vector<std::uint8_t> random(static_cast<std::size_t>(value_.elements()));
        for (auto& bit : random) bit = rng() & 1;
        bits_.push_back(ring::BitTensor::pack(value_.shape(), random));
        rest = rest ^ bits_.back();
      }
      bits_.push_back(rest);
      return;
    }
    ring::Tensor rest = *alu::encode_public(value_, format_.ring_bits, format_.fraction_bits);
    for (unsigned p = 0; p + 1 < device.parties; ++p) {
      Numbers random{format_.ring_bits, std::vector<Wide>(static_cast<std::size_t>(value_.elements()))};
      for (auto& v : random.values) v = (static_cast<Wide>(rng()) << 64 | rng()) & random.mask();
      ring::Tensor flat = random.tensor();
      words_.push_back(ring::apply_linear(ring::LinearMap::reshape(value_.shape()), std::span(&flat, 1)));
      rest = ring::map([](auto a, auto b) { return decltype(a)(a - b); }, rest, words_.back());
    }
    words_.push_back(rest);
  }

  const TensorType& type() const { return value_.type(); }
  const alu::ElementFormat& format() const { return format_; }
  bool is_secret() const { return is_secret_; }
  const Literal& literal() const { return value_; }
  ring::Tensor words(const Desk& desk) const {
    if (desk.on_shapes) return ring::Tensor::phantom(format_.ring_bits, value_.shape());
    return words_.at(index(desk.seat.rank));
  }
  ring::BitTensor bits(const Desk& desk) const {
    if (desk.on_shapes) return ring::BitTensor::phantom(value_.shape());
    return bits_.at(index(desk.seat.rank));
  }

 private:
  Literal value_;
  alu::ElementFormat format_;
  bool is_secret_ = false;
  std::vector<ring::Tensor> words_;
  std::vector<ring::BitTensor> bits_;
};

/// The origin that errors of the operation must name.
inline const char* const kOrigin = "thing.7";

inline Task<OutputShare> perform(Desk desk, alu::NumberFormat format, Opcode opcode, Attributes attributes,
                                 const std::vector<Operand>& operands, TensorType result) {
  ops::Machine machine(alu::Alu(desk.protocol, desk.executor, format));
  std::vector<Value> in;
  for (const auto& operand : operands) {
    if (!operand.is_secret()) {
      in.push_back(Value::of(operand.literal()));
    } else if (operand.format().boolean) {
      auto bits_task = desk.protocol.input_bits(operand.bits(desk));
      Boolean bits = co_await bits_task;
      in.emplace_back(operand.type(), bits);
    } else {
      auto words_task = desk.protocol.input(operand.words(desk));
      Arith words = co_await words_task;
      in.emplace_back(operand.type(), alu::Fixed(words, operand.format().fraction_bits));
    }
  }
  auto out_task = machine.run(opcode, attributes, in, result, kOrigin);
  Value out = co_await out_task;
  OutputShare share;
  if (out.is_public()) {
    share.open = out.literal();
  } else if (result.dtype == DType::kPred) {
    share.bits = desk.protocol.output_bits(out.bits());
  } else {
    EXPECT_EQ(out.number().fraction_bits, alu::element_format(result.dtype, format).fraction_bits);
    share.words = desk.protocol.output(out.number().share);
  }
  EXPECT_EQ(out.type, result);
  co_return share;
}

struct Performed {
  Literal result;
  vm::Traffic traffic;
};

/// Runs one operation on all parties and puts its result together.
inline Result<Performed> perform(const Machinery& device, Opcode opcode, const Attributes& attributes,
                                 const std::vector<Literal>& literals, const std::vector<bool>& secret,
                                 const TensorType& result) {
  std::vector<Operand> operands;
  for (std::size_t i = 0; i < literals.size(); ++i) {
    operands.emplace_back(device, literals[i], secret[i], static_cast<unsigned>(31 + i));
  }
  crypto::SeededRandom random(13);
  auto run = vm::run_locally<OutputShare>(device.kind, device.parties, random, [&](Desk desk) {
    return perform(desk, device.format, opcode, attributes, operands, result);
  });
  if (!run) return std::unexpected(std::move(run).error());
  Literal out(result);
  if (run->results[0].open) {
    out = *run->results[0].open;
  } else if (run->results[0].bits) {
    std::vector<ring::BitTensor> shares;
    for (const auto& share : run->results) shares.push_back(*share.bits);
    const auto bits = sum(shares);
    for (std::size_t i = 0; i < bits.size(); ++i) out.set_int(static_cast<std::int64_t>(i), bits[i]);
  } else {
    std::vector<ring::Tensor> shares;
    for (const auto& share : run->results) shares.push_back(*share.words);
    const Numbers numbers = sum(shares);
    const int f = static_cast<int>(alu::element_format(result.dtype, device.format).fraction_bits);
    for (std::size_t i = 0; i < numbers.values.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      if (is_float(result.dtype)) {
        out.set_float(at, std::ldexp(static_cast<double>(numbers.at(i)), -f));
      } else {
        out.set_int(at, static_cast<std::int64_t>(numbers.at(i)));
        // Narrow ones too are held as the numbers that they are.
        if (byte_width(result.dtype) < 4) {
          EXPECT_EQ(static_cast<std::int64_t>(numbers.at(i)), out.int_at(at));
        }
      }
    }
  }
  return Performed{out, run->traffic[0]};
}

/// How far a float may lie from the plain one: units of the last fraction bit, a part of the magnitude, and
/// what functions are off by however many bits there are.
struct Slack {
  double units = 0;
  double relative = 0;
  double absolute = 0;
};

/// Operations on one device, against the plain evaluation.
class Operations : public testing::TestWithParam<Machinery> {
 protected:
  /// Every mix of public and secret operands but the all-public one. Operands from `public_from` on are
  /// always public.
  void expect_plain(Opcode opcode, const std::vector<Literal>& operands, const TensorType& result,
                    const Attributes& attributes = {}, Slack slack = {}, std::size_t public_from = 99) {
    const auto want = ops::plain::evaluate(opcode, attributes, operands, result);
    ASSERT_TRUE(want.has_value()) << want.error().message();
    const std::size_t free = std::min(operands.size(), public_from);
    for (unsigned mix = 1; mix < 1u << free; ++mix) {
      std::vector<bool> secret(operands.size(), false);
      std::string name = to_string(opcode);
      for (std::size_t i = 0; i < operands.size(); ++i) {
        secret[i] = i < free && (mix >> i & 1);
        name += (secret[i] ? " secret " : " public ") + to_string(operands[i].type());
      }
      SCOPED_TRACE(name);
      auto got = perform(GetParam(), opcode, attributes, operands, secret, result);
      ASSERT_TRUE(got.has_value()) << got.error().message();
      expect_near(got->result, want->at(0), slack);
    }
  }
  void expect_same_type(Opcode opcode, const std::vector<Literal>& operands, Slack slack = {}) {
    expect_plain(opcode, operands, operands.back().type(), {}, slack);
  }

  /// The reference tells every party its inputs; nobody else does.
  std::uint64_t rounds_of_inputs() const { return GetParam().kind == ProtocolKind::kRef2k ? 1 : 0; }

  void expect_near(const Literal& got, const Literal& want, Slack slack) const {
    ASSERT_EQ(got.type(), want.type());
    const double unit = std::ldexp(1.0, -static_cast<int>(GetParam().format.fraction_bits));
    for (std::int64_t i = 0; i < want.elements(); ++i) {
      if (!is_float(want.dtype())) {
        ASSERT_EQ(got.int_at(i), want.int_at(i)) << "at " << i;
        continue;
      }
      const double w = want.float_at(i);
      ASSERT_LE(std::abs(got.float_at(i) - w),
                slack.units * unit + slack.relative * std::abs(w) + slack.absolute)
          << got.float_at(i) << " for " << w << " at " << i;
    }
  }

  /// Refused as unsupported, with the operation and its instruction named; on every party alike.
  void expect_unsupported(Opcode opcode, const std::vector<Literal>& operands, const TensorType& result,
                          const Attributes& attributes = {}) {
    auto got =
        perform(GetParam(), opcode, attributes, operands, std::vector<bool>(operands.size(), true), result);
    ASSERT_FALSE(got.has_value()) << to_string(opcode);
    EXPECT_EQ(got.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(got.error().message().find(to_string(opcode)), std::string::npos) << got.error().message();
    EXPECT_NE(got.error().message().find(kOrigin), std::string::npos) << got.error().message();
  }
};

inline std::vector<Machinery> machineries() {
  std::vector<Machinery> out{{ProtocolKind::kRef2k, 2, {64, 18}}};
  for (unsigned n : {2u, 3u, 5u}) {
    for (alu::NumberFormat format : {alu::NumberFormat{64, 18}, {32, 8}, {128, 26}})
      out.push_back({ProtocolKind::kSemi2k, n, format});
  }
  return out;
}

/// Literals of given elements; floats are multiples of 1/256, so that every device holds them exactly.
inline Literal reals(const std::vector<double>& x, Shape shape = {-1}, DType dtype = DType::kF32) {
  if (shape == Shape{-1}) shape = {static_cast<std::int64_t>(x.size())};
  Literal out(TensorType{dtype, shape});
  for (std::size_t i = 0; i < x.size(); ++i) out.set_float(static_cast<std::int64_t>(i), x[i]);
  return out;
}
inline Literal integers(DType dtype, const std::vector<std::int64_t>& x, Shape shape = {-1}) {
  if (shape == Shape{-1}) shape = {static_cast<std::int64_t>(x.size())};
  Literal out(TensorType{dtype, shape});
  for (std::size_t i = 0; i < x.size(); ++i) out.set_int(static_cast<std::int64_t>(i), x[i]);
  return out;
}
inline Literal preds(const std::vector<std::int64_t>& x, Shape shape = {-1}) {
  return integers(DType::kPred, x, std::move(shape));
}
/// Small numbers of a shape, all different.
inline Literal ramp(DType dtype, const Shape& shape, std::int64_t first = -3) {
  Literal out(TensorType{dtype, shape});
  for (std::int64_t i = 0; i < out.elements(); ++i) {
    if (is_float(dtype)) {
      out.set_float(i, static_cast<double>(first + i) * 0.375);
    } else if (dtype == DType::kPred) {
      out.set_int(i, (i * 5 + first) % 3 == 0);
    } else {
      out.set_int(i, is_signed(dtype) ? first + i : i + 1);
    }
  }
  return out;
}

}  // namespace spud::contract
