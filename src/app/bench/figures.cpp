// SPDX-License-Identifier: Apache-2.0
#include "app/bench/figures.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "base/check.hpp"

namespace spud::app::bench {
namespace {

std::vector<double> seconds_of(const Row& row) {
  std::vector<double> seconds;
  for (const auto& run : row.runs) seconds.push_back(run.seconds);
  return seconds;
}

[[gnu::format(printf, 1, 2)]] std::string print(const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  return line;
}

double megabytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

}  // namespace

double median(std::vector<double> values) {
  SPUD_CHECK(!values.empty(), "a median of something");
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

nlohmann::json to_json(const Row& row, const Setting& setting) {
  if (row.error) return {{"name", row.name}, {"error", row.error->message()}};
  using Json = nlohmann::json;
  const auto& last = row.runs.back();
  Json cpu = Json::object(), sent = Json::object(), links = Json::object(), peak = Json::object();
  for (const auto& [name, role] : last.roles) {
    std::vector<double> spent;
    std::uint64_t resident = 0, bytes = 0;
    for (const auto& run : row.runs) {
      spent.push_back(run.roles.at(name).cpu_seconds);
      resident = std::max(resident, run.roles.at(name).peak_rss_bytes);
    }
    for (const auto& [to, count] : role.sent_bytes) {
      links[name + "->" + to] = count;
      bytes += count;
    }
    cpu[name] = median(spent);
    peak[name] = resident;
    sent[name] = bytes;
  }
  const auto seconds = seconds_of(row);
  Json out{{"name", row.name},
           {"protocol", vm::to_string(setting.device.protocol)},
           {"parties", setting.device.parties},
           {"ring", setting.device.format.ring_bits},
           {"fraction_bits", setting.device.format.fraction_bits},
           {"threads", setting.threads},
           {"link", setting.link.str()},
           {"tape", to_string(setting.tape)},
           {"seconds", median(seconds)},
           {"min", *std::min_element(seconds.begin(), seconds.end())},
           {"max", *std::max_element(seconds.begin(), seconds.end())},
           {"runs", seconds},
           {"cpu_seconds", cpu},
           {"rounds", last.rounds},
           {"opened_bits", last.opened_bits},
           {"bytes_sent", sent},
           {"bytes_by_link", links},
           {"dealt_bits", row.dealt_bits},
           {"tape_bytes", last.tape_bytes},
           {"peak_rss", peak},
           {"compile_seconds", row.compile_seconds},
           {"max_abs_err", nullptr}};
  if (row.max_abs_err) out["max_abs_err"] = *row.max_abs_err;
  if (!row.unchecked.empty()) out["unchecked"] = row.unchecked;
  return out;
}

std::string to_text(const std::vector<Row>& rows, const Setting& setting) {
  std::string text = print(
      "%s, %u parties, ring of %u bits, %u of them fraction, %u threads, link %s, tape %s, median of %u "
      "runs\n"
      "The clock runs from the start signal to the end of the slowest party%s; connecting and compiling are "
      "outside it.\n\n",
      vm::to_string(setting.device.protocol), setting.device.parties, setting.device.format.ring_bits,
      setting.device.format.fraction_bits, setting.threads, setting.link.str().c_str(),
      to_string(setting.tape), setting.runs,
      setting.tape == TapeMode::kLive ? ", dealing included" : ", dealing is outside it");
  text += print("%-28s %9s %9s %9s %7s %10s %10s %9s %9s %9s %10s\n", "program", "seconds", "min", "max",
                "rounds", "sent MB", "tape MB", "party CPU", "deal CPU", "peak MB", "error");
  for (const auto& row : rows) {
    if (row.error) {
      text += print("%-28s ", row.name.c_str()) + row.error->message() + "\n";
      continue;
    }
    const auto seconds = seconds_of(row);
    const auto& last = row.runs.back();
    double party_cpu = 0, dealer_cpu = 0;
    std::uint64_t sent = 0, peak = 0;
    for (const auto& [name, role] : last.roles) {
      peak = std::max(peak, role.peak_rss_bytes);
      if (name == kDealerName) {
        dealer_cpu = role.cpu_seconds;
        continue;
      }
      party_cpu = std::max(party_cpu, role.cpu_seconds);
      std::uint64_t bytes = 0;
      for (const auto& [to, count] : role.sent_bytes) bytes += count;
      sent = std::max(sent, bytes);
    }
    text +=
        print("%-28s %9.4f %9.4f %9.4f %7llu %10.3f %10.3f %9.4f %9.4f %9.1f ", row.name.c_str(),
              median(seconds), *std::min_element(seconds.begin(), seconds.end()),
              *std::max_element(seconds.begin(), seconds.end()), static_cast<unsigned long long>(last.rounds),
              megabytes(sent), megabytes(last.tape_bytes), party_cpu, dealer_cpu, megabytes(peak));
    text += row.max_abs_err ? print("%10.3g\n", *row.max_abs_err) : "not checked: " + row.unchecked + "\n";
  }
  return text;
}

}  // namespace spud::app::bench
