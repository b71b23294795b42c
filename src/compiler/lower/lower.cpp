// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/lower.hpp"

#include <map>

#include "base/limits.hpp"
#include "compiler/lower/expand.hpp"
#include "compiler/lower/random_bits.hpp"
#include "ir/builder.hpp"

namespace spud::compiler {
namespace {

using ops::Opcode;

/// Instructions visited and arrays passed on, calls repeated: bounds time and memory of the expansion.
constexpr std::size_t kWork = 4 * limits::kInstructionsPerProgram;

std::vector<ir::ValueInfo> public_leaves(const HloShape& shape) {
  std::vector<TensorType> types;
  append_leaves(shape, types);
  std::vector<ir::ValueInfo> infos;
  for (auto& type : types) infos.push_back({std::move(type), ir::Visibility::kPublic});
  return infos;
}

/// A computation being inlined.
struct Frame {
  const HloComputation* computation;
  std::vector<Leaves> arguments;  ///< by parameter number
  std::vector<Leaves> values;     ///< by instruction
  std::size_t next = 0;
};

class Lowering {
 public:
  explicit Lowering(const HloModule& module) : module_(module) {}

  /// A region whose parameters are `parameters`; the computation's own are those from `first` on. Recurses a
  /// level of loops and branches (import bounded them); calls are iterated, since chains of them may be long.
  Result<ir::Region> region(std::uint32_t computation, std::vector<ir::ValueInfo> parameters,
                            std::size_t first) {
    ir::RegionBuilder builder(std::move(parameters));
    std::vector<Frame> stack;
    const auto& entry = module_.computations[computation];
    std::vector<Leaves> arguments;
    auto next = static_cast<ir::ValueId>(first);
    for (auto parameter : entry.parameters) {
      Leaves leaves(entry.instructions[parameter].shape.leaves);
      for (auto& leaf : leaves) leaf = next++;
      arguments.push_back(std::move(leaves));
    }
    stack.push_back(frame(entry, std::move(arguments)));
    while (true) {
      Frame& top = stack.back();
      if (top.next == top.computation->instructions.size()) {
        Leaves result = std::move(top.values[top.computation->root]);
        stack.pop_back();
        if (stack.empty()) return std::move(builder).finish(std::move(result));
        Frame& caller = stack.back();
        caller.values[caller.next++] = std::move(result);
        continue;
      }
      const auto& instruction = top.computation->instructions[top.next];
      SPUD_TRY(charge(instruction));
      if (instruction.kind == HloKind::kCall) {
        std::vector<Leaves> passed;
        for (auto operand : instruction.operands) passed.push_back(top.values[operand]);
        stack.push_back(frame(module_.computations[instruction.called[0]], std::move(passed)));
        continue;
      }
      auto leaves = this->instruction(builder, top, instruction);
      if (!leaves) {
        return std::unexpected(
            std::move(leaves.error())
                .in("instruction '" + instruction.name + "' of '" + top.computation->name + "'"));
      }
      top.values[top.next++] = std::move(*leaves);
    }
  }

 private:
  static Frame frame(const HloComputation& computation, std::vector<Leaves> arguments) {
    return {&computation, std::move(arguments), std::vector<Leaves>(computation.instructions.size())};
  }

  Status charge(const HloInstruction& instruction) {
    work_ += 1 + instruction.shape.leaves;
    if (work_ <= kWork) return {};
    return fail(ErrorCode::kResource, "the program is too large once its calls are inlined", "program",
                "at most " + std::to_string(kWork) + " values");
  }

  Result<Leaves> instruction(ir::RegionBuilder& builder, const Frame& frame,
                             const HloInstruction& instruction) {
    switch (instruction.kind) {
      case HloKind::kParameter:
        return frame.arguments[static_cast<std::size_t>(instruction.index)];
      case HloKind::kIdentity:
        return frame.values[instruction.operands[0]];
      case HloKind::kTuple: {
        Leaves all;
        for (auto operand : instruction.operands) append(all, frame.values[operand]);
        return all;
      }
      case HloKind::kGetTupleElement:
        return element(frame, instruction);
      case HloKind::kWhile:
        return loop(builder, frame, instruction);
      case HloKind::kConditional:
        return conditional(builder, frame, instruction);
      case HloKind::kRandomBits:
        return random_bits(builder, instruction.name, frame.values[instruction.operands[0]][0],
                           instruction.index, instruction.shape.elements[1].array);
      case HloKind::kOperation:
        return operation(builder, frame, instruction);
      case HloKind::kCall:
        return fail(ErrorCode::kInternal, "calls are inlined by the caller");
      default:
        return expanded(builder, frame, instruction);
    }
  }

  static void append(Leaves& to, const Leaves& from) { to.insert(to.end(), from.begin(), from.end()); }

