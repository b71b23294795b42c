// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace spud::metrics {

enum class Kind { kCounter, kGauge, kHistogram };

/// What one family of time series is called and means. Checked when it is compiled: names start with spud_,
/// are of [a-z0-9_] and in base units (seconds, bytes); counters and nothing else end in _total; the help is
/// a sentence. Labels have few values: names of peers, outcomes, reasons. Never an id that clients choose.
struct Description {
  std::string_view name;
  std::string_view help;
  std::array<std::string_view, 2> labels;  ///< names; empty: none

  consteval Description(Kind kind, std::string_view name, std::string_view help, std::string_view label = "",
                        std::string_view second_label = "")
      : name(name), help(help), labels{label, second_label} {
    if (!name.starts_with("spud_") || !is_word(name)) throw "a name is spud_ and lower-case words";
    if (name.ends_with("_total") != (kind == Kind::kCounter)) throw "counters, and only they, end in _total";
    for (std::string_view scaled :
         {"_milliseconds", "_ms", "_micros", "_minutes", "_kib", "_mib", "_kb", "_mb"}) {
      if (name.find(scaled) != std::string_view::npos) throw "units are seconds and bytes";
    }
    if (kind == Kind::kHistogram && !name.ends_with("_seconds") && !name.ends_with("_bytes"))
      throw "name the unit";
    if (help.size() < 10 || !help.ends_with('.')) throw "the help is a sentence";
    for (std::string_view one : labels) {
      if (!one.empty() && (!is_word(one) || one == "le")) throw "a label is a lower-case word";
    }
    if (label.empty() && !second_label.empty()) throw "labels fill up from the left";
  }

  constexpr std::size_t label_count() const { return labels[1].empty() ? (labels[0].empty() ? 0 : 1) : 2; }

 private:
  static consteval bool is_word(std::string_view text) {
    for (char c : text) {
      if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_') return false;
    }
    return !text.empty() && text.front() >= 'a' && text.front() <= 'z';
  }
};

struct CounterFamily : Description {
  consteval CounterFamily(std::string_view name, std::string_view help, std::string_view label = "",
                          std::string_view second_label = "")
      : Description(Kind::kCounter, name, help, label, second_label) {}
};

struct GaugeFamily : Description {
  consteval GaugeFamily(std::string_view name, std::string_view help, std::string_view label = "",
                        std::string_view second_label = "")
      : Description(Kind::kGauge, name, help, label, second_label) {}
};

/// Buckets double from `first_bucket`; there are `bucket_count` of them, and one for all above.
struct HistogramFamily : Description {
  double first_bucket;
  std::size_t bucket_count;
  consteval HistogramFamily(std::string_view name, std::string_view help, double first_bucket,
                            std::size_t bucket_count, std::string_view label = "")
      : Description(Kind::kHistogram, name, help, label),
        first_bucket(first_bucket),
        bucket_count(bucket_count) {
    if (!(first_bucket > 0) || bucket_count == 0 || bucket_count > 32) throw "1 to 32 buckets above zero";
  }
};

}  // namespace spud::metrics
