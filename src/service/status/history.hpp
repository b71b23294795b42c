// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "service/status/view.hpp"

namespace spud::service::status {

/// A figure that is worth a curve.
struct Curve {
  enum class Kind {
    kLevel,  ///< as it is
    kRate,   ///< of a count that only grows: its growth a second
  };
  std::string name;
  std::string unit;
  Kind kind = Kind::kLevel;
};

/// The last samples of some figures, so that a page shows where they come from without any other system:
/// a ring of fixed length, no clock, no threads.
class History {
 public:
  /// `most` values of each curve are kept.
  History(std::vector<Curve> curves, std::size_t most) : curves_(std::move(curves)), most_(most) {}

  /// One value for each curve. The first is only what the second is compared with; a count
  /// that has fallen has not grown.
  void sample(Millis now, std::vector<double> values);

  std::vector<Series> series() const;

 private:
  std::vector<Curve> curves_;
  std::size_t most_;
  std::vector<double> last_;
  Millis last_time_{0};
  std::deque<std::vector<double>> shown_;
  std::deque<Millis> steps_;  ///< from the sample before to each that is shown
};

}  // namespace spud::service::status
