// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/import/module.hpp"
#include "compiler/lower/scalar_function.hpp"

/// What larger HLO instructions become. Each checks what the file says of its instruction against the
/// operands, and gives a value for each array of the result; whoever calls compares their types with the
/// stated ones.
namespace spud::compiler {

/// Operands: n arrays, then n initial values.
Result<Leaves> expand_reduce(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands,
                             const ScalarFunction& reducer);
Result<Leaves> expand_map(Emitter& emitter, const Leaves& operands, const ScalarFunction& function);
/// `chooser`: of a select-and-scatter over the same windows; a maximum or minimum is then made of the very
/// comparisons that it makes, so that they are made once.
Result<Leaves> expand_reduce_window(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands,
                                    const ScalarFunction& reducer, const ScalarFunction* chooser = nullptr);
/// Operands: operand, source, initial value.
Result<Leaves> expand_select_and_scatter(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands,
                                         const ScalarFunction& select, const ScalarFunction& scatter);
Result<Leaves> expand_convolution(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands);
/// Operands: operand, start indices.
Result<Leaves> expand_gather(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands);
/// Operands: n arrays, indices, n updates.
Result<Leaves> expand_scatter(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands,
                              const ScalarFunction& combiner);
Result<Leaves> expand_batch_norm(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands);
Result<Leaves> expand_cholesky(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands);
Result<Leaves> expand_triangular_solve(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands);

/// Keys that a comparator names or computes are sorted by; any other is applied in a network of comparisons.
Result<Leaves> expand_sort(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands,
                           const ScalarFunction& comparator);
Result<Leaves> expand_top_k(Emitter& emitter, const HloInstruction& hlo, const Leaves& operands);

/// Element types of n arrays of one shape, each with a scalar of its own behind them, which a reducer of 2n
/// scalars combines; refuses anything else.
Result<std::vector<DType>> reduced_types(Emitter& emitter, const Leaves& operands,
                                         const ScalarFunction& reducer);

/// A reduction in which any function is applied in a tree; f(f(a, b), c) = f(a, f(b, c)) as XLA may assume.
/// [length, width] arrays to [width].
Leaves reduce_rows(Emitter& emitter, Leaves rows, const ScalarFunction& reducer);

}  // namespace spud::compiler
