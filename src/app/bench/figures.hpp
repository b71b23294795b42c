// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/bench/setting.hpp"

namespace spud::app::bench {

/// The middle value; the mean of the two middle ones of an even number. Of at least one.
double median(std::vector<double> values);

/// What one run of one process cost.
struct RoleFigures {
  double cpu_seconds = 0;
  std::uint64_t peak_rss_bytes = 0;
  std::map<std::string, std::uint64_t> sent_bytes;  ///< to whom; whole frames
};

/// One run of a program: from the start signal to the end of the slowest party.
struct RunFigures {
  double seconds = 0;
  std::map<std::string, RoleFigures> roles;  ///< by name: party0, …, dealer
  std::uint64_t rounds = 0;
  std::uint64_t opened_bits = 0;  ///< a party to each peer
  std::uint64_t tape_bytes = 0;   ///< that the last party read
};

/// A program's line in the report.
struct Row {
  std::string name;
  std::optional<Error> error;  ///< then there is nothing else
  std::vector<RunFigures> runs;
  double compile_seconds = 0;
  std::uint64_t dealt_bits = 0;
  std::optional<double> max_abs_err;  ///< against ref2k
  std::string unchecked;              ///< why there is none
};

/// As docs/benchmarks.md describes it.
nlohmann::json to_json(const Row& row, const Setting& setting);

/// A table for people: a line a program.
std::string to_text(const std::vector<Row>& rows, const Setting& setting);

}  // namespace spud::app::bench
