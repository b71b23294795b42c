// SPDX-License-Identifier: Apache-2.0
#include "system/metrics/registry.hpp"

#include <map>
#include <mutex>
#include <set>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/check.hpp"
#include "base/limits.hpp"
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

struct Registry::State {
  prometheus::Registry registry;
  std::mutex mutex;
  std::map<std::string_view, std::set<prometheus::Labels>> series;  ///< by family; guarded by mutex

  /// The labels of a series, replaced by "other" once the family is full.
  prometheus::Labels labels(const Description& family, LabelValues values) {
    SPUD_CHECK(values.size() == family.label_count(), "a value for every label of the family");
    prometheus::Labels labels;
    for (std::size_t i = 0; i < values.size(); ++i) {
      labels.emplace(std::string(family.labels[i]), std::string(values.begin()[i]));
    }
    std::lock_guard guard(mutex);
    auto& known = series[family.name];
    if (known.contains(labels)) return labels;
    if (known.size() + 1 >= limits::kSeriesPerMetric) {
      for (auto& [name, value] : labels) value = "other";
    }
    known.insert(labels);
    return labels;
  }

  template <class Builder>
  auto& registered(Builder builder, const Description& family) {
    return builder.Name(std::string(family.name)).Help(std::string(family.help)).Register(registry);
  }
};

Registry::Registry(const BuildInfo& build) : state_(std::make_unique<State>()) {
  static constexpr GaugeFamily kBuild{"spud_build_info", "Constant 1, labelled with what this process is.",
                                      "version", "role"};
  gauge(kBuild, {build.version, build.role}).set(1);
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

std::string Registry::text() const {
  auto families = state_->registry.Collect();
  for (auto& family : process_families()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace spud::metrics
