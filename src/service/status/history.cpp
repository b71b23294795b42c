// SPDX-License-Identifier: Apache-2.0
#include "service/status/history.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace spud::service::status {

void History::sample(Millis now, std::vector<double> values) {
  SPUD_CHECK(values.size() == curves_.size(), "a value for every curve");
  if (!last_.empty()) {
    const double seconds = std::max(0.001, static_cast<double>((now - last_time_).count()) / 1000);
    std::vector<double> shown;
    for (std::size_t i = 0; i < curves_.size(); ++i) {
      const double grown = std::max(0.0, values[i] - last_[i]);
      shown.push_back(curves_[i].kind == Curve::Kind::kRate ? grown / seconds : values[i]);
    }
    shown_.push_back(std::move(shown));
    steps_.push_back(now - last_time_);
    if (shown_.size() > most_) {
      shown_.pop_front();
      steps_.pop_front();
    }
  }
  last_ = std::move(values);
  last_time_ = now;
}

std::vector<Series> History::series() const {
  Millis span{0};
  for (auto step : steps_) span += step;
  std::vector<Series> series;
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    Series one{curves_[i].name, curves_[i].unit, {}, 0};
    for (const auto& values : shown_) one.values.push_back(values[i]);
    if (!steps_.empty()) one.step_millis = span.count() / static_cast<std::int64_t>(steps_.size());
    series.push_back(std::move(one));
  }
  return series;
}

}  // namespace spud::service::status
