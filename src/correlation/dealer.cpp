// SPDX-License-Identifier: Apache-2.0
#include "correlation/dealer.hpp"

#include <algorithm>
#include <unordered_map>
#include <variant>

#include "correlation/entries.hpp"
#include "correlation/exp_table.hpp"
#include "ring/dense_bits.hpp"
#include "ring/map.hpp"
#include "ring/matmul.hpp"
#include "ring/rows.hpp"
#include "ring/workers.hpp"

namespace spud::correlation {
namespace {

using Value = std::variant<ring::Tensor, ring::BitTensor, ring::OneHot, ring::DigitTable>;

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
        return ring::low_bits(sum_of_words(next_item_++, number(0), i.shape), number(1));
      }
      case Op::kPrivateMask: {
        if (number(2) >= parties_.size())
          return fail(ErrorCode::kPeerFault, "a mask of a party that does not exist", "demand");
        return stream_words(*parties_[number(2)], next_item_++, number(0), i.shape, number(1));
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
      case Op::kPermutation: {
        if (number(0) >= parties_.size())
          return fail(ErrorCode::kPeerFault, "a permutation for a party that does not exist", "demand");
        return stream_permutation(*parties_[number(0)], next_item_++, i.shape);
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
        return ring::OneHot{words(in[0]).dense(), {number(0)}};
      case Op::kTableAnd:
        if (const auto* hot = std::get_if<ring::OneHot>(in[0])) return hot->digit_and(number(0), bits(in[1]));
        return std::get<ring::DigitTable>(*in[0]).digit_and(number(0), bits(in[1]));
      case Op::kExpTable:
        return exp_table(words(in[0]), number(0), number(1), number(2));
      case Op::kCast:
        return ring::cast(words(in[0]), number(0));
      case Op::kEntryBits:
        return entry_bits(words(in[0]), number(0), number(1));
      case Op::kEntry:
        return entry_of(words(in[0]), bits(in[1]), number(0), number(1));
      case Op::kEntryRow:
        return entry_row(words(in[0]), number(0));
      case Op::kFirstShare: {
        Shape shape = words(in[0]).shape();
        shape.push_back(std::int64_t{1} << number(0));
        if (!first_share_ || first_share_->shape() != shape)
          return fail(ErrorCode::kPeerFault, "a share of bits that were not dealt just before", "demand");
        return entry_of_row(words(in[0]), *first_share_, number(0));
      }
      case Op::kRotate:
        return rotated(words(in[0]), bits(in[1]), number(0), number(1) != 0);
      case Op::kPermute:
        return ring::take_rows(words(in[0]), words(in[1]));
      default:
        return fail(ErrorCode::kPeerFault, "unknown instruction", "demand");
    }
  }

  /// Σ over the parties of what their streams hold, piece by piece.
  ring::Tensor sum_of_words(ItemId item, unsigned ring_bits, const Shape& shape) {
    ring::Tensor out = ring::Tensor::uninitialised(ring_bits, shape);
    const std::int64_t n = out.elements();
    const std::size_t word = ring::word_bytes(ring_bits);
    for (std::int64_t first = 0; first < n; first += kPiece) {
      const std::int64_t count = std::min(kPiece, n - first);
      ring::Tensor total = stream_words_from(*parties_[0], item, ring_bits, first, count);
      for (std::size_t p = 1; p < parties_.size(); ++p) {
        total = ring::map([](auto a, auto b) { return decltype(a)(a + b); }, total,
                          stream_words_from(*parties_[p], item, ring_bits, first, count));
      }
      std::ranges::copy(total.bytes(),
                        out.writable_bytes().begin() + static_cast<std::ptrdiff_t>(first * word));
    }
    return out;
  }

  /// Hands out what the parties but the last do not hold of `value`, in pieces that stay in the cache.
  Status deal(const Instruction& i, const RegisterType& type, const Value& value) {
    const ItemId item = next_item_++;
    first_share_.reset();
    if (i.op == Op::kDeal)
      return deal_words(item, static_cast<unsigned>(i.numbers[0]), std::get<ring::Tensor>(value));
    if (i.op == Op::kDealBits) return deal_bits(item, std::get<ring::BitTensor>(value));
    return deal_tables(item, type, value);
  }

