// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "ops/plain/evaluate.hpp"

namespace spud::ops::plain {

/// A literal of the given elements; T as Literal::as wants it.
template <class T>
Literal tensor(DType dtype, Shape shape, const std::vector<T>& elements) {
  Literal out(TensorType{dtype, std::move(shape)});
  std::ranges::copy(elements, out.writable<T>().begin());
  return out;
}

inline Literal floats(Shape shape, const std::vector<float>& elements) {
  return tensor(DType::kF32, std::move(shape), elements);
}
inline Literal ints(Shape shape, const std::vector<std::int32_t>& elements) {
  return tensor(DType::kS32, std::move(shape), elements);
}
inline Literal line(const std::vector<float>& elements) {
  return floats({static_cast<std::int64_t>(elements.size())}, elements);
}

/// The one result of an operation that must succeed.
inline Literal run(Opcode opcode, const std::vector<Literal>& operands, TensorType result,
                   const Attributes& attributes = {}) {
  auto results = evaluate(opcode, attributes, operands, result);
  EXPECT_TRUE(results.has_value()) << (results ? "" : results.error().message());
  return results ? results->at(0) : Literal(result);
}
inline Literal run_like(Opcode opcode, const std::vector<Literal>& operands,
                        const Attributes& attributes = {}) {
  return run(opcode, operands, operands.at(0).type(), attributes);
}

template <class T>
std::vector<T> elements(const Literal& literal) {
  auto view = literal.as<T>();
  return {view.begin(), view.end()};
}

}  // namespace spud::ops::plain
