// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/type.hpp"
#include "ops/op.hpp"

namespace spud::compiler {

/// Shape of an HLO value: an array, or a tuple of shapes.
struct HloShape {
  bool is_tuple = false;
  TensorType array;                ///< unless is_tuple
  std::vector<HloShape> elements;  ///< of a tuple
  std::size_t leaves = 1;          ///< arrays in it, all levels together
  bool operator==(const HloShape&) const = default;
};

std::string to_string(const HloShape& shape);
/// The arrays of a shape in order: how tuples look once they are flattened.
void append_leaves(const HloShape& shape, std::vector<TensorType>& out);

/// What an instruction is to the compiler.
enum class HloKind : std::uint8_t {
  kOperation,  ///< one of ops::Opcode, with its attributes
  kParameter,  ///< `index` is its number
  kTuple,
  kGetTupleElement,  ///< `index` is the element's
  kIdentity,         ///< copy, optimization barrier, reduce-precision, sharding marks
  kCall,             ///< called[0], inlined
  kWhile,            ///< called: body, condition
  kConditional,  ///< called: the branches; operand 0 an s32 index or a pred (branch 0 is then the true one)
  kReduce,       ///< called[0] reduces; attributes.dimensions
};

/// Names are cleaned: printable, short, fit for a message of one line.
struct HloInstruction {
  std::string name;
  HloKind kind = HloKind::kOperation;
  ops::Opcode opcode = ops::Opcode::kConstant;  ///< of kOperation
  ops::Attributes attributes;
  HloShape shape;
  std::int64_t index = 0;
  std::vector<std::uint32_t> operands;  ///< positions in the same computation, all before this one
  std::vector<std::uint32_t> called;    ///< positions in the module
};

struct HloComputation {
  std::string name;
  std::vector<HloInstruction> instructions;
  std::uint32_t root = 0;
  std::vector<std::uint32_t> parameters;  ///< instruction of each parameter, by number
};

/// A program that passed verification (import/verify.hpp): the rest of the compiler takes its promises for
/// granted.
struct HloModule {
  std::vector<HloComputation> computations;
  std::uint32_t entry = 0;
};

}  // namespace spud::compiler
