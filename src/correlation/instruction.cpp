// SPDX-License-Identifier: Apache-2.0
#include "correlation/instruction.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/type.hpp"
#include "correlation/entries.hpp"
#include "correlation/exp_table.hpp"
#include "ring/dense_bits.hpp"

namespace spud::correlation {
namespace {

using Kind = RegisterType::Kind;

std::unexpected<Error> refuse(const Instruction& instruction, const std::string& what) {
  return fail(ErrorCode::kPeerFault, what, std::string("demand instruction ") + to_string(instruction.op));
}

struct Arity {
  std::size_t operands, numbers;
};

std::optional<Arity> arity(Op op) {
  switch (op) {
    case Op::kMask:
      return Arity{0, 2};
    case Op::kMaskBits:
      return Arity{0, 0};
    case Op::kPrivateBits:
      return Arity{0, 1};
    case Op::kStandingMask:
      return Arity{0, 2};
    case Op::kPermutation:
      return Arity{0, 1};
    case Op::kPrivateMask:
      return Arity{0, 3};
    case Op::kMultiply:
      return Arity{2, 0};
    case Op::kMatmul:
      return Arity{2, 0};
    case Op::kShiftRight:
      return Arity{1, 1};
    case Op::kBit:
      return Arity{1, 1};
    case Op::kWords:
      return Arity{1, 1};
    case Op::kOneHot:
      return Arity{1, 1};
    case Op::kTableAnd:
      return Arity{2, 1};
    case Op::kExpTable:
      return Arity{1, 3};
    case Op::kCast:
      return Arity{1, 1};
    case Op::kEntryBits:
      return Arity{1, 2};
    case Op::kEntry:
      return Arity{2, 2};
    case Op::kEntryRow:
    case Op::kFirstShare:
      return Arity{1, 1};
    case Op::kRotate:
      return Arity{2, 2};
    case Op::kPermute:
      return Arity{2, 0};
    case Op::kDeal:
      return Arity{1, 1};
    case Op::kDealBits:
    case Op::kDealTable:
    case Op::kFree:
      return Arity{1, 0};
    case Op::kLinear:
    case Op::kAnd:
      return std::nullopt;  // any number of operands
  }
  return std::nullopt;
}

/// Of the instructions on bits that have an axis of entries in front of the shape of words.
Result<RegisterType> infer_entries(const Instruction& instruction, std::span<const RegisterType> operands) {
  const auto& numbers = instruction.numbers;
  const RegisterType& number = operands[0];
  auto bad = [&] { return refuse(instruction, "operands or parameters do not fit"); };
  if (number.kind != Kind::kWords || numbers[0] < 1 || numbers[0] > kMostEntryBits) return bad();
  if (numbers[0] > number.ring_bits) return bad();
  const std::int64_t entries = std::int64_t{1} << numbers[0];
  Shape with_entries = number.shape;
  with_entries.insert(with_entries.begin(), entries);
  RegisterType type{Kind::kBits, 1, number.shape, {}};
  switch (instruction.op) {
    case Op::kEntryBits:
      if (numbers[1] < 0 || numbers[1] + numbers[0] > number.ring_bits) return bad();
      type.shape = with_entries;
      break;
    case Op::kEntry: {
      // Between the entries and the shape of the words there may be more axes: as many bits a word.
      const Shape& in = operands[1].shape;
      if (operands[1].kind != Kind::kBits || in.size() < with_entries.size() || in[0] != entries ||
          numbers[1] < 0 || numbers[1] + numbers[0] > number.ring_bits ||
          !std::equal(number.shape.rbegin(), number.shape.rend(), in.rbegin())) {
        return bad();
      }
      type.shape.assign(in.begin() + 1, in.end());
      break;
    }
    case Op::kRotate: {
      const Shape& in = operands[1].shape;
      if (operands[1].kind != Kind::kBits || in.size() != with_entries.size() || in[0] < 1 ||
          in[0] > entries || !std::equal(number.shape.rbegin(), number.shape.rend(), in.rbegin()) ||
          numbers[1] < 0 || numbers[1] > 1) {
        return bad();
      }
      type.shape = with_entries;
      break;
    }
    case Op::kEntryRow:
      type.shape.push_back(entries);
      break;
    default:  // kFirstShare
      break;
  }
  SPUD_TRY(verify_shape(type.shape));
  SPUD_TRY(verify_shape(with_entries));
  return type;
}

bool distinct(std::vector<std::int64_t> axes) {
  std::sort(axes.begin(), axes.end());
  return std::adjacent_find(axes.begin(), axes.end()) == axes.end();
}

/// A view that left its operand would read the dealer's memory, and a result that is not written all over
/// would show it: a peer's map is checked for both.
Status verify_map(const Instruction& instruction, std::span<const RegisterType> operands) {
  using MapKind = ring::LinearMap::Kind;
  const auto& map = *instruction.map;
  const Shape& in = operands[0].shape;
  const auto rank = static_cast<std::int64_t>(in.size());
  const bool two =
      map.kind == MapKind::kAdd || map.kind == MapKind::kSubtract || map.kind == MapKind::kUpdate;
  if (map.kind != MapKind::kConcatenate && operands.size() != (two ? 2u : 1u))
    return refuse(instruction, "wrong number of operands");
  for (const auto& operand : operands) {
    if (operand.kind != Kind::kWords || operand.ring_bits != operands[0].ring_bits ||
        operand.shape.size() != in.size()) {
      return refuse(instruction, "operands differ in ring or rank");
    }
  }
  SPUD_TRY(verify_shape(map.shape));
  for (auto axis : map.axes) {
    auto limit = map.kind == MapKind::kBroadcast ? static_cast<std::int64_t>(map.shape.size()) : rank;
    if (axis < 0 || axis >= limit) return refuse(instruction, "an axis does not exist");
  }
  auto sized = [&](const auto& list, std::size_t want) { return list.size() == want; };
  bool good = true;
  switch (map.kind) {
    case MapKind::kReshape:
      good = element_count(map.shape) == element_count(in);
      break;
    case MapKind::kTranspose:
      good = sized(map.axes, in.size()) && distinct(map.axes);
      break;
    case MapKind::kSlice:
      good = sized(map.shape, in.size()) && sized(map.start, in.size()) && sized(map.step, in.size());
      for (std::size_t d = 0; good && d < in.size(); ++d) {
        good = map.step[d] >= 1 && map.step[d] <= limits::kElementsPerTensor && map.start[d] >= 0 &&
               map.start[d] <= in[d] &&
               (map.shape[d] == 0 || map.start[d] + (map.shape[d] - 1) * map.step[d] < in[d]);
      }
      break;
    case MapKind::kBroadcast:
      good = sized(map.axes, in.size()) && distinct(map.axes);
      for (std::size_t d = 0; good && d < in.size(); ++d) {
        good = in[d] == 1 || in[d] == map.shape[static_cast<std::size_t>(map.axes[d])];
      }
      break;
    case MapKind::kConcatenate:
      good = sized(map.axes, 1) && !in.empty();
      for (const auto& operand : operands) {
        for (std::size_t d = 0; good && d < in.size(); ++d)
          good = static_cast<std::int64_t>(d) == map.axes[0] || operand.shape[d] == in[d];
      }
      break;
    case MapKind::kPad:
      good = sized(map.shape, in.size()) && sized(map.start, in.size()) && sized(map.step, in.size());
      for (std::size_t d = 0; good && d < in.size(); ++d) {
        good = map.start[d] >= -limits::kElementsPerTensor && map.start[d] <= limits::kElementsPerTensor &&
               map.step[d] >= 1 && map.step[d] <= limits::kElementsPerTensor;
      }
      break;
    case MapKind::kUpdate:
      good = sized(map.start, in.size()) && map.step.empty();
      for (std::size_t d = 0; good && d < in.size(); ++d)
        good = map.start[d] >= 0 && map.start[d] <= in[d] - operands[1].shape[d];
      break;
    case MapKind::kWindows:
      good = sized(map.shape, 2 * in.size()) && sized(map.start, in.size()) && sized(map.step, in.size());
      for (std::size_t d = 0; good && d < in.size(); ++d) {
        const std::int64_t places = map.shape[d], size = map.shape[in.size() + d];
        constexpr std::int64_t kMost = limits::kElementsPerTensor;
        good =
            map.start[d] >= 1 && map.start[d] <= kMost && map.step[d] >= 1 && map.step[d] <= kMost &&
            (element_count(map.shape) == 0 || (places - 1) * map.start[d] + (size - 1) * map.step[d] < in[d]);
      }
      break;
    case MapKind::kReverse:
    case MapKind::kSum:
      good = distinct(map.axes);
      break;
    case MapKind::kNegate:
      break;
    case MapKind::kAdd:
    case MapKind::kSubtract:
      good = operands[1].shape == in;
      break;
    case MapKind::kShiftLeft:
      good = sized(map.start, 1) && map.start[0] >= 0 && map.start[0] < operands[0].ring_bits;
      break;
    default:
      good = false;
  }
  if (!good) return refuse(instruction, "the linear map does not fit its operands");
  return {};
}

}  // namespace

const char* to_string(Op op) {
  switch (op) {
    case Op::kMask:
      return "mask";
    case Op::kMaskBits:
      return "mask-bits";
    case Op::kPrivateBits:
      return "private-bits";
    case Op::kStandingMask:
      return "standing-mask";
    case Op::kPermutation:
      return "permutation";
    case Op::kPrivateMask:
      return "private-mask";
    case Op::kLinear:
      return "linear";
    case Op::kMultiply:
      return "multiply";
    case Op::kMatmul:
      return "matmul";
    case Op::kShiftRight:
      return "shift-right";
    case Op::kBit:
      return "bit";
    case Op::kWords:
      return "words";
    case Op::kAnd:
      return "and";
    case Op::kOneHot:
      return "one-hot";
    case Op::kTableAnd:
      return "table-and";
    case Op::kExpTable:
      return "exp-table";
    case Op::kCast:
      return "cast";
    case Op::kEntryBits:
      return "entry-bits";
    case Op::kEntry:
      return "entry";
    case Op::kEntryRow:
      return "entry-row";
    case Op::kFirstShare:
      return "first-share";
    case Op::kRotate:
      return "rotate";
    case Op::kPermute:
      return "permute";
    case Op::kDeal:
      return "deal";
    case Op::kDealBits:
      return "deal-bits";
    case Op::kDealTable:
      return "deal-table";
    case Op::kFree:
      return "free";
  }
  return "unknown";
}

bool is_dealing(Op op) {
  return op == Op::kDeal || op == Op::kDealBits || op == Op::kDealTable;
}
bool takes_stream(Op op) {
  return op == Op::kMask || op == Op::kMaskBits || op == Op::kPrivateBits || op == Op::kPermutation ||
         op == Op::kPrivateMask || is_dealing(op);
}
bool makes_register(Op op) {
  return !is_dealing(op) && op != Op::kFree;
}

Result<RegisterType> infer_type(const Instruction& instruction, std::span<const RegisterType> operands) {
  const auto& numbers = instruction.numbers;
  if (auto want = arity(instruction.op)) {
    if (operands.size() != want->operands || numbers.size() != want->numbers) {
      return refuse(instruction, "wrong number of operands or parameters");
    }
  } else if (operands.empty() || (instruction.op == Op::kLinear) != instruction.map.has_value()) {
    return refuse(instruction, "unknown instruction, or one without operands");
  }
  auto words = [&](std::size_t i) { return operands[i].kind == Kind::kWords; };
  auto bits = [&](std::size_t i) { return operands[i].kind == Kind::kBits; };
  auto bad = [&] { return refuse(instruction, "operands or parameters do not fit"); };
  SPUD_TRY(verify_shape(instruction.shape));
  switch (instruction.op) {
    case Op::kMask:
    case Op::kPrivateMask:
    case Op::kStandingMask: {
      if (numbers[0] < 0 || numbers[0] > 128 || !ring::is_ring(static_cast<unsigned>(numbers[0])) ||
          numbers[1] < 1 || numbers[1] > numbers[0]) {
        return bad();
      }
      if (instruction.op == Op::kPrivateMask &&
          (numbers[2] < 0 || numbers[2] >= static_cast<std::int64_t>(limits::kPartiesPerDevice))) {
        return bad();
      }
      return RegisterType{Kind::kWords, static_cast<unsigned>(numbers[0]), instruction.shape, {}};
    }
    case Op::kMaskBits:
      return RegisterType{Kind::kBits, 1, instruction.shape, {}};
    case Op::kPrivateBits:
      if (numbers[0] < 0 || numbers[0] >= static_cast<std::int64_t>(limits::kPartiesPerDevice)) return bad();
      return RegisterType{Kind::kBits, 1, instruction.shape, {}};
    case Op::kPermutation:
      if (numbers[0] < 0 || numbers[0] >= static_cast<std::int64_t>(limits::kPartiesPerDevice) ||
          instruction.shape.size() != 2) {
        return bad();
      }
      return RegisterType{Kind::kPlaces, 32, instruction.shape, {}};
    case Op::kLinear: {
      SPUD_TRY(verify_map(instruction, operands));
      std::vector<Shape> shapes;
      for (const auto& operand : operands) shapes.push_back(operand.shape);
      Shape shape = ring::result_shape(*instruction.map, shapes);
      SPUD_TRY(verify_shape(shape));
      return RegisterType{Kind::kWords, operands[0].ring_bits, std::move(shape), {}};
    }
    case Op::kMultiply:
      if (!words(0) || !words(1) || operands[0].ring_bits != operands[1].ring_bits ||
          operands[0].shape != operands[1].shape)
        return bad();
      return operands[0];
    case Op::kMatmul: {
      const Shape &a = operands[0].shape, &b = operands[1].shape;
      if (!words(0) || !words(1) || operands[0].ring_bits != operands[1].ring_bits || a.size() != 3 ||
          b.size() != 3 || a[0] != b[0] || a[2] != b[1]) {
        return bad();
      }
      Shape shape{a[0], a[1], b[2]};
      SPUD_TRY(verify_shape(shape));
      return RegisterType{Kind::kWords, operands[0].ring_bits, std::move(shape), {}};
    }
    case Op::kShiftRight:
      if (!words(0) || numbers[0] < 0 || numbers[0] >= operands[0].ring_bits) return bad();
      return operands[0];
    case Op::kBit:
      if (!words(0) || numbers[0] < 0 || numbers[0] >= operands[0].ring_bits) return bad();
      return RegisterType{Kind::kBits, 1, operands[0].shape, {}};
    case Op::kWords:
      if (!bits(0) || numbers[0] < 0 || numbers[0] > 128 || !ring::is_ring(static_cast<unsigned>(numbers[0])))
        return bad();
      return RegisterType{Kind::kWords, static_cast<unsigned>(numbers[0]), operands[0].shape, {}};
    case Op::kAnd:
      for (std::size_t i = 0; i < operands.size(); ++i) {
        if (!bits(i) || operands[i].shape != operands[0].shape) return bad();
      }
      return operands[0];
    case Op::kOneHot:
      if (!words(0) || numbers[0] < 1 || numbers[0] > operands[0].ring_bits) return bad();
      return RegisterType{
          Kind::kTables, operands[0].ring_bits, operands[0].shape, {static_cast<unsigned>(numbers[0])}};
    case Op::kTableAnd:
      if (operands[0].kind != Kind::kTables || !bits(1) || operands[0].shape != operands[1].shape ||
          numbers[0] < 0 || numbers[0] >= operands[0].layout.digits()) {
        return bad();
      }
      return RegisterType{Kind::kTables,
                          operands[0].ring_bits,
                          operands[0].shape,
                          {operands[0].layout.bits_of(static_cast<unsigned>(numbers[0]))}};
    case Op::kExpTable: {
      if (!words(0) || numbers[0] < 1 || numbers[0] > 32 ||
          numbers[0] + kExpWindowBits > operands[0].ring_bits || numbers[1] < 1 ||
          numbers[1] > kMostExpTableBits || (numbers[2] != 64 && numbers[2] != 128)) {
        return bad();
      }
      Shape shape = operands[0].shape;
      shape.insert(shape.begin(), kExpEntries);
      SPUD_TRY(verify_shape(shape));
      return RegisterType{Kind::kWords, static_cast<unsigned>(numbers[2]), std::move(shape), {}};
    }
    case Op::kCast:
      if (!words(0) || numbers[0] < operands[0].ring_bits || numbers[0] > 128 ||
          !ring::is_ring(static_cast<unsigned>(numbers[0])))
        return bad();
      return RegisterType{Kind::kWords, static_cast<unsigned>(numbers[0]), operands[0].shape, {}};
    case Op::kEntryBits:
    case Op::kEntry:
    case Op::kEntryRow:
    case Op::kFirstShare:
    case Op::kRotate:
      return infer_entries(instruction, operands);
    case Op::kPermute: {
      const Shape &in = operands[0].shape, &places = operands[1].shape;
      if (!words(0) || operands[1].kind != Kind::kPlaces || in.size() < 2 || in[0] != places[0] ||
          in[1] != places[1]) {
        return bad();
      }
      return operands[0];
    }
    case Op::kDeal:
      if (!words(0) || numbers[0] < 1 || numbers[0] > operands[0].ring_bits) return bad();
      return operands[0];
    case Op::kDealBits:
      if (!bits(0)) return bad();
      return operands[0];
    case Op::kDealTable:
      if (operands[0].kind != Kind::kTables) return bad();
      return operands[0];
    case Op::kFree:
      return operands[0];
  }
  return refuse(instruction, "unknown instruction");
}

std::uint64_t dealt_bits(const Instruction& instruction, const RegisterType& operand) {
  const auto count = static_cast<std::uint64_t>(element_count(operand.shape));
  switch (instruction.op) {
    case Op::kDeal:
      return count * static_cast<std::uint64_t>(instruction.numbers[0]);
    case Op::kDealBits:
      return count;
    case Op::kDealTable:
      return count * operand.layout.table_bits();
    default:
      return 0;
  }
}

std::size_t dealt_bytes(const Instruction& instruction, const RegisterType& operand) {
  const auto count = element_count(operand.shape);
  switch (instruction.op) {
    case Op::kDeal:
      return ring::packed_bytes(count, static_cast<unsigned>(instruction.numbers[0]));
    case Op::kDealBits:
      return ring::packed_bytes(count, 1);
    case Op::kDealTable:
      // Blocks are whole bytes long, so that cutting a tensor into them adds nothing.
      return ring::packed_table_bytes(operand.layout, count);
    default:
      return 0;
  }
}

}  // namespace spud::correlation
