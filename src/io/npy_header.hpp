// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/type.hpp"

namespace spud::io {

enum class ElementOrder { kRowMajor, kColumnMajor };

/// What the header of a .npy file says.
struct NpyHeader {
  TensorType type;
  ElementOrder order = ElementOrder::kRowMajor;
};

/// Reads the header's text, a Python dictionary of exactly descr, fortran_order and shape. Errors have no
/// place yet.
Result<NpyHeader> parse_npy_header(std::string_view text);

/// The text for a row-major array, without padding. The type must not be bf16.
std::string format_npy_header(const TensorType& type);

}  // namespace spud::io
