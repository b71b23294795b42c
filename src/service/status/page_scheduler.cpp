// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/html.hpp"
#include "service/status/markup.hpp"
#include "service/status/needs.hpp"
#include "service/status/page_sections.hpp"
#include "service/status/text.hpp"

namespace spud::service::status {

namespace {

Tone tone_of(Presence presence) {
  switch (presence) {
    case Presence::kPresent:
      return Tone::kGood;
    case Presence::kDraining:
      return Tone::kWarn;
    case Presence::kAbsent:
      return Tone::kBad;
    case Presence::kGone:
      return Tone::kQuiet;
  }
  return Tone::kQuiet;
}

Tone tone_of(DeviceState state) {
  switch (state) {
    case DeviceState::kReady:
      return Tone::kGood;
    case DeviceState::kNoDealer:
      return Tone::kWarn;
    case DeviceState::kWaiting:
      return Tone::kBad;
  }
  return Tone::kQuiet;
}

Tone tone_of(JobState state) {
  switch (state) {
    case JobState::kDone:
      return Tone::kGood;
    case JobState::kFailed:
      return Tone::kBad;
    case JobState::kRunning:
      return Tone::kBusy;
    case JobState::kQueued:
    case JobState::kCancelled:
      return Tone::kQuiet;
  }
  return Tone::kQuiet;
}

std::string of_text(std::uint64_t part, std::uint64_t all) {
  return std::to_string(part) + " of " + std::to_string(all);
}

double share(double part, double all) {
  return all > 0 ? part / all : 0;
}

std::string attempt_text(const JobRow& job) {
  if (job.attempt == 0) return "–";
  return std::to_string(job.attempt);
}

std::string running_html(const SchedulerView& view, const Snapshot& snapshot) {
  TableHtml table("Running", {"Job", "Progress", "Device", "Asked by", "Attempt", "Began"});
  for (const auto& job : view.running.rows) {
    table.row(anchor_of(job)).cell(job.id);
    table.cell_html(job.progress ? progress_html(*job.progress) : span_html("soft", "not heard of yet"),
                    "progress");
    table.cell(job.device).cell(job.party).number(attempt_text(job));
    table.cell_html(moment_html(job.started_unix_millis, snapshot.unix_millis));
  }
  return table.html(view.running.left_out());
}

std::string waiting_html(const SchedulerView& view, const Snapshot& snapshot) {
  TableHtml table("Waiting, in the order of their turns",
                  {"Job", "Waits", "Device", "Asked by", "Priority", "Submitted"});
  for (const auto& job : view.waiting.rows) {
    table.row(anchor_of(job)).cell(job.id).cell(job.waiting, "cause").cell(job.device).cell(job.party);
    table.number(std::to_string(job.priority));
    table.cell_html(moment_html(job.submitted_unix_millis, snapshot.unix_millis));
  }
  return table.html(view.waiting.left_out());
}

std::string ended_html(const SchedulerView& view, const Snapshot& snapshot) {
  TableHtml table("Ended, the last first",
                  {"Job", "Outcome", "Took", "Device", "Asked by", "Attempts", "Ended"});
  for (const auto& job : view.ended.rows) {
    table.row(anchor_of(job)).cell(job.id);
    table.cell_html(badge_html(tone_of(job.state), to_string(job.state)) +
                        (job.cause.empty() ? "" : " " + escape_html(job.cause)),
                    "cause");
    table.number(span_text(took_millis(job))).cell(job.device).cell(job.party).number(attempt_text(job));
    table.cell_html(moment_html(job.ended_unix_millis, snapshot.unix_millis));
  }
  return table.html(view.ended.left_out());
}

std::string jobs_html(const SchedulerView& view, const Snapshot& snapshot) {
  const auto tables =
      running_html(view, snapshot) + waiting_html(view, snapshot) + ended_html(view, snapshot);
  return section_html("jobs", "Jobs",
                      tables.empty() ? "<p class=\"soft\">None yet: spud run submits one.</p>\n" : tables);
}

std::string labels_html(const Labels& labels) {
  return labels.empty() ? "" : "<code>" + escape_html(service::to_string(labels)) + "</code>";
}

std::string nodes_html(const SchedulerView& view) {
  TableHtml table(
      "Compute nodes and dealers, those that are away first",
      {"Node", "State", "Role", "Slots in use", "Cores", "Memory for jobs", "Labels", "Compiler", "Address"});
  for (const auto& node : view.nodes.rows) {
    table.row(anchor_of(node)).cell(member_text(node.party, node.name));
    table.cell_html(badge_html(tone_of(node.presence), to_string(node.presence)) +
                    span_html("soft", "heard " + heard_text(node.silent_millis)));
    table.cell(node.role);
    table.cell_html(
        node.slots == 0 ? "" : of_text(node.running, node.slots) + bar_html(share(node.running, node.slots)),
        "fill");
    table.number(node.cores == 0 ? "–" : std::to_string(node.cores));
    table.number(node.memory_bytes == 0 ? "–" : bytes_text(static_cast<double>(node.memory_bytes)));
    table.cell_html(labels_html(node.labels), "wide").cell(node.compiler).cell(node.address, "wide");
  }
  const auto html = table.html(view.nodes.left_out());
  return section_html("nodes", "Nodes",
                      html.empty() ? "<p class=\"soft\">None has announced itself yet.</p>\n" : html);
}

std::string devices_html(const SchedulerView& view) {
  TableHtml table("Those that wait for a member first",
                  {"Device", "State", "Members, in rank order", "Dealers", "Layout", "Protocol", "Made by"});
  for (const auto& device : view.devices.rows) {
    table.row(anchor_of(device))
        .cell_html(escape_html(device.name) + "<span class=\"soft\">" + digest_html(device.digest) +
                   "</span>");
    table.cell_html(badge_html(tone_of(device.state), to_string(device.state)));
    table.cell(members_text(device.members), "wide").cell(members_text(device.dealers)).cell(device.layout);
    table.cell(device.protocol + ", ring of " + std::to_string(device.ring_bits) + " bits, fraction of " +
                   std::to_string(device.fraction_bits),
               "wide");
    table.cell(device.owner);
  }
  const auto html = table.html(view.devices.left_out());
  return section_html(
      "devices", "Devices",
      html.empty() ? "<p class=\"soft\">None yet: spud device create makes one.</p>\n" : html);
}

std::string stock_html(const SchedulerView& view) {
  TableHtml table("Correlations made ahead, by plan; those that jobs wait for first",
                  {"Plan", "Ready", "Jobs that wait", "Ordered", "State", "Made", "Device"});
  for (const auto& kind : view.stock.rows) {
    const double part = share(kind.ready, std::max(kind.ready, kind.target));
    table.row(anchor_of(kind)).cell_html(digest_html(kind.plan));
    table.cell_html(kind.target == 0
                        ? std::to_string(kind.ready)
                        : of_text(kind.ready, kind.target) +
                              bar_html(part, kind.ready >= kind.target ? Tone::kGood : Tone::kWarn),
                    "fill");
    table.number(std::to_string(kind.waiting)).number(std::to_string(kind.ordered));
    if (!kind.problem.empty()) {
      table.cell_html(badge_html(Tone::kBad, "held up") + " " + escape_html(kind.problem), "cause");
    } else if (kind.making) {
      table.cell_html(badge_html(Tone::kBusy, "making"));
    } else {
      table.cell_html(kind.ready >= kind.target ? badge_html(Tone::kGood, "whole")
                                                : badge_html(Tone::kWarn, "below target"));
    }
    table.number(std::to_string(kind.made)).cell(kind.device);
  }
  return table.empty() ? "" : section_html("stock", "Stock", table.html(view.stock.left_out()));
}

/// Rows that need somebody come first, so the first tells of all: none is here if that is gone.
Tone tone_of_nodes(const SchedulerView& view) {
  return view.nodes.rows.empty() ? Tone::kQuiet : tone_of(view.nodes.rows.front().presence);
}

Tone tone_of_devices(const SchedulerView& view) {
  return view.devices.rows.empty() ? Tone::kQuiet : tone_of(view.devices.rows.front().state);
}

/// Nobody can tell how much there should be where nobody has said it; what is short is being made.
Tone tone_of_stock(const SchedulerView& view) {
  auto tone = view.tapes_target == 0                 ? Tone::kQuiet
              : view.tapes_ready < view.tapes_target ? Tone::kBusy
                                                     : Tone::kGood;
  for (const auto& row : view.stock.rows) {
    const auto one = tone_of(row);
    if (one == Tone::kBad) return one;
    if (one == Tone::kWarn) tone = one;
  }
  return tone;
}

/// Of those that wait; a queue alone is nothing unusual.
Tone tone_of_jobs(const SchedulerView& view, std::int64_t now) {
  const auto waits = [&](const JobRow& job) { return waits_long(job, now); };
  return std::ranges::any_of(view.waiting.rows, waits) ? Tone::kWarn : Tone::kQuiet;
}

}  // namespace

Sections sections_of(const SchedulerView& view, const Snapshot& snapshot) {
  const auto ready = view.tapes_ready, target = view.tapes_target;
  Sections out;
  out.tiles = tile_html("Jobs running", std::to_string(view.running.total),
                        std::to_string(view.waiting.total) + " waiting", "",
                        tone_of_jobs(view, snapshot.unix_millis)) +
              tile_html("Nodes present", of_text(view.nodes_present, view.nodes.total), "dealers among them",
                        "", tone_of_nodes(view)) +
              tile_html("Devices ready", of_text(view.devices_ready, view.devices.total), "", "",
                        tone_of_devices(view));
  if (view.stock.total > 0) {
    const auto tone = tone_of_stock(view);
    const auto part = share(static_cast<double>(ready), static_cast<double>(std::max(ready, target)));
    out.tiles += tile_html(
        "Tapes ready", std::to_string(ready), target == 0 ? "no target" : "target " + std::to_string(target),
        target == 0 ? "" : bar_html(part, ready < target ? Tone::kBusy : Tone::kGood), tone);
  }
  out.sections = jobs_html(view, snapshot) + nodes_html(view) + devices_html(view) + stock_html(view);
  return out;
}

}  // namespace spud::service::status