  static Result<Leaves> element(const Frame& frame, const HloInstruction& instruction) {
    auto operand = instruction.operands[0];
    const auto& tuple = frame.computation->instructions[operand].shape;
    std::size_t first = 0;
    for (std::int64_t i = 0; i < instruction.index; ++i)
      first += tuple.elements[static_cast<std::size_t>(i)].leaves;
    auto begin = frame.values[operand].begin() + static_cast<std::ptrdiff_t>(first);
    return Leaves(begin, begin + static_cast<std::ptrdiff_t>(instruction.shape.leaves));
  }

  static ir::ValueId add(ir::RegionBuilder& builder, const HloInstruction& instruction, Opcode opcode,
                         ops::Attributes attributes, Leaves operands, TensorType type) {
    return builder.add(opcode, std::move(attributes), std::move(operands),
                       {std::move(type), ir::Visibility::kPublic}, instruction.name);
  }

  static ir::ValueId convert(ir::RegionBuilder& builder, const HloInstruction& instruction, ir::ValueId x,
                             DType dtype) {
    ops::Attributes attributes;
    attributes.dtype = dtype;
    return add(builder, instruction, Opcode::kConvert, attributes, {x}, {dtype, builder.info(x).type.shape});
  }

  Result<Leaves> operation(ir::RegionBuilder& builder, const Frame& frame,
                           const HloInstruction& instruction) {
    Leaves operands;
    for (auto operand : instruction.operands) append(operands, frame.values[operand]);
    const auto& result = instruction.shape.array;
    if (instruction.opcode == Opcode::kDot) {
      for (auto& operand : operands) {
        if (builder.info(operand).type.dtype != result.dtype) {
          operand = convert(builder, instruction, operand, result.dtype);
        }
      }
    }
    return Leaves{
        add(builder, instruction, instruction.opcode, instruction.attributes, std::move(operands), result)};
  }

  Result<Leaves> expanded(ir::RegionBuilder& builder, const Frame& frame, const HloInstruction& hlo) {
    Leaves operands;
    for (auto operand : hlo.operands) append(operands, frame.values[operand]);
    std::vector<ScalarFunction> called;
    for (auto computation : hlo.called) {
      SPUD_ASSIGN(auto function, scalar_function(computation));
      called.push_back(std::move(function));
    }
    if (hlo.kind == HloKind::kReduceWindow) {
      if (const auto* other = same_windows(*frame.computation, hlo)) {
        SPUD_ASSIGN(auto chooser, scalar_function(other->called[0]));
        called.push_back(std::move(chooser));
      }
    }
    Emitter emitter(builder, hlo.name);
    SPUD_ASSIGN(auto leaves, expand(emitter, hlo, operands, called));
    std::vector<TensorType> stated;
    append_leaves(hlo.shape, stated);
    bool fits = stated.size() == leaves.size();
    for (std::size_t i = 0; fits && i < stated.size(); ++i) fits = emitter.type(leaves[i]) == stated[i];
    if (fits) return leaves;
    std::string made;
    for (auto leaf : leaves) made += (made.empty() ? "" : ", ") + spud::to_string(emitter.type(leaf));
    return bad_input("result has shape " + to_string(hlo.shape), "", made);
  }

  /// The gradient of a pooling, where there is one.
  static const HloInstruction* same_windows(const HloComputation& computation, const HloInstruction& hlo) {
    for (const auto& other : computation.instructions) {
      if (other.kind == HloKind::kSelectAndScatter && other.operands[0] == hlo.operands[0] &&
          other.structure->window == hlo.structure->window)
        return &other;
    }
    return nullptr;
  }

  static Result<Leaves> expand(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands,
                               const std::vector<ScalarFunction>& called) {
    switch (hlo.kind) {
      case HloKind::kReduce:
        return expand_reduce(emitter, hlo, operands, called[0]);
      case HloKind::kMap:
        return expand_map(emitter, operands, called[0]);
      case HloKind::kReduceWindow:
        return expand_reduce_window(emitter, hlo, operands, called[0],
                                    called.size() > 1 ? &called[1] : nullptr);
      case HloKind::kSelectAndScatter:
        return expand_select_and_scatter(emitter, hlo, operands, called[0], called[1]);
      case HloKind::kConvolution:
        return expand_convolution(emitter, hlo, operands);
      case HloKind::kGather:
        return expand_gather(emitter, hlo, operands);
      case HloKind::kScatter:
        return expand_scatter(emitter, hlo, operands, called[0]);
      case HloKind::kSort:
        return expand_sort(emitter, hlo, operands, called[0]);
      case HloKind::kTopK:
        return expand_top_k(emitter, hlo, operands);
      case HloKind::kBatchNormTraining:
      case HloKind::kBatchNormInference:
      case HloKind::kBatchNormGrad:
        return expand_batch_norm(emitter, hlo, operands);
      case HloKind::kCholesky:
        return expand_cholesky(emitter, hlo, operands);
      case HloKind::kTriangularSolve:
        return expand_triangular_solve(emitter, hlo, operands);
      case HloKind::kSetDimensionSize:
        return whole_dimension(emitter, hlo, operands);
      default:
        return fail(ErrorCode::kUnsupported, "not lowered yet");
    }
  }

