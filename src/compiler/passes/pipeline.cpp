// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/pipeline.hpp"

#include <array>

#include "compiler/passes/bounds.hpp"
#include "compiler/passes/common_subexpressions.hpp"
#include "compiler/passes/dead_code.hpp"
#include "compiler/passes/fold.hpp"
#include "compiler/passes/functions.hpp"
#include "compiler/passes/identities.hpp"
#include "compiler/passes/loop_constants.hpp"
#include "compiler/passes/loop_invariants.hpp"
#include "compiler/passes/mantissas.hpp"
#include "compiler/passes/prepare.hpp"
#include "compiler/passes/remainders.hpp"
#include "compiler/passes/scaling.hpp"
#include "compiler/passes/sigmoids.hpp"
#include "compiler/passes/sums_of_products.hpp"
#include "compiler/passes/variances.hpp"

namespace spud::compiler {
namespace {

constexpr Pass kDeadCode{"dead code", remove_dead_code};
constexpr Pass kLoopConstants{"loop constants", expose_loop_constants};
constexpr Pass kFold{"fold", fold_constants};
constexpr Pass kIdentities{"identities", remove_identities};
constexpr Pass kMantissas{"mantissas", replace_mantissas};
constexpr Pass kFunctions{"functions", find_functions};
constexpr Pass kSigmoids{"sigmoids", find_sigmoids};
constexpr Pass kVariances{"variances", rewrite_variances};
constexpr Pass kBounds{"bounds", decide_by_bounds};
constexpr Pass kSums{"sums of products", find_sums_of_products};
constexpr Pass kInvariants{"loop invariants", move_loop_invariants};
constexpr Pass kScaling{"scaling", move_scaling};
constexpr Pass kRemainders{"remainders", share_divisions};
constexpr Pass kCommon{"common subexpressions", merge_common_subexpressions};
constexpr Pass kPrepare{"prepare", prepare_loop_values};

/// Folding writes constants in the one form that the others look for. A second turn takes up what the first
/// laid open. Sums of products are told from products with another use when what is dead is gone. What is
/// opened is counted when everything else is settled.
constexpr std::array kPipeline = {
    kFold,       kLoopConstants, kDeadCode,   kFold,       kMantissas, kIdentities, kCommon,  kSigmoids,
    kFunctions,  kVariances,     kScaling,    kCommon,     kFold,      kIdentities, kCommon,  kSigmoids,
    kFunctions,  kBounds,        kFold,       kIdentities, kDeadCode,  kSums,       kScaling, kCommon,
    kIdentities, kRemainders,    kInvariants, kDeadCode,   kPrepare,
};

}  // namespace

std::span<const Pass> pipeline() {
  return kPipeline;
}

void run_pipeline(ir::Region& main, const StepObserver& observer) {
  for (const auto& pass : kPipeline) {
    pass.run(main);
    if (observer) observer(pass.name, main);
  }
}

}  // namespace spud::compiler
