// SPDX-License-Identifier: Apache-2.0
#include "service/status/needs.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

#include "service/status/text.hpp"

namespace spud::service::status {

namespace {

/// Of one kind that are named.
constexpr std::size_t kNamed = 3;
/// Of the time between a renewal that was due and the end: what remains then is in the way soon.
constexpr std::int64_t kLastPart = 4;

/// The same for the same names only, and nothing in it that a page or a link would have to escape.
std::string anchor(const char* kind, const std::string& name) {
  std::string text = std::string(kind) + "-";
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    char code[4];
    std::snprintf(code, sizeof code, "_%02x", static_cast<unsigned char>(c));
    text += plain ? std::string(1, c) : std::string(code);
  }
  return text;
}

bool bad_first(const Need& a, const Need& b) {
  return a.tone == Tone::kBad && b.tone != Tone::kBad;
}

std::string jobs_text(std::uint64_t count) {
  return count == 1 ? "1 job" : std::to_string(count) + " jobs";
}

/// Needs of one kind: the first are named, bad ones before others; all are counted.
class Kind {
 public:
  Kind(const char* what, const char* section) : what_(what), section_(section) {}
  void add(Need need) { needs_.push_back(std::move(need)); }
  void add_to(std::vector<Need>& all) {
    std::ranges::stable_sort(needs_, bad_first);
    if (needs_.size() > kNamed) {
      // One line for those that have no line; the first of them is the worst.
      const Need rest{needs_[kNamed].tone, "and " + std::to_string(needs_.size() - kNamed) + " more " + what_,
                      section_};
      needs_.resize(kNamed);
      needs_.push_back(rest);
    }
    std::ranges::move(needs_, std::back_inserter(all));
  }

 private:
  const char* what_;
  const char* section_;
  std::vector<Need> needs_;
};

/// The peers that another line speaks of.
using Told = std::set<std::string>;

void check_readiness(const Snapshot& snapshot, Told& told, std::vector<Need>& all) {
  Kind kind("checks", "checks");
  const bool disk_low = std::ranges::any_of(snapshot.disks, is_low);
  for (const auto& check : snapshot.checks) {
    // That it drains is what somebody wanted; a disk that is low says so itself.
    if (check.ok || check.name == "draining" || (check.name == "disk" && disk_low)) continue;
    kind.add({Tone::kBad, "not ready: " + check.name + ": " + check.reason, anchor_of(check)});
    if (check.name != "scheduler") continue;
    for (const auto& row : snapshot.peers)
      if (row.peer.find("/scheduler/") != std::string::npos) told.insert(row.peer);
  }
  kind.add_to(all);
}

void check_disks(const Snapshot& snapshot, std::vector<Need>& all) {
  Kind kind("disks", "disks");
  for (const auto& disk : snapshot.disks) {
    if (!is_low(disk)) continue;
    kind.add({Tone::kBad,
              "the disk of the " + disk.name + " has " + bytes_text(static_cast<double>(disk.free_bytes)) +
                  " left: no new work is taken below " + bytes_text(static_cast<double>(disk.min_free_bytes)),
              anchor_of(disk)});
  }
  kind.add_to(all);
}

void check_certificates(const Snapshot& snapshot, std::vector<Need>& all) {
  Kind kind("certificates", "certificates");
  for (const auto& row : snapshot.certificates) {
    const auto tone = tone_of(row, snapshot.unix_millis);
    if (tone == Tone::kGood) continue;
    const auto left = row.valid.not_after * 1000 - snapshot.unix_millis;
    const auto name = row.name == "own" ? std::string("its own certificate") : "certificate of " + row.name;
    kind.add({tone, name + (left <= 0 ? " has ended" : " ends in " + span_text(left)), anchor_of(row)});
  }
  kind.add_to(all);
}

void check_peers(const Snapshot& snapshot, const Told& told, std::vector<Need>& all) {
  Kind kind("peers", "peers");
  for (const auto& row : snapshot.peers) {
    if (row.up.value_or(true) || told.contains(row.peer)) continue;
    kind.add({Tone::kBad, row.peer + " cannot be reached", anchor_of(row)});
  }
  kind.add_to(all);
}

void check_nodes(const SchedulerView& view, Told& told, std::vector<Need>& all) {
  Kind kind("nodes", "nodes");
  for (const auto& row : view.nodes.rows) {
    if (row.presence == Presence::kPresent || row.presence == Presence::kDraining) continue;
    // By the name that it has among peers.
    told.insert(row.party + "/" + row.role + "/" + row.name);
    if (row.presence == Presence::kGone) continue;
    const auto name = (row.role == "dealer" ? "dealer " : "node ") + member_text(row.party, row.name);
    // One that an attempt blames is absent, too, however little ago it was heard.
    kind.add({Tone::kBad,
              name + (row.silent_millis < 0 ? " has not announced itself since the scheduler started"
                                            : " is absent: heard " + heard_text(row.silent_millis)),
              anchor_of(row)});
  }
  kind.add_to(all);
}

std::string missing_text(const DeviceRow& row) {
  std::vector<MemberRow> missing;
  for (const auto& member : row.members) {
    if (member.presence != Presence::kPresent) missing.push_back(member);
  }
  return members_text(missing);
}

void check_devices(const SchedulerView& view, std::vector<Need>& all) {
  Kind kind("devices", "devices");
  for (const auto& row : view.devices.rows) {
    if (row.state == DeviceState::kReady) continue;
    const auto jobs = row.waiting;
    const auto who =
        jobs == 0 ? std::string() : ", and " + jobs_text(jobs) + (jobs == 1 ? " waits" : " wait");
    if (row.state == DeviceState::kWaiting) {
      kind.add(
          {Tone::kBad,
           "device " + row.name + " waits for " + missing_text(row) + (who.empty() ? "" : who + " for it"),
           anchor_of(row)});
    } else {
      kind.add({Tone::kWarn, "device " + row.name + " has no dealer: it runs from stock alone" + who,
                anchor_of(row)});
    }
  }
  kind.add_to(all);
}

void check_jobs(const SchedulerView& view, std::int64_t now, std::vector<Need>& all) {
  // Of a device that is not ready there is a line already.
  std::set<std::string> not_ready;
  for (const auto& row : view.devices.rows) {
    if (row.state != DeviceState::kReady) not_ready.insert(row.name);
  }
  Kind kind("jobs that have waited long", "jobs");
  for (const auto& job : view.waiting.rows) {
    if (!waits_long(job, now) || not_ready.contains(job.device)) continue;
    kind.add({Tone::kWarn,
              "job " + job.id + " has waited for " + span_text(now - job.queued_unix_millis) +
                  (job.waiting.empty() ? "" : ": " + job.waiting),
              anchor_of(job)});
  }
  kind.add_to(all);
}

void check_stock(const SchedulerView& view, std::vector<Need>& all) {
  Kind kind("plans whose stock is short", "stock");
  for (const auto& row : view.stock.rows) {
    const auto tone = tone_of(row);
    if (tone == Tone::kGood) continue;
    kind.add({tone,
              "stock of plan " + row.plan.substr(0, kDigestDigits) + " on " + row.device +
                  (tone == Tone::kBad ? " is held up: " + row.problem
                                      : " is used up, and " + jobs_text(row.waiting) +
                                            (row.waiting == 1 ? " waits" : " wait")),
              anchor_of(row)});
  }
  kind.add_to(all);
}

}  // namespace

