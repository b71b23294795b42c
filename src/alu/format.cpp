// SPDX-License-Identifier: Apache-2.0
#include "alu/format.hpp"

namespace spud::alu {

ElementFormat element_format(DType dtype, const NumberFormat& device) {
  if (dtype == DType::kPred) return {.boolean = true, .ring_bits = 1, .fraction_bits = 0};
  if (is_float(dtype))
    return {.boolean = false, .ring_bits = device.ring_bits, .fraction_bits = device.fraction_bits};
  return {.boolean = false, .ring_bits = byte_width(dtype) == 8 ? 64u : 32u, .fraction_bits = 0};
}

std::size_t stored_bytes(const TensorType& type, const ElementFormat& format) {
  auto count = static_cast<std::size_t>(type.elements());
  return format.boolean ? (count + 7) / 8 : count * (format.ring_bits / 8);
}

}  // namespace spud::alu
