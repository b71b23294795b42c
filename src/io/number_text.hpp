// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "base/literal.hpp"

namespace spud::io {

/// Reads one element of literal `out` from text, rounding once into its type. Independent of the locale. The
/// error has neither place nor the text, which may be secret.
Status parse_element(std::string_view text, Literal& out, std::int64_t element);

}  // namespace spud::io