  /// What frameworks write of a dimension that is as long as it can be.
  static Result<Leaves> whole_dimension(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands) {
    if (operands.size() != 2) return bad_input(std::to_string(operands.size()) + " operands", "", "2");
    const auto& shape = emitter.shape(operands[0]);
    const auto* size = emitter.builder().definition(operands[1]);
    const bool is_whole = hlo.index >= 0 && static_cast<std::size_t>(hlo.index) < shape.size() &&
                          size != nullptr && size->opcode == Opcode::kConstant &&
                          size->attributes.literal->type() == TensorType{DType::kS32, {}} &&
                          size->attributes.literal->int_at(0) == shape[static_cast<std::size_t>(hlo.index)];
    if (is_whole) return Leaves{operands[0]};
    return fail(ErrorCode::kUnsupported, "a dimension whose size is not known before the program runs");
  }

  Result<ScalarFunction> scalar_function(std::uint32_t computation) {
    if (auto known = functions_.find(computation); known != functions_.end()) return known->second;
    const auto& hlo = module_.computations[computation];
    std::vector<ir::ValueInfo> parameters;
    for (auto parameter : hlo.parameters) {
      for (auto& leaf : public_leaves(hlo.instructions[parameter].shape))
        parameters.push_back(std::move(leaf));
    }
    SPUD_ASSIGN(auto body, region(computation, std::move(parameters), 0));
    SPUD_ASSIGN(auto function, ScalarFunction::of(std::move(body), hlo.name));
    functions_.emplace(computation, function);
    return function;
  }

  Result<Leaves> loop(ir::RegionBuilder& builder, const Frame& frame, const HloInstruction& hlo) {
    if (hlo.shape.leaves == 0) {
      return fail(ErrorCode::kUnsupported, "a loop that carries no values", "", "at least one carried value");
    }
    auto carried = public_leaves(hlo.shape);
    SPUD_ASSIGN(auto condition, region(hlo.called[1], carried, 0));
    SPUD_ASSIGN(auto body, region(hlo.called[0], carried, 0));
    ir::Instruction instruction;
    instruction.opcode = Opcode::kWhile;
    instruction.operands = frame.values[hlo.operands[0]];
    instruction.origin = hlo.name;
    instruction.regions.push_back(std::move(condition));
    instruction.regions.push_back(std::move(body));
    return emit(builder, std::move(instruction), std::move(carried));
  }

  Result<Leaves> conditional(ir::RegionBuilder& builder, const Frame& frame, const HloInstruction& hlo) {
    if (hlo.shape.leaves == 0) return Leaves{};
    ir::Instruction instruction;
    instruction.opcode = Opcode::kConditional;
    instruction.origin = hlo.name;
    auto index = frame.values[hlo.operands[0]][0];
    // The branches of a pred are the true one, then the false one; as an index true is 1.
    bool by_pred = builder.info(index).type.dtype == DType::kPred;
    instruction.operands.push_back(by_pred ? convert(builder, hlo, index, DType::kS32) : index);
    std::vector<ir::ValueInfo> parameters;
    std::vector<std::size_t> first;
    for (std::size_t b = 0; b < hlo.called.size(); ++b) {
      first.push_back(parameters.size());
      for (auto leaf : frame.values[hlo.operands[b + 1]]) {
        instruction.operands.push_back(leaf);
        parameters.push_back({builder.info(leaf).type, ir::Visibility::kPublic});
      }
    }
    for (std::size_t i = 0; i < hlo.called.size(); ++i) {
      std::size_t b = by_pred ? hlo.called.size() - 1 - i : i;
      SPUD_ASSIGN(auto branch, region(hlo.called[b], parameters, first[b]));
      instruction.regions.push_back(std::move(branch));
    }
    return emit(builder, std::move(instruction), public_leaves(hlo.shape));
  }

  static Leaves emit(ir::RegionBuilder& builder, ir::Instruction instruction,
                     std::vector<ir::ValueInfo> results) {
    Leaves leaves(results.size());
    auto next = builder.add(std::move(instruction), std::move(results));
    for (auto& leaf : leaves) leaf = next++;
    return leaves;
  }

  const HloModule& module_;
  std::map<std::uint32_t, ScalarFunction> functions_;
  std::size_t work_ = 0;
};

}  // namespace

Result<ir::Region> lower(const HloModule& module) {
  const auto& entry = module.computations[module.entry];
  std::vector<ir::ValueInfo> parameters;
  for (auto parameter : entry.parameters) {
    for (auto& leaf : public_leaves(entry.instructions[parameter].shape))
      parameters.push_back(std::move(leaf));
  }
  if (parameters.size() > limits::kParametersPerProgram) {
    return fail(ErrorCode::kResource,
                std::to_string(parameters.size()) + " parameters once tuples are flattened", "program",
                "at most " + std::to_string(limits::kParametersPerProgram));
  }
  return Lowering(module).region(module.entry, std::move(parameters), 0);
}

}  // namespace spud::compiler
