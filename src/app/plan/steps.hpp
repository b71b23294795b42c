// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/compile.hpp"

namespace spud::app::plan {

/// What one step of the compiler left.
struct Step {
  std::string name;
  std::string text;              ///< if it changed something
  std::size_t instructions = 0;  ///< regions included
  bool changed = false;          ///< something that the text shows; the first step always
};

/// Writes down what the steps of the compiler do.
class StepLog {
 public:
  /// Lives as long as the log.
  compiler::StepObserver observer();

  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::vector<Step> steps_;
};

/// What the step found: the text that the last change before it left.
const std::string& text_before(const std::vector<Step>& steps, std::size_t index);

/// Their names, each once, in the order they first ran.
std::vector<std::string> names_of(const std::vector<Step>& steps);

/// "fold: from 40 to 31 instructions", or that it changed nothing.
std::string headline(const std::vector<Step>& steps, std::size_t index);

/// What a step's text has that the other's has not, line by line: the numbers of values do not count, for
/// one instruction less renumbers all that follow.
std::vector<bool> lines_without_partner(std::string_view text, std::string_view other);

std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace spud::app::plan
