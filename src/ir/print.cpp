// SPDX-License-Identifier: Apache-2.0
#include "ir/print.hpp"

#include <charconv>

#include "system/crypto/sha256.hpp"

namespace spud::ir {
namespace {

constexpr std::int64_t kElementsInFull = 8;

std::string number(double value) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, value).ptr;  // shortest, and no locale
  return std::string(text, end);
}

std::string element(const Literal& literal, std::int64_t i) {
  switch (literal.dtype()) {
    case DType::kPred:
      return literal.int_at(i) ? "true" : "false";
    case DType::kU64:
      return std::to_string(static_cast<std::uint64_t>(literal.int_at(i)));
    case DType::kF32: {
      char text[32];
      auto end =
          std::to_chars(text, text + sizeof text, literal.as<float>()[static_cast<std::size_t>(i)]).ptr;
      return std::string(text, end);
    }
    default:
      return is_float(literal.dtype()) ? number(literal.float_at(i)) : std::to_string(literal.int_at(i));
  }
}

std::string value(ValueId id) {
  return "%" + std::to_string(id);
}

template <class List, class Print>
std::string joined(const List& list, Print print) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ", ") + print(item);
  return out;
}

std::string attributes_text(const Instruction& instruction) {
  const auto& a = instruction.attributes;
  std::string out;
  auto list = [&](const char* name, const Shape& numbers) {
    if (!numbers.empty()) out += std::string(" ") + name + "=" + spud::to_string(numbers);
  };
  list("dimensions", a.dimensions);
  list("start", a.start);
  list("limit", a.limit);
  list("stride", a.stride);
  list("low", a.low);
  list("high", a.high);
  list("interior", a.interior);
  list("sizes", a.sizes);
  list("lhs_batch", a.dot.lhs_batch);
  list("lhs_contracting", a.dot.lhs_contracting);
  list("rhs_batch", a.dot.rhs_batch);
  list("rhs_contracting", a.dot.rhs_contracting);
  if (instruction.opcode == ops::Opcode::kCompare) out += std::string(" ") + to_string(a.comparison);
  if (instruction.opcode == ops::Opcode::kReduce || instruction.opcode == ops::Opcode::kPut)
    out += std::string(" by ") + to_string(a.reducer);
  if (a.literal) out += " " + to_text(*a.literal);
  return out;
}

std::string parameters_text(const Region& region) {
  std::string parameters;
  for (ValueId p = 0; p < region.parameter_count; ++p) {
    parameters += (p ? ", " : "") + value(p) + ": " + to_text(region.values[p]);
  }
  return "(" + parameters + ")";
}

void print_region(std::string& out, const Region& region, std::size_t indent) {
  const std::string margin(indent, ' ');
  for (const auto& instruction : region.instructions) {
    out += margin + to_text(region, instruction) + "\n";
    for (std::size_t r = 0; r < instruction.regions.size(); ++r) {
      const auto& nested = instruction.regions[r];
      out += margin + "  ";
      if (instruction.opcode == ops::Opcode::kWhile) {
        out += r == 0 ? "condition" : "body";
      } else {
        out += "branch " + std::to_string(r);
      }
      out += parameters_text(nested) + "\n";
      print_region(out, nested, indent + 4);
    }
  }
  out += margin + "return " + joined(region.results, value) + "\n";
}

}  // namespace

std::string to_text(const ValueInfo& info) {
  std::string out = to_string(info.type) + " ";
  out += info.owner ? "private:" + std::to_string(index(*info.owner)) : to_string(info.visibility);
  if (info.signed_bits > 0) out += " of " + std::to_string(info.signed_bits) + " bits";
  return out;
}

std::string to_text(const Region& region, const Instruction& instruction) {
  std::string out;
  for (std::uint32_t i = 0; i < instruction.result_count; ++i) {
    out += (i ? ", " : "") + value(instruction.first_result + i);
  }
  out += std::string(" = ") + to_string(instruction.opcode) + attributes_text(instruction);
  if (!instruction.operands.empty()) out += " " + joined(instruction.operands, value);
  out += " : ";
  for (std::uint32_t i = 0; i < instruction.result_count; ++i) {
    out += (i ? ", " : "") + to_text(region.values[instruction.first_result + i]);
  }
  if (!instruction.origin.empty()) out += "  // " + instruction.origin;
  return out;
}

std::string to_text(const Region& region) {
  std::string out = parameters_text(region) + "\n";
  print_region(out, region, 0);
  return out;
}

std::string to_text(const Literal& literal) {
  if (literal.elements() > kElementsInFull) {
    return "{" + std::to_string(literal.elements()) + " elements, sha256 " +
           crypto::sha256(literal.bytes()).brief() + "}";
  }
  std::string out = "{";
  for (std::int64_t i = 0; i < literal.elements(); ++i) out += (i ? ", " : "") + element(literal, i);
  return out + "}";
}

std::string to_text(const Plan& plan) {
  std::string out = "plan of program " + plan.program.brief() + " by compiler " + plan.compiler_version +
                    ", ring " + std::to_string(plan.ring_bits) + ", " + std::to_string(plan.fraction_bits) +
                    " fraction bits\n";
  for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
    out += value(static_cast<ValueId>(i)) + " = input " + plan.inputs[i].name + " : " +
           to_text(plan.inputs[i].info) + "\n";
  }
  print_region(out, plan.main, 0);
  return out;
}

}  // namespace spud::ir
