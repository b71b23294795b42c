// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace spud::metrics {

enum class Kind { kCounter, kGauge, kHistogram };

/// Which services publish a family.
enum Publishers : unsigned { kScheduler = 1, kNode = 2, kDealer = 4, kEvery = 7 };

/// A label of a family, and what its values are: few ones, never an id that clients choose.
struct Label {
  std::string_view name{};
  std::string_view values{};  ///< one_of: all of them, a blank between two; any: what they say
  bool closed = false;        ///< values names all of them
};
consteval Label one_of(std::string_view name, std::string_view values) {
  return {name, values, true};
}
consteval Label any(std::string_view name, std::string_view what) {
  return {name, what, false};
}

/// What one family of time series is called and means. Checked when it is compiled: names start with spud_,
/// are of [a-z0-9_] and in base units (seconds, bytes); counters and nothing else end in _total; the help is
/// a sentence.
struct Description {
  Kind kind;
  Publishers publishers;
  std::string_view name;
  std::string_view help;
  std::array<Label, 2> labels;  ///< without a name: none

  consteval Description(Kind is, Publishers by, std::string_view called, std::string_view meaning,
                        Label label = {}, Label second_label = {})
      : kind(is), publishers(by), name(called), help(meaning), labels{label, second_label} {
    if (!name.starts_with("spud_") || !is_word(name)) throw "a name is spud_ and lower-case words";
    if (name.ends_with("_total") != (kind == Kind::kCounter)) throw "counters, and only they, end in _total";
    for (std::string_view scaled :
         {"_milliseconds", "_ms", "_micros", "_minutes", "_kib", "_mib", "_kb", "_mb"}) {
      if (name.find(scaled) != std::string_view::npos) throw "units are seconds and bytes";
    }
    if (kind == Kind::kHistogram && !name.ends_with("_seconds") && !name.ends_with("_bytes"))
      throw "name the unit";
    if (help.size() < 10 || !help.ends_with('.')) throw "the help is a sentence";
    for (const Label& one : labels) {
      if (!one.name.empty() && (!is_word(one.name) || one.name == "le")) throw "a label is a lower-case word";
      if (one.name.empty() != one.values.empty()) throw "a label says what its values are";
    }
    if (label.name.empty() && !second_label.name.empty()) throw "labels fill up from the left";
  }

  constexpr std::size_t label_count() const {
    return labels[1].name.empty() ? (labels[0].name.empty() ? 0 : 1) : 2;
  }

 private:
  static consteval bool is_word(std::string_view text) {
    for (char c : text) {
      if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_') return false;
    }
    return !text.empty() && text.front() >= 'a' && text.front() <= 'z';
  }
};

struct CounterFamily : Description {
  consteval CounterFamily(Publishers by, std::string_view called, std::string_view meaning, Label label = {},
                          Label second_label = {})
      : Description(Kind::kCounter, by, called, meaning, label, second_label) {}
};

struct GaugeFamily : Description {
  consteval GaugeFamily(Publishers by, std::string_view called, std::string_view meaning, Label label = {},
                        Label second_label = {})
      : Description(Kind::kGauge, by, called, meaning, label, second_label) {}
};

/// Buckets double from `first_bucket`; there are `bucket_count` of them, and one for all above.
struct HistogramFamily : Description {
  double first_bucket;
  std::size_t bucket_count;
  consteval HistogramFamily(Publishers by, std::string_view called, std::string_view meaning, double first,
                            std::size_t count, Label label = {})
      : Description(Kind::kHistogram, by, called, meaning, label), first_bucket(first), bucket_count(count) {
    if (!(first_bucket > 0) || bucket_count == 0 || bucket_count > 32) throw "1 to 32 buckets above zero";
  }
};

}  // namespace spud::metrics