  Status deal_words(ItemId item, unsigned width, const ring::Tensor& value) {
    const ring::Tensor dense = value.dense();
    const std::int64_t n = dense.elements();
    for (std::int64_t first = 0; first < n; first += kPiece) {
      const std::int64_t count = std::min(kPiece, n - first);
      ring::Tensor left = dense.view({count}, {1}, first);
      for (std::size_t p = 0; p + 1 < parties_.size(); ++p) {
        left = ring::map([](auto a, auto b) { return decltype(a)(a - b); }, left,
                         stream_words_from(*parties_[p], item, left.bits(), first, count));
      }
      if (width == 8 * ring::word_bytes(left.bits())) {
        SPUD_TRY(tape_.write(left.bytes()));
        continue;
      }
      packed_.resize(ring::packed_bytes(count, width));
      ring::pack_low_bits(left, width, packed_);
      SPUD_TRY(tape_.write(packed_));
    }
    return {};
  }

  Status deal_bits(ItemId item, const ring::BitTensor& value) {
    ring::BitTensor left = value;
    for (std::size_t p = 0; p + 1 < parties_.size(); ++p) {
      ring::BitTensor share = stream_bits(*parties_[p], item, value.shape());
      left = left ^ share;
      if (p == 0) first_share_ = std::move(share);
    }
    return tape_.write(left.bytes());
  }

  // As many blocks at a time as threads can share.
  Status deal_tables(ItemId item, const RegisterType& type, const Value& value) {
    constexpr std::int64_t kElements = ring::DigitBlock::kElements;
    const std::int64_t n = element_count(type.shape);
    const std::int64_t at_once = kElements * (ring::threads() == 1 ? 1 : 4 * ring::threads());
    const std::size_t packed_block = ring::packed_table_bytes(type.layout, kElements);
    for (std::int64_t begin = 0; begin < n; begin += at_once) {
      const std::int64_t size = std::min(at_once, n - begin);
      packed_.resize(static_cast<std::size_t>(size / kElements) * packed_block +
                     ring::packed_table_bytes(type.layout, size % kElements));
      const std::int64_t blocks = (size + kElements - 1) / kElements;
      if (rooms_.size() < static_cast<std::size_t>(blocks)) rooms_.resize(static_cast<std::size_t>(blocks));
      ring::parallel_for(blocks, 1, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t block = from; block < to; ++block) {
          TableRoom& room = rooms_[static_cast<std::size_t>(block)];
          const std::int64_t first = block * kElements, count = std::min(kElements, size - first);
          block_of_tables(item, type.layout, value, begin + first, count, room);
          ring::pack_tables(type.layout, count, room.tables.data(),
                            MutableBytes(packed_).subspan(static_cast<std::size_t>(block) * packed_block,
                                                          ring::packed_table_bytes(type.layout, count)));
        }
      });
      SPUD_TRY(tape_.write(packed_));
    }
    return {};
  }

  /// Room to work in, for one block.
  struct TableRoom {
    std::vector<std::uint16_t> tables, more;
    std::unique_ptr<ring::BlockDigits> digits = std::make_unique_for_overwrite<ring::BlockDigits>();
  };

  /// What the last party's tables of a block are, in room.tables.
  void block_of_tables(ItemId item, ring::DigitLayout layout, const Value& value, std::int64_t first,
                       std::int64_t count, TableRoom& room) const {
    const std::size_t tables = layout.digits() * static_cast<std::size_t>(count);
    room.tables.resize(tables);
    room.more.resize(tables);
    if (parties_.size() < 2) std::ranges::fill(room.tables, std::uint16_t{0});
    for (std::size_t p = 0; p + 1 < parties_.size(); ++p) {
      stream_tables(*parties_[p], item, layout, first, count, p == 0 ? room.tables : room.more);
      if (p > 0) xor_onto(room.more, room.tables);
    }
    if (const auto* hot = std::get_if<ring::OneHot>(&value)) {
      hot->xor_block(first, count, *room.digits, room.tables.data());
    } else {
      std::get<ring::DigitTable>(value).get_block(first, count, room.more.data());
      xor_onto(room.more, room.tables);
    }
  }

  static void xor_onto(const std::vector<std::uint16_t>& from, std::vector<std::uint16_t>& to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] ^= from[i];
  }

  const std::vector<std::shared_ptr<const Streams>>& parties_;
  TapeWriter& tape_;
  std::unordered_map<RegisterId, Slot> registers_;
  ItemId next_item_ = 0;
  std::optional<ring::BitTensor> first_share_;  ///< of what was dealt last, if that is bits
  // Room to work in.
  Bytes packed_;
  std::vector<TableRoom> rooms_;
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