Tone tone_of(const CertificateRow& row, std::int64_t now_unix_millis) {
  const auto now = now_unix_millis / 1000, left = row.valid.not_after - now;
  const auto due = crypto::renewal_due(row.valid);
  if (left < (row.valid.not_after - due) / kLastPart) return Tone::kBad;
  return now > due ? Tone::kWarn : Tone::kGood;
}

bool is_low(const DiskRow& disk) {
  return disk.free_bytes < disk.min_free_bytes;
}

Tone tone_of(const StockRow& kind) {
  if (!kind.problem.empty()) return Tone::kBad;
  return kind.waiting > 0 && kind.ready == 0 ? Tone::kWarn : Tone::kGood;
}

bool waits_long(const JobRow& job, std::int64_t now_unix_millis) {
  return now_unix_millis - job.queued_unix_millis >= kLongWaitMillis;
}

std::string anchor_of(const NodeRow& row) {
  return anchor("node", row.identity.empty() ? row.party + "/" + row.name : row.identity);
}
std::string anchor_of(const DeviceRow& row) {
  return anchor("device", row.name);
}
std::string anchor_of(const JobRow& row) {
  return anchor("job", row.id);
}
std::string anchor_of(const StockRow& row) {
  return anchor("stock", row.device + "/" + row.plan + "/" + row.demand);
}
std::string anchor_of(const PeerRow& row) {
  return anchor("peer", row.peer);
}
std::string anchor_of(const metrics::Check& row) {
  return anchor("check", row.name);
}
std::string anchor_of(const CertificateRow& row) {
  return anchor("certificate", row.name + "/" + std::to_string(row.valid.not_after));
}
std::string anchor_of(const DiskRow& row) {
  return anchor("disk", row.name);
}

std::vector<Need> needs_of(const Snapshot& snapshot) {
  std::vector<Need> all;
  Told told;
  check_readiness(snapshot, told, all);
  if (const auto* view = std::get_if<SchedulerView>(&snapshot.view)) {
    check_nodes(*view, told, all);
    check_devices(*view, all);
    check_jobs(*view, snapshot.unix_millis, all);
    check_stock(*view, all);
  }
  check_peers(snapshot, told, all);
  check_disks(snapshot, all);
  check_certificates(snapshot, all);
  std::ranges::stable_sort(all, bad_first);
  return all;
}

}  // namespace spud::service::status
