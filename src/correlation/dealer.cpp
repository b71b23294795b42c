// SPDX-License-Identifier: Apache-2.0
#include "correlation/dealer.hpp"

#include <unordered_map>
#include <variant>

#include "correlation/exp_table.hpp"
#include "ring/dense_bits.hpp"
#include "ring/matmul.hpp"

namespace spud::correlation {
namespace {

using Value = std::variant<ring::Tensor, ring::BitTensor, ring::DigitTable>;

class Machine {
 public:
  Machine(const std::vector<std::shared_ptr<const Streams>>& parties, TapeWriter& tape)
      : parties_(parties), tape_(tape) {}

  Status execute(const Instruction& i, RegisterId made) {
    std::vector<RegisterType> types;
    std::vector<const Value*> in;
    for (auto id : i.operands) {
      auto found = registers_.find(id);
      if (found == registers_.end())
        return fail(ErrorCode::kPeerFault, "a register is used after it was freed", "demand");
      types.push_back(found->second.type);
      in.push_back(&found->second.value);
    }
    SPUD_ASSIGN(auto type, infer_type(i, types));
    if (i.op == Op::kFree) {
      registers_.erase(i.operands[0]);
      return {};
    }
    if (is_dealing(i.op)) return deal(i, types[0], *in[0]);
    SPUD_ASSIGN(auto value, make(i, in));
    registers_.emplace(made, Slot{std::move(type), std::move(value)});
    return {};
  }

 private:
  struct Slot {
    RegisterType type;
    Value value;
  };

  static const ring::Tensor& words(const Value* v) { return std::get<ring::Tensor>(*v); }
  static const ring::BitTensor& bits(const Value* v) { return std::get<ring::BitTensor>(*v); }

  Result<Value> make(const Instruction& i, const std::vector<const Value*>& in) {
    const auto number = [&](std::size_t n) { return static_cast<unsigned>(i.numbers[n]); };
    switch (i.op) {
      case Op::kMask: {
        ItemId item = next_item_++;
        ring::Tensor total = stream_words(*parties_[0], item, number(0), i.shape, number(1));
        for (std::size_t p = 1; p < parties_.size(); ++p) {
          total = ring::map([](auto a, auto b) { return decltype(a)(a + b); }, total,
                            stream_words(*parties_[p], item, number(0), i.shape, number(1)));
        }
        return ring::low_bits(total, number(1));
      }
      case Op::kMaskBits: {
        ItemId item = next_item_++;
        ring::BitTensor total = stream_bits(*parties_[0], item, i.shape);
        for (std::size_t p = 1; p < parties_.size(); ++p)
          total = total ^ stream_bits(*parties_[p], item, i.shape);
        return total;
      }
      case Op::kPrivateBits: {
        if (number(0) >= parties_.size())
          return fail(ErrorCode::kPeerFault, "private bits for a party that does not exist", "demand");
        return stream_bits(*parties_[number(0)], next_item_++, i.shape);
      }
      case Op::kStandingMask:
        return fail(ErrorCode::kUnsupported, "standing masks are not served by this dealer", "demand",
                    "fresh masks only");
      case Op::kLinear: {
        std::vector<ring::Tensor> operands;
        for (const auto* v : in) operands.push_back(words(v));
        return ring::apply_linear(*i.map, operands);
      }
      case Op::kMultiply:
        return ring::map([](auto a, auto b) { return decltype(a)(a * b); }, words(in[0]), words(in[1]));
      case Op::kMatmul:
        return ring::matmul(words(in[0]), words(in[1]));
      case Op::kShiftRight:
        return ring::map([by = number(0)](auto a) { return decltype(a)(a >> by); }, words(in[0]));
      case Op::kBit:
        return ring::bit_of(words(in[0]), number(0));
      case Op::kWords:
        return ring::to_words(bits(in[0]), number(0));
      case Op::kAnd: {
        ring::BitTensor product = bits(in[0]);
        for (std::size_t k = 1; k < in.size(); ++k) product = product & bits(in[k]);
        return product;
      }
      case Op::kOneHot:
        return ring::DigitTable::one_hot(words(in[0]), {number(0)});
      case Op::kTableAnd:
        return std::get<ring::DigitTable>(*in[0]).digit_and(number(0), bits(in[1]));
      case Op::kExpTable:
        return exp_table(words(in[0]), number(0), number(1), number(2));
      case Op::kCast:
        return ring::cast(words(in[0]), number(0));
      default:
        return fail(ErrorCode::kPeerFault, "unknown instruction", "demand");
    }
  }

  Status deal(const Instruction& i, const RegisterType& type, const Value& value) {
    ItemId item = next_item_++;
    Bytes out(dealt_bytes(i, type));
    const std::size_t others = parties_.size() - 1;
    if (i.op == Op::kDeal) {
      const auto width = static_cast<unsigned>(i.numbers[0]);
      ring::Tensor left = std::get<ring::Tensor>(value);
      for (std::size_t p = 0; p < others; ++p) {
        left = ring::map([](auto a, auto b) { return decltype(a)(a - b); }, left,
                         stream_words(*parties_[p], item, type.ring_bits, type.shape, width));
      }
      ring::pack_low_bits(left, width, out);
    } else if (i.op == Op::kDealBits) {
      ring::BitTensor left = std::get<ring::BitTensor>(value);
      for (std::size_t p = 0; p < others; ++p) left = left ^ stream_bits(*parties_[p], item, type.shape);
      auto bytes = left.bytes();
      std::copy(bytes.begin(), bytes.end(), out.begin());
    } else {
      ring::DigitTable left = std::get<ring::DigitTable>(value);
      for (std::size_t p = 0; p < others; ++p)
        left = left ^ stream_table(*parties_[p], item, type.shape, type.layout);
      left.pack(out);
    }
    return tape_.write(out);
  }

  const std::vector<std::shared_ptr<const Streams>>& parties_;
  TapeWriter& tape_;
  std::unordered_map<RegisterId, Slot> registers_;
  ItemId next_item_ = 0;
};

}  // namespace

Status deal(const Demand& demand, const std::vector<Seed>& seeds, TapeWriter& tape,
            const std::atomic<bool>* cancelled) {
  std::vector<std::shared_ptr<const Streams>> parties;
  for (const auto& seed : seeds) parties.push_back(std::make_shared<SeedStreams>(seed));
  return deal(demand, parties, tape, cancelled);
}

Status deal(const Demand& demand, const std::vector<std::shared_ptr<const Streams>>& parties,
            TapeWriter& tape, const std::atomic<bool>* cancelled) {
  if (parties.size() != demand.parties) {
    return fail(ErrorCode::kPeerFault, "the demand is for " + std::to_string(demand.parties) + " parties",
                "demand", std::to_string(parties.size()) + " parties");
  }
  Machine machine(parties, tape);
  return for_each(demand, [&](const Instruction& instruction, RegisterId made) -> Status {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
      return fail(ErrorCode::kCancelled, "dealing was cancelled");
    }
    return machine.execute(instruction, made);
  });
}

}  // namespace spud::correlation
