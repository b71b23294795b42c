// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/row_numbers.hpp"

#include <algorithm>

namespace spud::compiler {

DType row_number_type(std::int64_t largest) {
  return largest < (std::int64_t{1} << 31) ? DType::kS32 : DType::kS64;
}

double highest_index(DType dtype) {
  const unsigned bits = bit_width(dtype) - (is_signed(dtype) ? 1 : 0);
  return bits >= 62 ? 4e18 : static_cast<double>((std::int64_t{1} << bits) - 1);
}

Emitter::Value clamped_start(Emitter& e, Emitter::Value index, std::int64_t last, DType type) {
  const TensorType own = e.type(index), scalar{own.dtype, {}};
  const double end = std::min(static_cast<double>(last), highest_index(own.dtype));
  const auto low = e.full(scalar, 0), high = e.full(scalar, end);
  return e.convert(e.add(ops::Opcode::kClamp, {}, {low, index, high}, own), type);
}

Literal window_offsets(DType type, const Shape& window, const std::vector<std::int64_t>& strides) {
  Literal out(TensorType{type, {element_count(window)}});
  for (std::int64_t i = 0; i < out.elements(); ++i) {
    std::int64_t left = i, offset = 0;
    for (std::size_t k = window.size(); k-- > 0;) {
      offset += left % window[k] * strides[k];
      left /= window[k];
    }
    out.set_int(i, offset);
  }
  return out;
}

}  // namespace spud::compiler
