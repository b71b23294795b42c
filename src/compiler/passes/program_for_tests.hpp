// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "compiler/passes/constants.hpp"
#include "ir/builder.hpp"
#include "ir/print.hpp"
#include "ir/verify.hpp"

namespace spud::compiler::testing {

using ir::RegionBuilder;
using ir::ValueId;
using ir::ValueInfo;
using ir::Visibility;
using ops::Opcode;

inline const ValueInfo kX{{DType::kF32, {2}}, Visibility::kSecret};
inline const ValueInfo kPlain{{DType::kF32, {2}}, Visibility::kPublic};
inline const ValueInfo kBits{{DType::kPred, {2}}, Visibility::kSecret};
inline const ValueInfo kCounter{{DType::kS32, {}}, Visibility::kPublic};

/// Builds a region on parameters, runs passes on it, checks that it verifies after each, and prints its body.
class Program {
 public:
  explicit Program(std::vector<ValueInfo> parameters)
      : parameters_(parameters), builder_(std::move(parameters)) {}

  ValueId add(Opcode opcode, std::vector<ValueId> operands, ValueInfo result = kX,
              ops::Attributes attributes = {}) {
    return builder_.add(opcode, std::move(attributes), std::move(operands), std::move(result), "");
  }
  ValueId constant(const Literal& literal) {
    ops::Attributes attributes;
    attributes.literal = literal;
    return add(Opcode::kConstant, {}, {literal.type(), Visibility::kPublic}, attributes);
  }
  /// A vector of two elements.
  ValueId constant(float a, float b) {
    Literal literal(kX.type);
    literal.set_float(0, a);
    literal.set_float(1, b);
    return constant(literal);
  }
  ValueId splat(float a) { return add_splat(builder_, Literal::scalar(DType::kF32, a), {2}, ""); }
  RegionBuilder& builder() { return builder_; }

  std::string after(std::vector<void (*)(ir::Region&)> passes, std::vector<ValueId> results) {
    ir::Plan plan;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      plan.inputs.push_back({"in" + std::to_string(i), parameters_[i]});
    plan.main = std::move(builder_).finish(std::move(results));
    expect_sound(plan, "the program");
    for (auto pass : passes) {
      pass(plan.main);
      expect_sound(plan, "a pass");
    }
    auto text = ir::to_text(plan);
    std::size_t skip = 0;
    for (std::size_t lines = 0; lines <= parameters_.size(); ++lines) skip = text.find('\n', skip) + 1;
    return text.substr(skip);
  }

 private:
  static void expect_sound(const ir::Plan& plan, const char* after) {
    auto status = ir::verify(plan);
    EXPECT_TRUE(status) << after << ": " << status.error().message() << "\n" << ir::to_text(plan);
  }

  std::vector<ValueInfo> parameters_;
  RegionBuilder builder_;
};

}  // namespace spud::compiler::testing
