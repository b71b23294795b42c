// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/module.hpp"

namespace spud::compiler {

std::string to_string(const HloShape& shape) {
  if (!shape.is_tuple) return spud::to_string(shape.array);
  constexpr std::size_t kShown = 4;
  std::string out = "(";
  for (std::size_t i = 0; i < shape.elements.size() && i < kShown; ++i) {
    out += (i ? ", " : "") + to_string(shape.elements[i]);
  }
  if (shape.elements.size() > kShown) out += ", … " + std::to_string(shape.elements.size()) + " in all";
  return out + ")";
}

void append_leaves(const HloShape& shape, std::vector<TensorType>& out) {
  // As deep as the message was nested: the parser's recursion limit bounds it.
  if (!shape.is_tuple) {
    out.push_back(shape.array);
    return;
  }
  for (const auto& element : shape.elements) append_leaves(element, out);
}

}  // namespace spud::compiler
