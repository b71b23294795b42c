// SPDX-License-Identifier: Apache-2.0
#include "ir/canonical.hpp"

#include "system/crypto/sha256.hpp"

namespace spud::ir {
namespace {

/// Changes with the form, so that two forms never share a digest.
constexpr std::string_view kForm = "spud plan form 2";

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_text(Bytes& out, std::string_view text) {
  put_u64(out, text.size());
  append(out, as_bytes(text));
}

void append_list(Bytes& out, const std::vector<std::int64_t>& list) {
  put_u64(out, list.size());
  for (auto number : list) put_u64(out, static_cast<std::uint64_t>(number));
}

void append_list(Bytes& out, const std::vector<ValueId>& list) {
  put_u64(out, list.size());
  for (auto id : list) put_u32(out, id);
}

/// Types by name: the enumeration's numbers are nobody's promise.
void append_type(Bytes& out, const TensorType& type) {
  append_text(out, to_string(type.dtype));
  append_list(out, type.shape);
}

void append_info(Bytes& out, const ValueInfo& info) {
  append_type(out, info.type);
  // An owner is told with the visibility, which has one byte.
  const std::uint32_t owner = info.owner ? (index(*info.owner) + 1) << 8 : 0;
  put_u32(out, static_cast<std::uint32_t>(info.visibility) | owner);
  put_u32(out, info.signed_bits);
}

void append_attributes(Bytes& out, const ops::Attributes& a) {
  for (const auto* list :
       {&a.dimensions, &a.start, &a.limit, &a.stride, &a.low, &a.high, &a.interior, &a.sizes,
        &a.dot.lhs_contracting, &a.dot.rhs_contracting, &a.dot.lhs_batch, &a.dot.rhs_batch}) {
    append_list(out, *list);
  }
  append_text(out, to_string(a.comparison));
  append_text(out, to_string(a.reducer));
  append_text(out, to_string(a.dtype));
  put_u32(out, a.literal ? 1 : 0);
  if (a.literal) {
    append_type(out, a.literal->type());
    append(out, crypto::sha256(a.literal->bytes()).bytes);
  }
}

}  // namespace

void append_canonical(Bytes& out, const Instruction& instruction) {
  put_u32(out, static_cast<std::uint32_t>(instruction.opcode));
  append_attributes(out, instruction.attributes);
  append_list(out, instruction.operands);
  put_u32(out, instruction.result_count);
  put_u64(out, instruction.regions.size());
  for (const auto& region : instruction.regions) append_canonical(out, region);
}

void append_canonical(Bytes& out, const Region& region) {
  put_u32(out, region.parameter_count);
  put_u64(out, region.values.size());
  for (const auto& info : region.values) append_info(out, info);
  put_u64(out, region.instructions.size());
  for (const auto& instruction : region.instructions) append_canonical(out, instruction);
  append_list(out, region.results);
}

void append_canonical(Bytes& out, const Plan& plan) {
  append_text(out, kForm);
  append(out, plan.program.bytes);
  append_text(out, plan.compiler_version);
  put_u32(out, plan.ring_bits);
  put_u32(out, plan.fraction_bits);
  put_u64(out, plan.inputs.size());
  for (const auto& input : plan.inputs) {
    append_text(out, input.name);
    append_info(out, input.info);
  }
  append_canonical(out, plan.main);
}

Digest digest(const Plan& plan) {
  Bytes form;
  append_canonical(form, plan);
  return crypto::sha256(form);
}

}  // namespace spud::ir
