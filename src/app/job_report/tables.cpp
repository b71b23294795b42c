// SPDX-License-Identifier: Apache-2.0
#include "app/job_report/tables.hpp"

#include <algorithm>

#include "app/job_report/drawing.hpp"
#include "app/job_report/figures.hpp"
#include "base/html.hpp"
#include "service/status/text.hpp"

namespace spud::app::job_report {

namespace {

using service::status::bytes_text;
using service::trace::Part;

constexpr std::size_t kInstructions = 25;  ///< of the table
const char* const kSteps[] = {"policy", "compile", "wait",    "linking",
                              "tape",   "loading", "running", "storing"};

std::string cell(const std::string& text, const char* kind = "") {
  return std::string("<td") + (*kind == '\0' ? "" : std::string(" class=\"") + kind + "\"") + ">" + text +
         "</td>";
}
std::string table(const std::string& heads, const std::string& rows) {
  return "<div class=\"scroll\"><table><thead><tr>" + heads + "</tr></thead><tbody>\n" + rows +
         "</tbody></table></div>\n";
}
std::string head(const std::string& text, const char* kind = "") {
  return std::string("<th") + (*kind == '\0' ? "" : std::string(" class=\"") + kind + "\"") + ">" + text +
         "</th>";
}
std::string micros(std::uint64_t nanos) {
  return duration_text(static_cast<std::int64_t>(nanos / 1000));
}

std::vector<const Part*> nodes_of(const Course& course) {
  std::vector<const Part*> nodes;
  for (const auto* told : course.parts) {
    if (told->part.service == "node") nodes.push_back(&told->part);
  }
  return nodes;
}

}  // namespace

std::vector<StepTraffic> traffic_of(const Part& node) {
  constexpr char kSent[] = "sent_bytes.", kReceived[] = "received_bytes.";
  std::vector<StepTraffic> all;
  for (const auto& span : node.spans) {
    for (const auto& attribute : span.attributes) {
      if (!attribute.name.starts_with(kSent)) continue;
      const auto peer = attribute.name.substr(sizeof kSent - 1);
      const auto sent = figure(span, attribute.name), received = figure(span, kReceived + peer);
      if (sent > 0 || received > 0) {
        all.push_back(
            {span.name, peer, static_cast<std::uint64_t>(sent), static_cast<std::uint64_t>(received)});
      }
    }
  }
  return all;
}

std::string attempts_table(const std::vector<Course>& courses, std::int64_t now) {
  std::string rows;
  for (std::size_t i = 0; i < courses.size(); ++i) {
    const auto* record = courses[i].record;
    if (record == nullptr) continue;
    const auto start = record->started_unix_millis * 1000;
    const auto end = record->ended_unix_millis == 0 ? now : record->ended_unix_millis * 1000;
    std::string pause = "–";
    if (i > 0 && courses[i - 1].record != nullptr) {
      pause =
          duration_text(std::max<std::int64_t>(0, start - courses[i - 1].record->ended_unix_millis * 1000));
    }
    std::string outcome = record->ended_unix_millis == 0 ? "goes on" : "done";
    if (record->problem) {
      outcome = (record->put_off > 0 ? "did not begin: " : "") + escape_html(record->problem->message());
    }
    rows += "<tr>" + cell(std::to_string(record->number)) + cell(moment_text(start)) + cell(pause) +
            cell(duration_text(std::max<std::int64_t>(0, end - start))) + cell(outcome, "left") + "</tr>\n";
  }
  return "<h2>Attempts</h2>\n" + table(head("attempt") + head("began, UTC") + head("waited before") +
                                           head("took") + head("outcome", "left"),
                                       rows);
}

std::string steps_table(const Course& course, std::int64_t now) {
  const auto nodes = nodes_of(course);
  if (nodes.empty()) return "";
  std::string heads = head("step"), rows;
  for (const auto* node : nodes) heads += head(escape_html(node->party.str()));
  for (const auto* name : kSteps) {
    std::string cells;
    bool any = false;
    for (const auto* node : nodes) {
      const auto* span = step(*node, name);
      any = any || span != nullptr;
      std::string text = span == nullptr ? "–" : duration_text(end_of(*span, now) - span->start_micros);
      if (span != nullptr && span->end_micros == 0) text += " …";
      if (span != nullptr && span->problem)
        text += " <span title=\"" + escape_html(*span->problem) + "\">✗</span>";
      cells += cell(text);
    }
    if (any)
      rows += "<tr>" + cell(std::string(name) == "wait" ? "waiting to be started" : name) + cells + "</tr>\n";
  }
  return "<h3>Steps</h3>\n" + table(heads, rows);
}

std::string forecast_table(const Course& course) {
  const auto nodes = nodes_of(course);
  const Part* last = nullptr;
  for (const auto* node : nodes) {
    const auto* compile = step(*node, "compile");
    if (compile != nullptr && figure(*compile, "foretold_instructions") > 0) last = node;
  }
  if (last == nullptr) return "";
  const auto* compile = step(*last, "compile");
  std::int64_t rounds = -1, instructions = -1, tape = -1;
  std::uint64_t sent = 0;
  for (const auto* node : nodes) {
    const auto* run = step(*node, "running");
    if (run == nullptr || run->end_micros == 0) continue;
    rounds = std::max(rounds, figure(*run, "rounds"));
    instructions = std::max(instructions, figure(*run, "instructions"));
    tape = std::max(tape, figure(*run, "tape_bytes"));
    std::uint64_t to_each = 0;
    for (const auto& row : node->instructions) to_each += row.sent_bytes;
    sent = std::max(sent, to_each);
  }
  const auto row = [&](const char* what, const std::string& foretold, const std::string& measured) {
    return "<tr>" + cell(what) + cell(foretold) + cell(measured) + "</tr>\n";
  };
  const auto count = [](std::int64_t number) {
    return number < 0 ? std::string("–") : count_text(static_cast<std::uint64_t>(number));
  };
  const auto bytes = [](std::int64_t number) {
    return number < 0 ? std::string("–") : bytes_text(static_cast<std::uint64_t>(number));
  };
  const auto told = [&](const char* name) { return figure(*compile, name); };
  return "<h3>Foretold and measured</h3>\n" +
         table(head("") + head("the plan says") + head("it was"),
               row("rounds", count(told("foretold_rounds")), count(rounds)) +
                   row("instructions, each turn of a loop anew", count(told("foretold_instructions")),
                       count(instructions)) +
                   row("opened, by a node to each peer", bytes(told("foretold_sent_bytes")),
                       rounds < 0 ? "–" : bytes_text(sent)) +
                   row("tape of the last node", bytes(told("foretold_tape_bytes")), bytes(tape)) +
                   row("memory of a node, about", bytes(told("foretold_memory_bytes")), "not measured"));
}

std::string traffic_table(const Course& course) {
  std::string rows;
  for (const auto* node : nodes_of(course)) {
    for (const auto& traffic : traffic_of(*node)) {
      rows += "<tr>" + cell(escape_html(node->party.str() + " ↔ " + traffic.peer)) +
              cell(escape_html(traffic.step)) + cell(bytes_text(traffic.sent)) +
              cell(bytes_text(traffic.received)) + "</tr>\n";
    }
  }
  if (rows.empty()) return "";
  return "<h3>Bytes by peer and step</h3>\n" +
         table(head("node and peer") + head("step") + head("sent") + head("received"), rows);
}

std::string instructions_table(const Course& course) {
  const auto instructions = instructions_of(course);
  if (instructions.empty()) return "";
  std::uint64_t all = 0;
  for (const auto& one : instructions) all += one.row.nanos();
  std::string rows;
  for (std::size_t i = 0; i < std::min(kInstructions, instructions.size()); ++i) {
    const auto& [row, slowest] = instructions[i];
    const double share = all == 0 ? 0 : static_cast<double>(row.nanos()) / static_cast<double>(all);
    const auto percent = static_cast<int>(100 * share + 0.5);
    const auto origin = row.origin.empty() || row.origin == row.operation
                            ? std::string()
                            : "<span class=\"origin\">" + escape_html(row.origin) + "</span>";
    rows += "<tr>" + cell("<span class=\"mono\">" + escape_html(row.operation) + "</span>" + origin) +
            cell(std::to_string(percent) + "%" + share_svg(share)) + cell(micros(row.computing_nanos)) +
            cell(micros(row.waiting_nanos)) + cell(row.dealer_nanos == 0 ? "–" : micros(row.dealer_nanos)) +
            cell(count_text(row.rounds)) + cell(bytes_text(row.sent_bytes)) + cell(count_text(row.runs)) +
            cell(escape_html(slowest)) + "</tr>\n";
  }
  std::string note =
      "Of each figure the largest of all nodes, over all turns of loops. Rounds that "
      "instructions share count for each, their time is split among them.";
  if (instructions.size() > kInstructions)
    note += " " + std::to_string(instructions.size() - kInstructions) + " cheaper ones are not shown.";
  return "<h2>The dearest instructions</h2>\n<p class=\"note\">" + note + "</p>\n" +
         table(head("instruction") + head("time") + head("computing") + head("waiting") + head("dealer") +
                   head("rounds") + head("to each peer") + head("runs") + head("slowest at"),
               rows);
}

}  // namespace spud::app::job_report
