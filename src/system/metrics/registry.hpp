// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// A counter that follows a total which somebody else counts from zero. One thread.
class Follower {
 public:
  explicit Follower(Counter counter) : counter_(counter) {}
  /// Adds what the total has grown by; nothing for one that has not.
  void follow(double total) {
    if (total > seen_) counter_.add(total - seen_);
    seen_ = total;
  }

 private:
  Counter counter_;
  double seen_ = 0;
};

/// A series as it is now. Histograms have none.
struct Sample {
  std::string family;
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// What this process is, for spud_build_info.
struct BuildInfo {
  std::string version;
  std::string role;  ///< "node", "scheduler", "dealer"
};

/// All time series of a process; one a process, made by its main. Any thread.
class Registry {
 public:
  /// With spud_build_info alone.
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

  /// For gauges of what may go away: no handle of such a series is kept, and what finds no place among
  /// limits::kSeriesPerMetric is not shown.
  void set(const GaugeFamily& family, LabelValues values, double value);
  void remove(const GaugeFamily& family, LabelValues values);

  /// Makes every family of the catalogue that these services publish, and, where the catalogue names all
  /// values of its labels, every series of it at zero. A family without series yet has its name and help.
  void touch(Publishers services);

  /// Calls `look` before each text(), on its thread, until the handle goes: for what is looked at rather than
  /// told. One at a time; must not block for long, nor make or drop such a handle.
  class Looking {
   public:
    Looking() = default;
    explicit Looking(std::function<void()> end) : end_(std::move(end)) {}
    Looking(Looking&& other) noexcept : end_(std::exchange(other.end_, {})) {}
    Looking& operator=(Looking&& other) noexcept {
      std::swap(end_, other.end_);
      return *this;
    }
    /// Returns only when `look` is not being called.
    ~Looking() {
      if (end_) end_();
    }

   private:
    std::function<void()> end_;
  };
  [[nodiscard]] Looking look(std::function<void()> look);

  /// Everything, with the process's own figures, in the Prometheus text format 0.0.4.
  std::string text() const;
  /// The same of counters and gauges as values, for those who show some of them in another way.
  std::vector<Sample> samples() const;

 private:
  struct State;
  void touch(const Description& family, std::string_view first, std::string_view second);

  std::unique_ptr<State> state_;
};

}  // namespace spud::metrics
