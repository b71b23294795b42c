// SPDX-License-Identifier: Apache-2.0
#include "app/top/screen.hpp"

#include <algorithm>
#include <cmath>

#include "app/top/columns.hpp"
#include "app/top/parts.hpp"
#include "service/status/text.hpp"

namespace spud::app::top {

namespace {

using namespace service::status;
using service::JobState;

std::string count(std::uint64_t number) {
  return std::to_string(number);
}
std::string of_text(std::uint64_t part, std::uint64_t all) {
  return count(part) + " of " + count(all);
}

Ink ink_of(Presence presence) {
  switch (presence) {
    case Presence::kPresent:
      return Ink::kGood;
    case Presence::kDraining:
      return Ink::kWarn;
    case Presence::kAbsent:
      return Ink::kBad;
    case Presence::kGone:
      return Ink::kSoft;
  }
  return Ink::kSoft;
}

Ink ink_of(DeviceState state) {
  return state == DeviceState::kReady ? Ink::kGood : state == DeviceState::kNoDealer ? Ink::kWarn : Ink::kBad;
}

Ink ink_of(JobState state) {
  return state == JobState::kDone ? Ink::kGood : state == JobState::kFailed ? Ink::kBad : Ink::kSoft;
}

std::string ago(std::int64_t unix_millis, const Heard& heard) {
  return unix_millis == 0 ? "-"
                          : span_text(std::max<std::int64_t>(0, heard.unix_millis - unix_millis)) + " ago";
}

/// A total that may be the least that there are.
std::string total_text(std::uint64_t total, bool more) {
  return count(total) + (more ? "+" : "");
}

Part running(const Heard& heard, const Paper& paper) {
  const auto& table = heard.view.running;
  Part part{Columns({{"RUNNING " + total_text(table.total, heard.more_running), false, 12},
                     {"DONE"},
                     {"STEP", false, 10},
                     {"LEFT"},
                     {"DEVICE", false, 6},
                     {"BY", false, 6},
                     {"TRY", true},
                     {"BEGAN"}}),
            table.total};
  for (const auto& job : table.rows) {
    const auto progress = job.progress.value_or(service::JobProgress{});
    const auto rest = service::rest_millis(progress);
    part.columns.row({{plain(job.id), Ink::kStrong},
                      {bar(share_done(progress), paper), Ink::kBusy},
                      {job.progress ? step(progress) : "not heard of yet"},
                      {rest ? span_text(static_cast<std::int64_t>(*rest)) : "-"},
                      {plain(job.device)},
                      {plain(job.party)},
                      {count(job.attempt)},
                      {ago(job.started_unix_millis, heard)}});
  }
  return part;
}

Part waiting(const Heard& heard) {
  const auto& table = heard.view.waiting;
  Part part{Columns({{"WAITING " + total_text(table.total, heard.more_waiting), false, 12},
                     {"DEVICE", false, 6},
                     {"BY", false, 6},
                     {"PRIORITY", true},
                     {"SUBMITTED"},
                     {"WHY", false, 10}}),
            table.total};
  for (const auto& job : table.rows) {
    part.columns.row({{plain(job.id), Ink::kStrong},
                      {plain(job.device)},
                      {plain(job.party)},
                      {std::to_string(job.priority)},
                      {ago(job.submitted_unix_millis, heard)},
                      {plain(job.waiting)}});
  }
  return part;
}

Part ended(const Heard& heard) {
  const auto& table = heard.view.ended;
  Part part{Columns({{"ENDED", false, 12},
                     {"OUTCOME"},
                     {"TOOK", true},
                     {"WHEN"},
                     {"DEVICE", false, 6},
                     {"BY", false, 6},
                     {"TRIES", true},
                     {"WHY", false, 10}}),
            table.total};
  for (const auto& job : table.rows) {
    part.columns.row({{plain(job.id), Ink::kStrong},
                      {to_string(job.state), ink_of(job.state)},
                      {span_text(took_millis(job))},
                      {ago(job.ended_unix_millis, heard)},
                      {plain(job.device)},
                      {plain(job.party)},
                      {count(job.attempt)},
                      {plain(job.cause)}});
  }
  return part;
}

Part nodes(const Heard& heard) {
  const auto& table = heard.view.nodes;
  Part part{Columns({{"NODE", false, 12},
                     {"STATE"},
                     {"HEARD"},
                     {"ROLE"},
                     {"SLOTS"},
                     {"CORES", true},
                     {"MEMORY", true},
                     {"COMPILER", false, 8},
                     {"LABELS", false, 6},
                     {"ADDRESS", false, 14}}),
            table.total};
  for (const auto& node : table.rows) {
    const auto memory = node.memory_bytes == 0 ? "-" : bytes_text(static_cast<double>(node.memory_bytes));
    part.columns.row({{plain(member_text(node.party, node.name)), Ink::kStrong},
                      {to_string(node.presence), ink_of(node.presence)},
                      {heard_text(node.silent_millis)},
                      {plain(node.role)},
                      {node.slots == 0 ? "-" : of_text(node.running, node.slots)},
                      {node.cores == 0 ? "-" : count(node.cores)},
                      {memory},
                      {node.compiler.empty() ? "-" : plain(node.compiler)},
                      {plain(service::to_string(node.labels))},
                      {plain(node.address)}});
  }
  return part;
}

Part devices(const Heard& heard) {
  const auto& table = heard.view.devices;
  Part part{Columns({{"DEVICE", false, 12},
                     {"STATE"},
                     {"MEMBERS", false, 12},
                     {"DEALERS", false, 8},
                     {"LAYOUT"},
                     {"PROTOCOL"},
                     {"MADE BY", false, 8}}),
            table.total};
  for (const auto& device : table.rows) {
    part.columns.row({{plain(device.name), Ink::kStrong},
                      {to_string(device.state), ink_of(device.state)},
                      {plain(members_text(device.members))},
                      {plain(members_text(device.dealers))},
                      {plain(device.layout)},
                      {plain(device.protocol)},
                      {plain(device.owner)}});
  }
  return part;
}

Part stock(const Heard& heard, const Paper& paper) {
  constexpr std::size_t kDigits = 12;
  const auto& table = heard.view.stock;
  Part part{Columns({{"STOCK OF PLAN"},
                     {"FILL"},
                     {"READY"},
                     {"JOBS WAIT", true},
                     {"ORDERED", true},
                     {"MADE", true},
                     {"DEVICE", false, 6},
                     {"STATE", false, 10}}),
            table.total};
  for (const auto& kind : table.rows) {
    const bool whole = kind.ready >= kind.target;
    const double share = whole ? 1 : static_cast<double>(kind.ready) / kind.target;
    const std::string state = !kind.problem.empty() ? "held up: " + plain(kind.problem)
                              : kind.making         ? "making"
                              : whole               ? "whole"
                                                    : "below target";
    const auto ink = !kind.problem.empty() ? Ink::kBad : whole ? Ink::kGood : Ink::kWarn;
    part.columns.row({{plain(kind.plan.substr(0, kDigits)), Ink::kStrong},
                      {bar(share, paper), ink},
                      {kind.target == 0 ? count(kind.ready) : of_text(kind.ready, kind.target)},
                      {count(kind.waiting)},
                      {count(kind.ordered)},
                      {count(kind.made)},
                      {plain(kind.device)},
                      {state, ink}});
  }
  return part;
}

std::vector<std::string> head(const Heard& heard, const Paper& paper) {
  std::vector<std::string> lines;
  const auto title = "spud top  " + plain(heard.scheduler) + "  " + moment_text(heard.unix_millis) + " UTC";
  lines.push_back(inked(cut(title, paper.width), Ink::kStrong, paper.colours));
  if (!heard.silence.empty()) {
    const auto old = heard.ever ? "this is as it was " + span_text(heard.age_millis) + " ago: " : "";
    lines.push_back(
        inked(cut("no answer, " + old + plain(heard.silence), paper.width), Ink::kBad, paper.colours));
  }
  if (!heard.ever && heard.silence.empty()) lines.push_back(cut("asking", paper.width));
  if (!heard.ever) return lines;
  if (heard.service) {
    for (auto& line : service_head(heard, paper)) lines.push_back(std::move(line));
  } else {
    lines.push_back(cut(scheduler_summary(heard), paper.width));
  }
  return lines;
}

/// How many rows of each part there is room for: each gets one in turn, so that none hides another.
std::vector<std::size_t> share_out(const std::vector<Part>& parts, std::size_t room) {
  constexpr std::size_t kFrame = 2;  // an empty line and the heads
  std::vector<std::size_t> rows(parts.size(), 0);
  std::size_t used = kFrame * parts.size();
  for (bool grown = true; grown;) {
    grown = false;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      if (rows[p] == parts[p].columns.rows() || used >= room) continue;
      ++rows[p];
      ++used;
      grown = true;
    }
  }
  return rows;
}

}  // namespace

