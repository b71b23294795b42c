// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/id.hpp"

namespace spud::compiler {

/// Who may know a value: everybody, one party, or nobody. Ordered as public ≤ private to a party ≤ secret;
/// what is made of several values is known to whoever may know all of them, so of two parties' values nobody
/// knows it.
class Knowledge {
 public:
  static Knowledge of_all() { return Knowledge(0); }
  static Knowledge of(Rank owner) { return Knowledge(1 + std::uint64_t{index(owner)}); }
  static Knowledge of_none() { return Knowledge(UINT64_MAX); }

  bool is_public() const { return code_ == 0; }
  bool is_secret() const { return code_ == UINT64_MAX; }
  /// Of a private value; of others nobody.
  std::optional<Rank> owner() const {
    if (is_public() || is_secret()) return std::nullopt;
    return Rank{static_cast<unsigned>(code_ - 1)};
  }
  bool operator==(const Knowledge&) const = default;

  friend Knowledge join(const Knowledge& a, const Knowledge& b) {
    if (a == b || b.is_public()) return a;
    return a.is_public() ? b : of_none();
  }

 private:
  explicit Knowledge(std::uint64_t code) : code_(code) {}
  std::uint64_t code_;
};

}  // namespace spud::compiler
