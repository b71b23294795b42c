// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/id.hpp"

namespace spud::metrics {

enum class Level { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

/// The levels and formats by the names they have in configuration: debug info warning error; text json.
std::optional<Level> parse_level(std::string_view name);
const char* to_string(Level level);
std::optional<LogFormat> parse_log_format(std::string_view name);

/// A name and a value of a log line. What is not a text, a number, a bool, an id or a digest does not
/// compile: bytes, tensors, seeds and shares can only be logged by somebody who spells them out first.
class Field {
 public:
  using Value = std::variant<std::string, std::int64_t, std::uint64_t, double, bool>;

  template <class Text>
  requires std::convertible_to<const Text&, std::string_view> Field(std::string_view name, const Text& value)
      : name_(name), value_(std::string(std::string_view(value))) {}

  template <class Number>
  requires std::is_arithmetic_v<Number> Field(std::string_view name, Number value)
      : name_(name), value_(widen(value)) {
    static_assert(!std::same_as<Number, char> && !std::same_as<Number, unsigned char>,
                  "a byte is not a number here");
  }

  template <class Tag>
  Field(std::string_view name, const StrongId<Tag>& id) : name_(name), value_(id.str()) {}
  Field(std::string_view name, const Digest& digest) : name_(name), value_(digest.hex()) {}
  Field(std::string_view name, Rank rank) : name_(name), value_(std::uint64_t{index(rank)}) {}

  const std::string& name() const { return name_; }
  const Value& value() const { return value_; }

 private:
  template <class Number>
  static Value widen(Number value) {
    if constexpr (std::same_as<Number, bool>)
      return value;
    else if constexpr (std::floating_point<Number>)
      return static_cast<double>(value);
    else if constexpr (std::is_signed_v<Number>)
      return static_cast<std::int64_t>(value);
    else
      return static_cast<std::uint64_t>(value);
  }

  std::string name_;
  Value value_;
};

using Fields = std::initializer_list<Field>;

struct LogOptions {
  Level level = Level::kInfo;  ///< the least that is written
  LogFormat format = LogFormat::kText;
  std::filesystem::path file;  ///< appended to; empty: standard error
};

/// Writes one line an event: time (UTC, ms), level, message, then fields. Text and JSON both escape what is
/// not printable, so that no value can forge a line. Copies share destination and level. Any thread.
class Logger {
 public:
  /// Writes nothing; for tests and libraries without a logger.
  Logger() = default;
  /// `clock` outlives the logger and its copies. kBadInput if the file cannot be opened.
  static Result<Logger> open(const LogOptions& options, const Clock& clock);

  /// The same logger, putting `fields` on every line.
  Logger with(Fields fields) const;

  void debug(std::string_view message, Fields fields = {}) const { write(Level::kDebug, message, fields); }
  void info(std::string_view message, Fields fields = {}) const { write(Level::kInfo, message, fields); }
  void warning(std::string_view message, Fields fields = {}) const {
    write(Level::kWarning, message, fields);
  }
  void error(std::string_view message, Fields fields = {}) const { write(Level::kError, message, fields); }
  /// The error's parts as fields: error, code, where, expected, party, hint.
  void error(std::string_view message, const Error& error, Fields fields = {}) const;

  void write(Level level, std::string_view message, Fields fields) const;

  /// The least that is written from now on, by all copies.
  void set_level(Level level) const;
  /// Opens its file anew, for whoever has renamed it; lines go on to where they went if that fails.
  Status reopen() const;

 private:
  struct State;
  void write_line(Level level, std::string_view message, const std::vector<const Field*>& fields) const;
  std::shared_ptr<State> state_;
  std::vector<Field> context_;
};

}  // namespace spud::metrics