std::string bar(double share, const Paper& paper) {
  constexpr std::size_t kWidth = 12;
  const auto full = static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * kWidth));
  std::string out;
  for (std::size_t i = 0; i < kWidth; ++i)
    out += paper.blocks ? (i < full ? "█" : "░") : (i < full ? "#" : "-");
  return out;
}

std::string step(const service::JobProgress& progress) {
  const std::string running = std::string(to_string(service::Phase::kRunning)) + ", ";
  const auto text = step_text(progress);
  return text.starts_with(running) ? text.substr(running.size()) : text;
}

std::string scheduler_summary(const Heard& heard) {
  const auto& view = heard.view;
  auto summary = "nodes " + of_text(view.nodes_present, view.nodes.total) + " present, devices " +
                 of_text(view.devices_ready, view.devices.total) + " ready, jobs " +
                 total_text(view.running.total, heard.more_running) + " running and " +
                 total_text(view.waiting.total, heard.more_waiting) + " waiting";
  if (view.stock.total > 0) summary += ", " + count(view.tapes_ready) + " tapes ready";
  return summary;
}

std::vector<Part> scheduler_parts(const Heard& heard, const Paper& paper) {
  return {running(heard, paper), waiting(heard), ended(heard),
          nodes(heard),          devices(heard), stock(heard, paper)};
}

