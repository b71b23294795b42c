// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/module.hpp"
#include "compiler/lower/emitter.hpp"

namespace spud::compiler {

/// A window of the file in the terms of padding and of Emitter::windows; an entry a dimension.
struct Window {
  Emitter::Dimensions low, high, interior, sizes, stride, dilation, reversed;

  /// Over the last dimensions of a tensor of this shape, as many as the window has; those before stay as they
  /// are.
  static Result<Window> over(const std::vector<HloWindowDimension>& window, const Shape& shape);

  Emitter::Value pad(Emitter& emitter, Emitter::Value x, Emitter::Value padding) const {
    return emitter.pad(x, padding, low, high, interior);
  }
  /// Of the padded tensor.
  Result<Emitter::Value> places(Emitter& emitter, Emitter::Value padded) const {
    return emitter.windows(padded, sizes, stride, dilation);
  }
};

}  // namespace spud::compiler
