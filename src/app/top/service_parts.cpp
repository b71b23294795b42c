// SPDX-License-Identifier: Apache-2.0
// What a service says of itself at its operations port, in a terminal.
#include <algorithm>

#include "app/top/parts.hpp"
#include "service/status/needs.hpp"
#include "service/status/text.hpp"

namespace spud::app::top {

namespace {

using namespace service::status;

std::string bytes(std::uint64_t count) {
  return bytes_text(static_cast<double>(count));
}
/// Of a limit that may be none.
std::string of_limit(std::uint64_t part, std::uint64_t limit) {
  return bytes(part) + (limit == 0 ? "" : " of " + bytes(limit));
}
std::string number(std::uint64_t count) {
  return std::to_string(count);
}
/// Terminals need not have more than ASCII.
std::string round_trip(double seconds) {
  auto text = round_trip_text(seconds);
  constexpr std::string_view kMicro = "µ";
  if (const auto at = text.find(kMicro); at != text.npos) text.replace(at, kMicro.size(), "u");
  return text;
}
Ink ink_of(Tone tone) {
  return tone == Tone::kBad ? Ink::kBad : tone == Tone::kWarn ? Ink::kWarn : Ink::kGood;
}

Part checks(const Snapshot& service) {
  Part part{Columns({{"READINESS", false, 9}, {"STATE"}, {"WHY", false, 10}}), service.checks.size()};
  for (const auto& check : service.checks) {
    part.columns.row({{plain(check.name), Ink::kStrong},
                      {check.ok ? "holds" : "fails", check.ok ? Ink::kGood : Ink::kBad},
                      {plain(check.reason)}});
  }
  return part;
}

Part certificates(const Snapshot& service) {
  Part part{Columns({{"CERTIFICATE", false, 9}, {"ENDS"}, {"IN"}}), service.certificates.size()};
  for (const auto& one : service.certificates) {
    const auto left = one.valid.not_after * 1000 - service.unix_millis;
    part.columns.row(
        {{plain(one.name), Ink::kStrong},
         {moment_text(one.valid.not_after * 1000)},
         {left <= 0 ? "has ended" : span_text(left), ink_of(tone_of(one, service.unix_millis))}});
  }
  return part;
}

Part disks(const Snapshot& service) {
  Part part{Columns({{"STORE", false, 9}, {"FREE", true}, {"NO NEW WORK BELOW", true}}),
            service.disks.size()};
  for (const auto& disk : service.disks) {
    part.columns.row({{plain(disk.name), Ink::kStrong},
                      {bytes(disk.free_bytes), is_low(disk) ? Ink::kBad : Ink::kGood},
                      {bytes(disk.min_free_bytes)}});
  }
  return part;
}

Part peers(const Snapshot& service) {
  Part part{
      Columns({{"PEER", false, 12}, {"STATE"}, {"ROUND TRIP", true}, {"SENT", true}, {"RECEIVED", true}}),
      service.peers.size()};
  for (const auto& peer : service.peers) {
    part.columns.row({{plain(peer.peer), Ink::kStrong},
                      {link_text(peer, service.role), !peer.up   ? Ink::kSoft
                                                      : *peer.up ? Ink::kGood
                                                                 : Ink::kBad},
                      {peer.round_trip_seconds ? round_trip(*peer.round_trip_seconds) : "-"},
                      {bytes(peer.sent_bytes)},
                      {bytes(peer.received_bytes)}});
  }
  return part;
}

Part attempts(const WorkView& work, const Paper& paper) {
  Part part{Columns({{"RUNNING " + number(work.attempts.total), false, 12},
                     {"DONE"},
                     {"STEP", false, 10},
                     {"LEFT"},
                     {"DEVICE", false, 6},
                     {"TRY", true},
                     {"MEMORY", true},
                     {"TAPE OF", false, 6},
                     {"SINCE"}}),
            work.attempts.total};
  for (const auto& attempt : work.attempts.rows) {
    const auto rest = service::rest_millis(attempt.progress);
    part.columns.row({{plain(attempt.job), Ink::kStrong},
                      {bar(share_done(attempt.progress), paper), Ink::kBusy},
                      {step(attempt.progress)},
                      {rest ? span_text(static_cast<std::int64_t>(*rest)) : "-"},
                      {plain(attempt.device)},
                      {number(attempt.attempt)},
                      {attempt.memory_bytes == 0 ? "-" : bytes(attempt.memory_bytes)},
                      {attempt.supply.empty() ? "-" : plain(attempt.supply)},
                      {span_text(attempt.age_millis)}});
  }
  return part;
}

std::string summary_of(const NodeView& view) {
  const auto& work = view.work;
  auto text = number(work.attempts.total) + " attempts" +
              (work.slots == 0 ? "" : " of " + number(work.slots)) + ", memory " +
              of_limit(work.memory_reserved_bytes, work.memory_limit_bytes) + ", datasets " +
              number(view.holdings.datasets) + " of " + bytes(view.holdings.dataset_bytes) + ", uploads " +
              number(view.holdings.uploads);
  if (view.tapes) {
    text += ", tapes";
    for (const auto& [state, count] : view.tapes->by_state) text += " " + number(count) + " " + plain(state);
    text += " in " + of_limit(view.tapes->bytes, view.tapes->limit_bytes);
  }
  return text;
}

std::string summary_of(const DealerView& view) {
  return "tapes " + number(view.gathering) + " gathering and " + number(view.dealt) + " dealt, " +
         bytes(view.dealt_bytes) + " sent, connections " + number(view.serving) + ", ledger " +
         number(view.ledger) + ", last tape " + number(view.last_tape) + " of epoch " + number(view.epoch);
}

/// The scheduler's tables are drawn as for its clients.
Heard as_client(const Heard& heard, const SchedulerView& view) {
  Heard out;
  out.unix_millis = heard.service->unix_millis;
  out.ever = true;
  out.view = view;
  return out;
}

}  // namespace

std::vector<std::string> service_head(const Heard& heard, const Paper& paper) {
  const auto& service = *heard.service;
  const auto state = service.draining ? "draining" : service.ready() ? "ready" : "not ready";
  const auto ink = service.draining ? Ink::kWarn : service.ready() ? Ink::kGood : Ink::kBad;
  const auto who = plain(service.role) + " " + plain(service.name) + " of " + plain(service.party) +
                   ", spud " + plain(service.version) + ", up " + span_text(service.up_millis) + ", " + state;
  std::vector<std::string> lines{inked(cut(who, paper.width), ink, paper.colours)};
  if (!service.current()) {
    const auto old = (service.heard ? "what follows is " + span_text(service.age_millis) + " old"
                                    : std::string("not all of it has answered yet")) +
                     (service.silence.empty() ? "" : ": " + plain(service.silence));
    lines.push_back(inked(cut(old, paper.width), Ink::kBad, paper.colours));
  }
  std::string summary;
  if (const auto* view = std::get_if<SchedulerView>(&service.view))
    summary = scheduler_summary(as_client(heard, *view));
  if (const auto* view = std::get_if<NodeView>(&service.view)) summary = summary_of(*view);
  if (const auto* view = std::get_if<DealerView>(&service.view)) summary = summary_of(*view);
  lines.push_back(cut(summary, paper.width));
  return lines;
}

std::vector<Part> service_parts(const Heard& heard, const Paper& paper) {
  const auto& service = *heard.service;
  std::vector<Part> parts;
  if (const auto* view = std::get_if<SchedulerView>(&service.view))
    parts = scheduler_parts(as_client(heard, *view), paper);
  if (const auto* view = std::get_if<NodeView>(&service.view)) parts.push_back(attempts(view->work, paper));
  for (auto& part : {checks(service), peers(service), certificates(service), disks(service)})
    parts.push_back(part);
  return parts;
}

}  // namespace spud::app::top
