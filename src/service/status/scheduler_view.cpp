// SPDX-License-Identifier: Apache-2.0
#include "service/status/scheduler_view.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

namespace spud::service::status {

namespace {

/// Of a text that somebody else wrote; a page is no place for more.
constexpr std::size_t kTextBytes = 240;

/// Not within a character.
std::string shortened(std::string text) {
  if (text.size() <= kTextBytes) return text;
  std::size_t end = kTextBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

template <class Row>
void cut(Table<Row>& table, std::size_t most) {
  table.total = table.rows.size();
  if (table.rows.size() > most) table.rows.resize(most);
}

MemberRow row_of(const Member& member, const std::map<std::string, Presence>& presence) {
  auto found = presence.find(member.identity);
  return {member.party.str(), member.node.str(), found == presence.end() ? Presence::kAbsent : found->second};
}

bool is_here(const MemberRow& member) {
  return member.presence == Presence::kPresent;
}

/// In which order jobs wait, as the scheduler's shelf has it.
std::int64_t turn(const JobRow& job) {
  return job.submitted_unix_millis - job.priority * scheduler::JobShelf::kMillisPerPriority;
}

using Waiting = std::map<DeviceId, std::uint64_t>;

void show_waiting(SchedulerView& view, const Waiting& waiting) {
  for (auto& row : view.devices.rows) {
    const auto found = waiting.find(DeviceId(row.name));
    row.waiting = found == waiting.end() ? 0 : found->second;
  }
}

/// The higher, the more a person should look at it.
int urgency(Presence presence) {
  switch (presence) {
    case Presence::kAbsent:
      return 3;
    case Presence::kDraining:
      return 2;
    case Presence::kPresent:
      return 1;
    case Presence::kGone:
      return 0;
  }
  return 0;
}

}  // namespace

std::string cause_of(const Error& error) {
  std::string text = std::string(to_string(error.code)) + ": " + error.what;
  if (!error.party.empty()) text += " (" + error.party + ")";
  return shortened(std::move(text));
}

NodeRow row_of(const wire::NodeStatus& node) {
  NodeRow row;
  row.party = node.member.party.str();
  row.name = node.member.node.str();
  row.identity = node.member.identity;
  row.role = node.role;
  row.address = shortened(node.member.address);
  row.presence = node.gone                               ? Presence::kGone
                 : node.absent || node.silent_millis < 0 ? Presence::kAbsent
                 : node.draining                         ? Presence::kDraining
                                                         : Presence::kPresent;
  row.labels = node.facts.labels;
  row.cores = node.facts.cores;
  row.memory_bytes = node.facts.memory_bytes;
  row.slots = node.facts.slots;
  row.running = node.facts.running;
  row.compiler = shortened(node.compiler);
  row.wire_version = node.facts.wire_version;
  row.silent_millis = node.silent_millis;
  return row;
}

DeviceRow row_of(const Device& device, const std::map<std::string, Presence>& presence) {
  DeviceRow row;
  row.name = device.name.str();
  row.layout = to_string(device.layout);
  row.protocol = to_string(device.protocol);
  row.ring_bits = device.format.ring_bits;
  row.fraction_bits = device.format.fraction_bits;
  row.owner = device.owner.str();
  row.digest = digest(device).hex();
  for (const auto& member : device.compute) row.members.push_back(row_of(member, presence));
  for (const auto& dealer : device.dealers) row.dealers.push_back(row_of(dealer, presence));
  if (!std::ranges::all_of(row.members, is_here)) {
    row.state = DeviceState::kWaiting;
  } else if (!row.dealers.empty() && std::ranges::none_of(row.dealers, is_here)) {
    row.state = DeviceState::kNoDealer;
  } else {
    row.state = DeviceState::kReady;
  }
  return row;
}

JobRow row_of(const Job& job) {
  JobRow row;
  row.id = job.request.id.str();
  row.party = job.party.str();
  row.device = job.request.device.str();
  row.state = job.state;
  row.priority = job.request.priority;
  row.max_attempts = job.request.max_attempts;
  row.submitted_unix_millis = job.submitted_unix_millis;
  row.queued_unix_millis = waits_since(job);
  row.ended_unix_millis = job.ended_unix_millis;
  if (!job.attempts.empty()) {
    row.attempt = job.attempts.back().number;
    row.started_unix_millis = job.attempts.back().started_unix_millis;
    // A job that an earlier version ended does not say when.
    if (has_ended(job.state) && row.ended_unix_millis == 0)
      row.ended_unix_millis = job.attempts.back().ended_unix_millis;
  }
  row.waiting = shortened(job.waiting);
  row.progress = job.progress;
  if (job.state == JobState::kFailed) {
    if (job.problem) {
      row.cause = cause_of(*job.problem);
    } else if (!job.attempts.empty() && job.attempts.back().problem) {
      row.cause = cause_of(*job.attempts.back().problem);
    }
  }
  return row;
}

StockRow row_of(const wire::StockKind& kind) {
  StockRow row;
  row.device = kind.device.str();
  row.plan = kind.plan.hex();
  row.demand = kind.demand.hex();
  row.ready = kind.ready;
  row.target = kind.target;
  row.ordered = kind.ordered;
  row.waiting = kind.waiting;
  row.making = kind.making;
  row.made = kind.made;
  if (kind.problem) row.problem = cause_of(*kind.problem);
  return row;
}

void show_nodes_and_devices(SchedulerView& view, const wire::Nodes& nodes, const wire::Devices& devices,
                            std::size_t most) {
  std::map<std::string, Presence> presence;
  for (const auto& node : nodes) {
    view.nodes.rows.push_back(row_of(node));
    const auto here = view.nodes.rows.back().presence;
    presence[node.member.identity] = here;
    view.nodes_present += here == Presence::kPresent;
  }
  std::ranges::stable_sort(view.nodes.rows, [](const NodeRow& a, const NodeRow& b) {
    if (urgency(a.presence) != urgency(b.presence)) return urgency(a.presence) > urgency(b.presence);
    return std::tie(a.party, a.name) < std::tie(b.party, b.name);
  });
  cut(view.nodes, most);
  for (const auto& device : devices) {
    view.devices.rows.push_back(row_of(device, presence));
    view.devices_ready += view.devices.rows.back().state == DeviceState::kReady;
  }
  std::ranges::stable_sort(view.devices.rows,
                           [](const DeviceRow& a, const DeviceRow& b) { return a.state > b.state; });
  cut(view.devices, most);
}

void show_stock(SchedulerView& view, const wire::StockKinds& kinds, std::size_t most) {
  for (const auto& kind : kinds) {
    view.stock.rows.push_back(row_of(kind));
    view.tapes_ready += kind.ready;
    view.tapes_target += kind.target;
  }
  std::ranges::stable_sort(view.stock.rows, [](const StockRow& a, const StockRow& b) {
    const auto lacks = [](const StockRow& row) { return row.ready < row.target; };
    if (a.problem.empty() != b.problem.empty()) return b.problem.empty();
    if ((a.waiting > 0) != (b.waiting > 0)) return a.waiting > 0;
    return lacks(a) && !lacks(b);
  });
  cut(view.stock, most);
}

void show_jobs(SchedulerView& view, const scheduler::JobShelf& jobs, const ProgressOf& progress) {
  for (const auto& id : jobs.running()) {
    if (view.running.rows.size() == kRows) break;
    const auto& job = *jobs.find(id);
    view.running.rows.push_back(row_of(job));
    view.running.rows.back().progress = progress(job);
  }
  view.running.total = jobs.running().size();
  Waiting waiting;
  for (const auto& [turn, id] : jobs.queued()) {
    const auto& job = *jobs.find(id);
    ++waiting[job.request.device];
    if (view.waiting.rows.size() < kRows) view.waiting.rows.push_back(row_of(job));
  }
  show_waiting(view, waiting);
  view.waiting.total = jobs.queued().size();
  for (auto it = jobs.ended().rbegin(); it != jobs.ended().rend(); ++it) {
    if (view.ended.rows.size() == kEndedRows) break;
    view.ended.rows.push_back(row_of(*jobs.find(it->second)));
  }
  view.ended.total = jobs.ended().size();
}

void show_jobs(SchedulerView& view, const wire::Jobs& jobs) {
  std::set<JobId> seen;
  Waiting waiting;
  for (const auto& job : jobs) {
    if (!seen.insert(job.request.id).second) continue;
    auto& table = has_ended(job.state)              ? view.ended
                  : job.state == JobState::kRunning ? view.running
                                                    : view.waiting;
    table.rows.push_back(row_of(job));
    if (job.state == JobState::kQueued) ++waiting[job.request.device];
  }
  show_waiting(view, waiting);
  std::ranges::stable_sort(view.running.rows, {}, &JobRow::id);
  std::ranges::stable_sort(view.waiting.rows, {}, turn);
  std::ranges::stable_sort(view.ended.rows, std::greater<>(), &JobRow::ended_unix_millis);
  cut(view.running, kRows);
  cut(view.waiting, kRows);
  cut(view.ended, kEndedRows);
}

}  // namespace spud::service::status
