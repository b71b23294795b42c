// SPDX-License-Identifier: Apache-2.0
#include "app/bench/error_size.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spud::app::bench {
namespace {

double error(double got, double expected) {
  if (got == expected || (std::isnan(got) && std::isnan(expected))) return 0;
  const double distance = std::abs(got - expected);
  return std::isnan(distance) ? std::numeric_limits<double>::infinity() : distance;
}

}  // namespace

double largest_error(const Literal& got, const Literal& expected) {
  SPUD_CHECK(got.type() == expected.type(), "results of one program have one type");
  const bool floats = is_float(got.dtype());
  double largest = 0;
  for (std::int64_t i = 0; i < got.elements(); ++i) {
    largest = std::max(
        largest, floats ? error(got.float_at(i), expected.float_at(i))
                        : error(static_cast<double>(got.int_at(i)), static_cast<double>(expected.int_at(i))));
  }
  return largest;
}

}  // namespace spud::app::bench
