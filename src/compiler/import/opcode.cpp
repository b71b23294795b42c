// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/opcode.hpp"

#include <array>

namespace spud::compiler {
namespace {

using ops::Opcode;

/// Operations whose name and meaning are the same here and in HLO.
constexpr std::array kOperations = {
    Opcode::kConstant,
    Opcode::kIota,
    Opcode::kNegate,
    Opcode::kAbs,
    Opcode::kSign,
    Opcode::kNot,
    Opcode::kExp,
    Opcode::kLog,
    Opcode::kSqrt,
    Opcode::kRsqrt,
    Opcode::kTanh,
    Opcode::kLogistic,
    Opcode::kFloor,
    Opcode::kCeil,
    Opcode::kConvert,
    Opcode::kExpm1,
    Opcode::kLog1p,
    Opcode::kErf,
    Opcode::kCbrt,
    Opcode::kSin,
    Opcode::kCos,
    Opcode::kTan,
    Opcode::kRoundNearestAfz,
    Opcode::kRoundNearestEven,
    Opcode::kIsFinite,
    Opcode::kPopcnt,
    Opcode::kClz,
    Opcode::kBitcastConvert,
    Opcode::kAdd,
    Opcode::kSubtract,
    Opcode::kMultiply,
    Opcode::kDivide,
    Opcode::kMaximum,
    Opcode::kMinimum,
    Opcode::kAnd,
    Opcode::kOr,
    Opcode::kXor,
    Opcode::kCompare,
    Opcode::kRemainder,
    Opcode::kPower,
    Opcode::kAtan2,
    Opcode::kShiftLeft,
    Opcode::kShiftRightLogical,
    Opcode::kShiftRightArithmetic,
    Opcode::kSelect,
    Opcode::kClamp,
    Opcode::kBroadcast,
    Opcode::kReshape,
    Opcode::kTranspose,
    Opcode::kSlice,
    Opcode::kConcatenate,
    Opcode::kPad,
    Opcode::kReverse,
    Opcode::kDot,
    Opcode::kDynamicSlice,
    Opcode::kDynamicUpdateSlice,
};

struct KindRow {
  std::string_view name;
  HloKind kind;
};

constexpr std::array<KindRow, 26> kKinds{{
    {"parameter", HloKind::kParameter},
    {"tuple", HloKind::kTuple},
    {"get-tuple-element", HloKind::kGetTupleElement},
    {"copy", HloKind::kIdentity},
    {"opt-barrier", HloKind::kIdentity},
    {"reduce-precision", HloKind::kIdentity},
    {"custom-call", HloKind::kIdentity},  // only the targets that unsupported() lets pass
    {"call", HloKind::kCall},
    {"while", HloKind::kWhile},
    {"conditional", HloKind::kConditional},
    {"reduce", HloKind::kReduce},
    {"map", HloKind::kMap},
    {"set-dimension-size", HloKind::kSetDimensionSize},
    {"reduce-window", HloKind::kReduceWindow},
    {"select-and-scatter", HloKind::kSelectAndScatter},
    {"convolution", HloKind::kConvolution},
    {"gather", HloKind::kGather},
    {"scatter", HloKind::kScatter},
    {"sort", HloKind::kSort},
    {"topk", HloKind::kTopK},
    {"batch-norm-training", HloKind::kBatchNormTraining},
    {"batch-norm-inference", HloKind::kBatchNormInference},
    {"batch-norm-grad", HloKind::kBatchNormGrad},
    {"cholesky", HloKind::kCholesky},
    {"triangular-solve", HloKind::kTriangularSolve},
    {"rng-bit-generator", HloKind::kRandomBits},
}};

}  // namespace

std::optional<OpcodeMeaning> meaning(std::string_view hlo_opcode) {
  for (const auto& row : kKinds) {
    if (row.name == hlo_opcode) return OpcodeMeaning{row.kind, {}};
  }
  if (hlo_opcode == "bitcast") return OpcodeMeaning{HloKind::kOperation, Opcode::kReshape};
  for (Opcode opcode : kOperations) {
    if (ops::to_string(opcode) == hlo_opcode) return OpcodeMeaning{HloKind::kOperation, opcode};
  }
  return std::nullopt;
}

bool has_default_layout(const hlo::ShapeProto& shape) {
  int rank = shape.dimensions_size(), stated = shape.layout().minor_to_major_size();
  if (stated == 0) return true;
  if (stated != rank) return false;
  for (int d = 0; d < rank; ++d) {
    if (shape.layout().minor_to_major(d) != rank - 1 - d) return false;
  }
  return true;
}

std::string printable(std::string_view text) {
  constexpr std::size_t kMost = 80;
  std::string out(text.substr(0, kMost));
  for (char& c : out) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return text.size() > kMost ? out + "…" : out;
}

std::string place(const hlo::HloInstructionProto& instruction, const hlo::HloComputationProto& computation) {
  return "instruction '" + printable(instruction.name()) + "' of '" + printable(computation.name()) + "'";
}

std::optional<std::string> unsupported(const hlo::HloInstructionProto& instruction) {
  const auto& opcode = instruction.opcode();
  if (!meaning(opcode)) return opcode.empty() ? "an instruction without an opcode" : printable(opcode);
  if (opcode == "custom-call" && instruction.custom_call_target() != "Sharding") {
    return "custom-call '" + printable(instruction.custom_call_target()) + "'";
  }
  if (opcode == "constant" && instruction.shape().element_type() == hlo::TUPLE) return "constant tuple";
  return std::nullopt;
}

}  // namespace spud::compiler
