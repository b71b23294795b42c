// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "correlation/source.hpp"

namespace spud::protocol::semi2k {

/// Arithmetic on what the dealer alone knows, by what its machine can do.
class Dealt {
 public:
  using Register = correlation::Register;
  explicit Dealt(correlation::Source& source) : source_(source) {}
  Register sum(const Register& a, const Register& b) const { return both(ring::LinearMap::Kind::kAdd, a, b); }
  Register difference(const Register& a, const Register& b) const {
    return both(ring::LinearMap::Kind::kSubtract, a, b);
  }
  Register product(const Register& a, const Register& b) const {
    Register factors[] = {a, b};
    return source_.derive(correlation::Op::kMultiply, {}, factors);
  }
  /// A small number of times.
  Register times(std::int64_t n, const Register& a) const {
    Register out = a;
    for (std::int64_t i = 1; i < n; ++i) out = sum(out, a);
    return out;
  }
  /// (2b − 1)·z for a b of 0 or 1.
  Register signed_by(const Register& b, const Register& z) const {
    const Register product_of = product(b, z);
    return difference(sum(product_of, product_of), z);
  }

 private:
  Register both(ring::LinearMap::Kind kind, const Register& a, const Register& b) const {
    Register terms[] = {a, b};
    return source_.linear(ring::LinearMap::of(kind), terms);
  }
  correlation::Source& source_;
};

}  // namespace spud::protocol::semi2k
