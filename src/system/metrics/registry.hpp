// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "system/metrics/family.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace spud::metrics {

/// One time series. A handle that is copied freely, valid as long as its Registry. Any thread, no lock.
class Counter {
 public:
  /// `by` is not negative.
  void add(double by = 1);

 private:
  friend class Registry;
  explicit Counter(prometheus::Counter* series) : series_(series) {}
  prometheus::Counter* series_;
};

class Gauge {
 public:
  void set(double value);
  void add(double by = 1);

 private:
  friend class Registry;
  explicit Gauge(prometheus::Gauge* series) : series_(series) {}
  prometheus::Gauge* series_;
};

class Histogram {
 public:
  void observe(double value);

 private:
  friend class Registry;
  explicit Histogram(prometheus::Histogram* series) : series_(series) {}
  prometheus::Histogram* series_;
};

/// What this process is, for spud_build_info.
struct BuildInfo {
  std::string version;
  std::string role;  ///< "node", "scheduler", "dealer"
};

/// All time series of a process; one a process, made by its main. Any thread.
class Registry {
 public:
  explicit Registry(const BuildInfo& build);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  using LabelValues = std::initializer_list<std::string_view>;
  /// The series of `family` with these values, one for each of its labels, made at zero if new. Beyond
  /// limits::kSeriesPerMetric series of a family, new values are counted under "other". Takes a lock: keep
  /// the handle.
  Counter counter(const CounterFamily& family, LabelValues values = {});
  Gauge gauge(const GaugeFamily& family, LabelValues values = {});
  Histogram histogram(const HistogramFamily& family, LabelValues values = {});

  /// Everything, with the process's own figures, in the Prometheus text format 0.0.4.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spud::metrics
