// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace spud::service {

/// One line of what several parties must agree on. Devices, manifests and statements are written as lists of
/// fields, so that one function digests all of them and another names the first difference.
struct Field {
  std::string name;
  std::string value;
  bool operator==(const Field&) const = default;
};
using Fields = std::vector<Field>;

/// SHA-256 over `kind` and all names and values, each with its length before it.
Digest digest_fields(const std::string& kind, const Fields& fields);

/// An error that names the first field in which `theirs` differs from `ours`; `party` is who sent theirs.
/// Values are public (names, digests, numbers), so the error shows both.
Status compare_fields(const Fields& ours, const Fields& theirs, const std::string& kind,
                      const std::string& party);

/// The value of a field, or empty.
std::string find_field(const Fields& fields, const std::string& name);

}  // namespace spud::service
