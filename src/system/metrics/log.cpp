// SPDX-License-Identifier: Apache-2.0
#include "system/metrics/log.hpp"

#include <atomic>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/utc.hpp"

namespace spud::metrics {
namespace {

using Json = nlohmann::ordered_json;

/// 2026-01-31T12:00:00.123Z
std::string utc(std::int64_t unix_millis) {
  return utc_text(unix_millis / 1000, "%Y-%m-%dT%H:%M:%S") + fmt::format(".{:03}Z", unix_millis % 1000);
}

Json to_json(const Field::Value& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

/// One line; bytes that are not UTF-8 become U+FFFD.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Words stand as they are; anything else in quotes, escaped as in JSON.
std::string quote(const std::string& text) {
  bool plain = !text.empty();
  for (unsigned char c : text) plain = plain && c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
  return plain ? text : dump(Json(text));
}

std::string text_line(std::string_view time, Level level, std::string_view message,
                      const std::vector<const Field*>& fields) {
  std::string escaped = dump(Json(std::string(message)));
  std::string line =
      fmt::format("{} {:<7} {}", time, to_string(level), escaped.substr(1, escaped.size() - 2));
  for (const Field* field : fields) {
    const auto* text = std::get_if<std::string>(&field->value());
    line += ' ' + quote(field->name()) + '=' + (text ? quote(*text) : dump(to_json(field->value())));
  }
  return line;
}

std::string json_line(std::string_view time, Level level, std::string_view message,
                      const std::vector<const Field*>& fields) {
  Json line;
  line["time"] = time;
  line["level"] = to_string(level);
  line["message"] = message;
  for (const Field* field : fields) {
    // A field never hides the three above; one given twice has the later value.
    const std::string& name = field->name();
    const bool reserved = name == "time" || name == "level" || name == "message";
    line[reserved ? name + "_" : name] = to_json(field->value());
  }
  return dump(line);
}

}  // namespace

const char* to_string(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

std::optional<Level> parse_level(std::string_view name) {
  for (Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    if (name == to_string(level)) return level;
  }
  return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view name) {
  if (name == "text") return LogFormat::kText;
  if (name == "json") return LogFormat::kJson;
  return std::nullopt;
}

struct Logger::State {
  State(const LogOptions& options, const Clock& time, std::shared_ptr<spdlog::logger> destination)
      : format(options.format),
        file(options.file),
        clock(time),
        level(options.level),
        out(std::move(destination)) {}

  const LogFormat format;
  const std::filesystem::path file;
  const Clock& clock;
  std::atomic<Level> level;
  std::mutex mutex;
  std::shared_ptr<spdlog::logger> out;  // under mutex
};

namespace {

Result<std::shared_ptr<spdlog::logger>> open_destination(const std::filesystem::path& file) try {
  spdlog::sink_ptr sink;
  if (file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
  }
  auto out = std::make_shared<spdlog::logger>("spud", std::move(sink));
  out->set_level(spdlog::level::trace);
  out->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
  out->flush_on(spdlog::level::trace);  // the last lines before a crash are the ones that are wanted
  return out;
} catch (const spdlog::spdlog_ex& error) {
  return bad_input(error.what(), "log.file " + file.string(), "a file that can be written");
}

}  // namespace

Result<Logger> Logger::open(const LogOptions& options, const Clock& clock) {
  SPUD_ASSIGN(auto out, open_destination(options.file));
  Logger logger;
  logger.state_ = std::make_shared<State>(options, clock, std::move(out));
  return logger;
}

void Logger::set_level(Level level) const {
  if (state_) state_->level = level;
}

Status Logger::reopen() const {
  if (!state_ || state_->file.empty()) return {};
  SPUD_ASSIGN(auto out, open_destination(state_->file));
  std::lock_guard lock(state_->mutex);
  state_->out = std::move(out);
  return {};
}

Logger Logger::with(Fields fields) const {
  Logger more = *this;
  more.context_.insert(more.context_.end(), fields.begin(), fields.end());
  return more;
}

void Logger::error(std::string_view message, const Error& error, Fields fields) const {
  std::vector<Field> parts{{"error", error.what}, {"code", spud::to_string(error.code)}};
  if (!error.where.empty()) parts.emplace_back("where", error.where);
  if (!error.expected.empty()) parts.emplace_back("expected", error.expected);
  if (!error.party.empty()) parts.emplace_back("party", error.party);
  if (!error.hint.empty()) parts.emplace_back("hint", error.hint);
  std::vector<const Field*> all;
  for (const Field& field : fields) all.push_back(&field);
  for (const Field& field : parts) all.push_back(&field);
  write_line(Level::kError, message, all);
}

void Logger::write(Level level, std::string_view message, Fields fields) const {
  std::vector<const Field*> all;
  for (const Field& field : fields) all.push_back(&field);
  write_line(level, message, all);
}

void Logger::write_line(Level level, std::string_view message,
                        const std::vector<const Field*>& fields) const {
  if (!state_ || level < state_->level) return;
  std::vector<const Field*> all;
  for (const Field& field : context_) all.push_back(&field);
  all.insert(all.end(), fields.begin(), fields.end());
  const std::string time = utc(state_->clock.unix_millis());
  std::shared_ptr<spdlog::logger> out;
  {
    std::lock_guard lock(state_->mutex);
    out = state_->out;
  }
  out->info(spdlog::string_view_t(state_->format == LogFormat::kJson ? json_line(time, level, message, all)
                                                                     : text_line(time, level, message, all)));
}

}  // namespace spud::metrics
