// SPDX-License-Identifier: Apache-2.0
#include "system/metrics/registry.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "system/metrics/catalogue.hpp"
#include "system/metrics/process.hpp"

namespace spud::metrics {

void Counter::add(double by) {
  series_->Increment(by);
}
void Gauge::set(double value) {
  series_->Set(value);
}
void Gauge::add(double by) {
  series_->Increment(by);
}
void Histogram::observe(double value) {
  series_->Observe(value);
}

namespace {

prometheus::MetricType type_of(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return prometheus::MetricType::Counter;
    case Kind::kGauge:
      return prometheus::MetricType::Gauge;
    case Kind::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

/// "a b" to {"a", "b"}; {""} for a label that the family does not have.
std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    found.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return found;
}

}  // namespace

struct Registry::State {
  prometheus::Registry registry;
  std::mutex mutex;
  // Guarded by mutex.
  std::map<std::string_view, std::set<prometheus::Labels>> series;  ///< by family
  std::vector<const Description*> touched;
  std::mutex removing;  ///< no gauge goes while it is being set
  std::mutex looking;
  // Guarded by looking.
  std::map<std::uint64_t, std::function<void()>> looks;
  std::uint64_t next_look = 0;

  static prometheus::Labels named(const Description& family, LabelValues values) {
    SPUD_CHECK(values.size() == family.label_count(), "a value for every label of the family");
    prometheus::Labels labels;
    for (std::size_t i = 0; i < values.size(); ++i) {
      labels.emplace(std::string(family.labels[i].name), std::string(values.begin()[i]));
    }
    return labels;
  }

  /// The labels of a series, replaced by "other" once the family is full.
  prometheus::Labels labels(const Description& family, LabelValues values) {
    auto labels = named(family, values);
    std::lock_guard guard(mutex);
    auto& known = series[family.name];
    if (known.contains(labels)) return labels;
    if (known.size() + 1 >= limits::kSeriesPerMetric) {
      for (auto& [name, value] : labels) value = "other";
    }
    known.insert(labels);
    return labels;
  }

  /// Is there a series of its own for these values, or room for one?
  bool has_place(const Description& family, LabelValues values) {
    const auto labels = named(family, values);
    std::lock_guard guard(mutex);
    const auto& known = series[family.name];
    return known.contains(labels) || known.size() + 1 < limits::kSeriesPerMetric;
  }

  /// What is there now: looked at, told, touched, and the process's own.
  std::vector<prometheus::MetricFamily> collect() {
    {
      std::lock_guard guard(looking);
      for (const auto& [number, look] : looks) look();
    }
    auto families = registry.Collect();
    {
      std::lock_guard guard(mutex);
      for (const Description* family : touched) {
        if (!series[family->name].empty()) continue;
        families.push_back({std::string(family->name), std::string(family->help), type_of(family->kind), {}});
      }
    }
    for (auto& family : process_families()) families.push_back(std::move(family));
    return families;
  }

  template <class Builder>
  auto& registered(Builder builder, const Description& family) {
    return builder.Name(std::string(family.name)).Help(std::string(family.help)).Register(registry);
  }
};

Registry::Registry(const BuildInfo& build) : state_(std::make_unique<State>()) {
  gauge(family::kBuild, {build.version, build.role}).set(1);
}

Registry::~Registry() = default;

Counter Registry::counter(const CounterFamily& family, LabelValues values) {
  auto labels = state_->labels(family, values);
  return Counter(&state_->registered(prometheus::BuildCounter(), family).Add(labels));
}

Gauge Registry::gauge(const GaugeFamily& family, LabelValues values) {
  auto labels = state_->labels(family, values);
  return Gauge(&state_->registered(prometheus::BuildGauge(), family).Add(labels));
}

Histogram Registry::histogram(const HistogramFamily& family, LabelValues values) {
  auto labels = state_->labels(family, values);
  prometheus::Histogram::BucketBoundaries buckets;
  double bound = family.first_bucket;
  for (std::size_t i = 0; i < family.bucket_count; ++i, bound *= 2) buckets.push_back(bound);
  return Histogram(&state_->registered(prometheus::BuildHistogram(), family).Add(labels, buckets));
}

void Registry::set(const GaugeFamily& family, LabelValues values, double value) {
  std::lock_guard guard(state_->removing);
  // Nobody could remove a series that stands for several.
  if (!state_->has_place(family, values)) return;
  gauge(family, values).set(value);
}

void Registry::remove(const GaugeFamily& family, LabelValues values) {
  std::lock_guard guard(state_->removing);
  const auto labels = State::named(family, values);
  {
    std::lock_guard series(state_->mutex);
    if (state_->series[family.name].erase(labels) == 0) return;
  }
  auto& registered = state_->registered(prometheus::BuildGauge(), family);
  registered.Remove(&registered.Add(labels));
}

void Registry::touch(Publishers services) {
  for (const Description* family : family::kCatalogue) {
    if ((family->publishers & services) == 0) continue;
    {
      std::lock_guard guard(state_->mutex);
      state_->touched.push_back(family);
    }
    const auto& [first, second] = family->labels;
    if ((!first.name.empty() && !first.closed) || (!second.name.empty() && !second.closed)) continue;
    for (auto one : words(first.values)) {
      for (auto other : words(second.values)) touch(*family, one, other);
    }
  }
}

void Registry::touch(const Description& family, std::string_view first, std::string_view second) {
  const auto make = [&](LabelValues values) {
    switch (family.kind) {
      case Kind::kCounter:
        return void(counter(static_cast<const CounterFamily&>(family), values));
      case Kind::kGauge:
        return void(gauge(static_cast<const GaugeFamily&>(family), values));
      case Kind::kHistogram:
        return void(histogram(static_cast<const HistogramFamily&>(family), values));
    }
  };
  switch (family.label_count()) {
    case 0:
      return make({});
    case 1:
      return make({first});
    default:
      return make({first, second});
  }
}

Registry::Looking Registry::look(std::function<void()> look) {
  std::lock_guard guard(state_->looking);
  const auto number = state_->next_look++;
  state_->looks.emplace(number, std::move(look));
  return Looking([this, number] {
    std::lock_guard guard(state_->looking);
    state_->looks.erase(number);
  });
}

std::string Registry::text() const {
  return prometheus::TextSerializer().Serialize(state_->collect());
}

std::vector<Sample> Registry::samples() const {
  std::vector<Sample> samples;
  for (const auto& family : state_->collect()) {
    for (const auto& metric : family.metric) {
      Sample sample{family.name, {}, 0};
      if (family.type == prometheus::MetricType::Counter) {
        sample.value = metric.counter.value;
      } else if (family.type == prometheus::MetricType::Gauge) {
        sample.value = metric.gauge.value;
      } else {
        continue;
      }
      for (const auto& label : metric.label) sample.labels[label.name] = label.value;
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

}  // namespace spud::metrics
