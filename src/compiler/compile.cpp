// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.hpp"

#include "compiler/import/parse.hpp"
#include "compiler/import/verify.hpp"
#include "compiler/lower/lower.hpp"
#include "compiler/passes/dead_code.hpp"
#include "compiler/passes/ranges.hpp"
#include "compiler/passes/secret_choices.hpp"
#include "compiler/passes/total_orders.hpp"
#include "compiler/version.hpp"
#include "compiler/visibility.hpp"
#include "ir/verify.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::compiler {
namespace {

Status check_format(const CompileRequest& request) {
  bool ring = request.ring_bits == 32 || request.ring_bits == 64 || request.ring_bits == 128;
  if (!ring) return bad_input(std::to_string(request.ring_bits) + " bits", "ring", "32, 64 or 128");
  if (request.fraction_bits < 1 || 2 * request.fraction_bits >= request.ring_bits) {
    return bad_input(std::to_string(request.fraction_bits) + " bits", "fraction",
                     "at least 1 and less than half of the ring's " + std::to_string(request.ring_bits));
  }
  return {};
}

Result<HloModule> import(ByteView program) {
  SPUD_ASSIGN(auto proto, parse(program));
  return verify_module(*proto);
}

/// Names the parameters and marks them as the caller brings them.
Result<std::vector<std::string>> take_parameters(const CompileRequest& request, ir::Region& main) {
  if (request.parameters.size() != main.parameter_count) {
    return bad_input(std::to_string(request.parameters.size()) + " inputs are given", "program",
                     std::to_string(main.parameter_count));
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < request.parameters.size(); ++i) {
    names.push_back("in" + std::to_string(i));
    const auto& given = request.parameters[i];
    const auto& type = main.values[i].type;
    if (given.type && *given.type != type) {
      return bad_input("type is " + to_string(*given.type), names.back(), to_string(type));
    }
    if (given.owner && given.visibility == ir::Visibility::kPublic)
      return bad_input("is public and has an owner", names.back());
    main.values[i].visibility = given.visibility;
    main.values[i].owner = given.owner;
  }
  return names;
}

}  // namespace

Result<ir::Plan> compile(const CompileRequest& request, const StepObserver& observer) {
  SPUD_TRY(check_format(request));
  SPUD_ASSIGN(auto module, import(request.program));
  ir::Plan plan;
  SPUD_ASSIGN(plan.main, lower(module));
  SPUD_ASSIGN(auto names, take_parameters(request, plan.main));
  auto done = [&](const char* step) {
    if (observer) observer(step, plan.main);
  };
  done("lower");
  // What nothing uses cannot reveal anything either, so it goes before secrets are traced.
  remove_dead_code(plan.main);
  done("dead code");
  SPUD_TRY(infer_visibility(plan.main, names));
  done("visibility");
  SPUD_TRY(hide_choices(plan.main));
  done("secret choices");
  SPUD_TRY(infer_visibility(plan.main, names));
  done("visibility");
  forget_total_orders(plan.main);
  done("total orders");
  run_pipeline(plan.main, observer);
  SPUD_TRY(infer_visibility(plan.main, names));
  done("visibility");
  infer_ranges(plan.main, {request.ring_bits, request.fraction_bits});
  done("ranges");

  plan.program = crypto::sha256(request.program);
  plan.compiler_version = kCompilerVersion;
  plan.ring_bits = request.ring_bits;
  plan.fraction_bits = request.fraction_bits;
  for (std::size_t i = 0; i < names.size(); ++i) plan.inputs.push_back({names[i], plan.main.values[i]});
  if (auto status = ir::verify(plan); !status) {
    status.error().code =
        status.error().code == ErrorCode::kResource ? ErrorCode::kResource : ErrorCode::kInternal;
    return std::unexpected(std::move(status.error()).in("compiled program"));
  }
  return plan;
}

Result<std::vector<TensorType>> parameter_types(ByteView program) {
  SPUD_ASSIGN(auto module, import(program));
  const auto& entry = module.computations[module.entry];
  std::vector<TensorType> types;
  for (auto parameter : entry.parameters) append_leaves(entry.instructions[parameter].shape, types);
  return types;
}

}  // namespace spud::compiler
