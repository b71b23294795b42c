// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/error.hpp"
#include "compiler/lower/emitter.hpp"

namespace spud::compiler {

/// A computation of scalars that an instruction applies to the elements of tensors: a reducer, a comparator,
/// what map names.
class ScalarFunction {
 public:
  /// Refuses what does more than compute on scalars: loops, branches, tensors.
  static Result<ScalarFunction> of(ir::Region body, std::string name);

  const std::string& name() const { return name_; }
  const ir::Region& body() const { return body_; }
  /// Whether it takes `count` scalars of each of these types, in turn (a0, b0, … or a0, a1, …, b0, b1, …),
  /// and gives one of each of `results`.
  Status expect(const std::vector<DType>& parameters, const std::vector<DType>& results) const;

  /// The same on whole tensors of one shape, an argument a parameter.
  Leaves apply(Emitter& emitter, const Leaves& arguments) const;

  /// The reducer that this is, if it has a kernel of its own.
  std::optional<ops::Reducer> reducer() const;

 private:
  ScalarFunction(ir::Region body, std::string name) : body_(std::move(body)), name_(std::move(name)) {}
  ir::Region body_;
  std::string name_;
};

}  // namespace spud::compiler
