// SPDX-License-Identifier: Apache-2.0
#include "correlation/source.hpp"

namespace spud::correlation {

Register Source::make(Instruction instruction, std::span<const Register> operands) {
  std::vector<RegisterType> types;
  for (const auto& operand : operands) {
    types.push_back(operand.type());
    instruction.operands.push_back(operand.id());
  }
  auto type = infer_type(instruction, types);
  SPUD_CHECK(type.has_value(), "kernels derive only what the dealer's machine can do");
  RegisterId id = next_register_++;
  auto keep = note(instruction, types, id);
  return Register(id, std::move(*type), std::move(keep));
}

Mask Source::mask(unsigned ring_bits, const Shape& shape, unsigned width) {
  Instruction draw{
      .op = Op::kMask, .shape = shape, .numbers = {ring_bits, width}, .map = {}, .name = {}, .operands = {}};
  Register whole = make(std::move(draw), {});
  ItemId item = next_item_++;
  return Mask(draw_words(item, ring_bits, shape, width, std::nullopt), std::move(whole), item);
}

Mask Source::private_mask(unsigned ring_bits, const Shape& shape, unsigned width, Rank owner) {
  Instruction draw{.op = Op::kPrivateMask,
                   .shape = shape,
                   .numbers = {ring_bits, width, index(owner)},
                   .map = {},
                   .name = {},
                   .operands = {}};
  Register whole = make(std::move(draw), {});
  ItemId item = next_item_++;
  return Mask(draw_words(item, ring_bits, shape, width, owner), std::move(whole), item);
}

MaskBits Source::mask_bits(const Shape& shape) {
  Instruction draw{.op = Op::kMaskBits, .shape = shape, .numbers = {}, .map = {}, .name = {}, .operands = {}};
  Register whole = make(std::move(draw), {});
  ItemId item = next_item_++;
  return MaskBits(draw_bits(item, shape, std::nullopt), std::move(whole), item);
}

MaskBits Source::private_bits(const Shape& shape, Rank owner) {
  Instruction draw{.op = Op::kPrivateBits,
                   .shape = shape,
                   .numbers = {index(owner)},
                   .map = {},
                   .name = {},
                   .operands = {}};
  Register whole = make(std::move(draw), {});
  ItemId item = next_item_++;
  return MaskBits(draw_bits(item, shape, owner), std::move(whole), item);
}

Permutation Source::permutation(std::int64_t batch, std::int64_t rows, Rank owner) {
  const Shape shape{batch, rows};
  Instruction draw{.op = Op::kPermutation,
                   .shape = shape,
                   .numbers = {index(owner)},
                   .map = {},
                   .name = {},
                   .operands = {}};
  Register whole = make(std::move(draw), {});
  ItemId item = next_item_++;
  return Permutation(draw_permutation(item, shape, owner), std::move(whole), item);
}

Register Source::linear(const ring::LinearMap& map, std::span<const Register> operands) {
  return make({.op = Op::kLinear, .shape = {}, .numbers = {}, .map = map, .name = {}, .operands = {}},
              operands);
}

Register Source::derive(Op op, std::vector<std::int64_t> numbers, std::span<const Register> operands) {
  return make({.op = op, .shape = {}, .numbers = std::move(numbers), .map = {}, .name = {}, .operands = {}},
              operands);
}

ring::Tensor Source::deal(const Register& words, unsigned width) {
  note({.op = Op::kDeal, .shape = {}, .numbers = {width}, .map = {}, .name = {}, .operands = {words.id()}},
       {&words.type(), 1}, 0);
  return share_words(next_item_++, words.type(), width);
}

ring::BitTensor Source::deal_bits(const Register& bits) {
  note({.op = Op::kDealBits, .shape = {}, .numbers = {}, .map = {}, .name = {}, .operands = {bits.id()}},
       {&bits.type(), 1}, 0);
  return share_bits(next_item_++, bits.type());
}

ring::DigitTable Source::deal_table(const Register& tables) {
  const auto& type = tables.type();
  ring::DigitTable out = is_on_shapes() ? ring::DigitTable::phantom(type.shape, type.layout)
                                        : ring::DigitTable(type.shape, type.layout);
  deal_tables(tables, [&](std::int64_t first, std::int64_t count, const std::uint16_t* block) {
    out.set_block(first, count, block);
  });
  return out;
}

void Source::deal_tables(const Register& tables, const ring::TableVisitor& visit) {
  note({.op = Op::kDealTable, .shape = {}, .numbers = {}, .map = {}, .name = {}, .operands = {tables.id()}},
       {&tables.type(), 1}, 0);
  share_tables(next_item_++, tables.type(), visit);
}

}  // namespace spud::correlation
