// SPDX-License-Identifier: Apache-2.0
#pragma once

// Cap'n Proto 0.9 leaves these two out where the compiler knows C++20, since comparisons are then found with
// their operands exchanged. Clang from 16 on no longer does that for a type that has an operator!= of its
// own.
#include <kj/string.h>

namespace kj {

inline bool operator==(const char* a, const StringPtr& b) {
  return b == StringPtr(a);
}
inline bool operator!=(const char* a, const StringPtr& b) {
  return !(b == StringPtr(a));
}

}  // namespace kj
