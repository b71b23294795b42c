// SPDX-License-Identifier: Apache-2.0
#include "ir/plan.hpp"

#include "base/check.hpp"

namespace spud::ir {

const char* to_string(Visibility visibility) {
  switch (visibility) {
    case Visibility::kPublic:
      return "public";
    case Visibility::kSecret:
      return "secret";
  }
  SPUD_CHECK(false, "every visibility has a name");
}

}  // namespace spud::ir
