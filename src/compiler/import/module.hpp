// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
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
  kConditional,   ///< called: the branches; operand 0 an s32 index or a pred (branch 0 is then the true one)
  kReduce,        ///< called[0] reduces; attributes.dimensions; n arrays, n initial values, n results
  kMap,           ///< called[0], of scalars, on every element
  kReduceWindow,  ///< called[0] reduces; window; n arrays, n initial values, n results
  kSelectAndScatter,  ///< called: select, scatter; window
  kConvolution,       ///< window over spatial dimensions; convolution
  kGather,            ///< gather
  kScatter,  ///< called[0] combines; gather, with its names for what scatter calls otherwise, is_unique
  kSort,     ///< called[0] compares; attributes.dimensions, is_stable
  kTopK,     ///< count, is_largest
  kBatchNormTraining,
  kBatchNormInference,
  kBatchNormGrad,  ///< epsilon, index: the feature dimension
  kCholesky,       ///< is_lower
  kTriangularSolve,
  kSetDimensionSize,  ///< index: the dimension; only to its full size
  kRandomBits,  ///< operand 0 a state; the next state and bits; `index` is the algorithm, as HLO numbers them
};

/// One dimension of a window.
struct HloWindowDimension {
  std::int64_t size = 1, stride = 1, low = 0, high = 0;
  std::int64_t window_dilation = 1, base_dilation = 1;
  bool is_reversed = false;
  bool operator==(const HloWindowDimension&) const = default;
};

/// Which dimension is what in a convolution's operands and result.
struct HloConvolution {
  struct Roles {
    std::int64_t batch = 0, feature = 0;  ///< of the kernel: output feature, input feature
    std::vector<std::int64_t> spatial;
  };
  Roles input, kernel, output;
  std::int64_t feature_groups = 1, batch_groups = 1;
};

/// Dimension numbers of gather; of scatter the same seen from the other side.
struct HloGather {
  std::vector<std::int64_t> offset;          ///< of the result (updates): dimensions of the window
  std::vector<std::int64_t> collapsed;       ///< of the operand: of window size 1 and not among `offset`
  std::vector<std::int64_t> start_map;       ///< of the operand: what each component of an index is for
  std::vector<std::int64_t> batching;        ///< of the operand: not among `offset` either
  std::vector<std::int64_t> index_batching;  ///< of the indices, one each of `batching`
  std::vector<std::int64_t> sizes;           ///< window size a dimension of the operand; of gather only
  std::int64_t index_vector = 0;             ///< of the indices: components of an index; their rank: one each
};

/// What some kinds of instructions need beyond attributes.
struct HloStructure {
  std::vector<HloWindowDimension> window;
  HloConvolution convolution;
  HloGather gather;
  double epsilon = 0;
  std::int64_t count = 0;
  bool is_stable = false, is_largest = false, is_lower = false;
  bool is_left = false, is_unit = false, is_transposed = false;
  bool is_unique = false;  ///< of scatter: no element is named twice
};

/// Names are cleaned: printable, short, fit for a message of one line.
struct HloInstruction {
  std::string name;
  HloKind kind = HloKind::kOperation;
  ops::Opcode opcode = ops::Opcode::kConstant;  ///< of kOperation
  ops::Attributes attributes;
  std::shared_ptr<const HloStructure> structure;  ///< of kinds that say so
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