std::vector<std::string> screen(const Heard& heard, const Paper& paper) {
  auto lines = head(heard, paper);
  if (heard.ever) {
    std::vector<Part> parts;
    for (auto& part : heard.service ? service_parts(heard, paper) : scheduler_parts(heard, paper)) {
      if (part.columns.rows() > 0) parts.push_back(std::move(part));
    }
    constexpr auto kAll = static_cast<std::size_t>(-1);
    const auto room = paper.height == 0             ? kAll
                      : paper.height > lines.size() ? paper.height - lines.size()
                                                    : 0;
    const auto rows = share_out(parts, room);
    for (std::size_t p = 0; p < parts.size(); ++p) {
      auto shown = rows[p];
      // The last line of a part that is cut says so in place of a row.
      const bool is_cut = shown < parts[p].total;
      if (is_cut && shown > 1 && paper.height != 0) --shown;
      lines.push_back("");
      for (auto& line : parts[p].columns.lines(paper.width, shown, paper.colours))
        lines.push_back(std::move(line));
      if (shown < parts[p].total && (paper.height == 0 || rows[p] > shown)) {
        const auto more = "and " + count(parts[p].total - shown) + " more";
        lines.push_back(inked(cut(more, paper.width), Ink::kSoft, paper.colours));
      }
    }
  }
  if (paper.height != 0 && lines.size() > paper.height) lines.resize(paper.height);
  return lines;
}

}  // namespace spud::app::top
