// SPDX-License-Identifier: Apache-2.0
#include "app/status/status_page.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

#include "service/status/json.hpp"
#include "service/status/page.hpp"

namespace spud::app {

namespace {

using service::status::CertificateRow;
using service::status::Curve;
using service::status::PeerRow;
using service::status::Snapshot;

constexpr Millis kStep{2000};
constexpr std::size_t kSteps = 150;  // five minutes
constexpr Millis kFresh{1000};

/// A curve, and the families of which it is the sum.
struct Source {
  Curve curve;
  std::set<std::string_view> families;
  std::string_view role;  ///< empty: all have it
};

const std::vector<Source>& sources() {
  using enum Curve::Kind;
  static const std::vector<Source> all{
      {{"Jobs ended", "/s", kRate}, {"spud_jobs_total"}, "scheduler"},
      {{"Attempts ended", "/s", kRate}, {"spud_attempts_total"}, "node"},
      {{"Rounds", "/s", kRate}, {"spud_rounds_total"}, "node"},
      {{"Bytes dealt", "B/s", kRate}, {"spud_dealt_tape_bytes_total"}, "dealer"},
      {{"Sent and received", "B/s", kRate}, {"spud_sent_bytes_total", "spud_received_bytes_total"}, "node"},
      {{"Memory of the process", "B", kLevel}, {"process_resident_memory_bytes"}, ""},
  };
  return all;
}

bool shown_by(const Source& source, const std::string& role) {
  return source.role.empty() || source.role == role;
}

std::vector<Curve> curves(const std::string& role) {
  std::vector<Curve> out;
  for (const auto& source : sources()) {
    if (shown_by(source, role)) out.push_back(source.curve);
  }
  return out;
}

std::vector<double> values(const std::string& role, const std::vector<metrics::Sample>& samples) {
  std::vector<double> out;
  for (const auto& source : sources()) {
    if (!shown_by(source, role)) continue;
    double sum = 0;
    for (const auto& sample : samples) {
      if (source.families.contains(sample.family)) sum += sample.value;
    }
    out.push_back(sum);
  }
  return out;
}

std::vector<PeerRow> peers(const std::vector<metrics::Sample>& samples) {
  std::map<std::string, PeerRow> rows;
  for (const auto& sample : samples) {
    auto label = sample.labels.find("peer");
    if (label == sample.labels.end()) continue;
    auto& row = rows[label->second];
    row.peer = label->second;
    if (sample.family == "spud_peer_up") row.up = sample.value != 0;
    if (sample.family == "spud_peer_round_trip_seconds") row.round_trip_seconds = sample.value;
    if (sample.family == "spud_sent_bytes_total") row.sent_bytes += static_cast<std::uint64_t>(sample.value);
    if (sample.family == "spud_received_bytes_total")
      row.received_bytes += static_cast<std::uint64_t>(sample.value);
  }
  std::vector<PeerRow> out;
  for (auto& [peer, row] : rows) out.push_back(std::move(row));
  return out;
}

}  // namespace

std::vector<CertificateRow> certificates_of(const net::TlsContext& tls) {
  std::vector<CertificateRow> rows{{"own", tls.certificate().validity()}};
  for (const auto& bundle : tls.trust().bundles()) {
    for (const auto& authority : bundle.authorities)
      rows.push_back({"ca " + bundle.party.str(), authority.validity()});
  }
  std::ranges::stable_sort(rows, {}, [](const CertificateRow& row) { return row.valid.not_after; });
  if (rows.size() > service::status::kRows) rows.resize(service::status::kRows);
  return rows;
}

StatusPage::StatusPage(Snapshot service, const Clock& clock, const metrics::Registry& registry, Checks checks,
                       Describe describe)
    : service_(std::move(service)),
      clock_(clock),
      registry_(registry),
      checks_(std::move(checks)),
      describe_(std::move(describe)),
      history_(curves(service_.role), kSteps),
      sampler_([this] { sample(); }) {}

StatusPage::~StatusPage() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  sampler_.join();
}

void StatusPage::sample() {
  std::unique_lock lock(mutex_);
  do {
    lock.unlock();
    std::vector<double> now;
    try {
      now = values(service_.role, registry_.samples());
    } catch (const std::exception&) {
      // Without memory, say: a curve misses a point.
    }
    lock.lock();
    if (!now.empty()) history_.sample(clock_.now(), std::move(now));
  } while (!changed_.wait_for(lock, kStep, [&] { return stopped_; }));
}

Snapshot StatusPage::ask() const {
  Snapshot snapshot = service_;
  snapshot.checks = checks_();
  snapshot.draining =
      std::ranges::any_of(snapshot.checks, [](const auto& check) { return check.name == "draining"; });
  snapshot.peers = peers(registry_.samples());
  describe_(snapshot);
  return snapshot;
}

Snapshot StatusPage::look() {
  std::unique_lock lock(mutex_);
  // Whoever comes while somebody asks takes what there was before, if there was anything.
  changed_.wait(lock, [&] { return !asking_ || last_; });
  if (!asking_ && (!last_ || clock_.now() - taken_ >= kFresh)) {
    asking_ = true;
    lock.unlock();
    auto asked = [&]() -> std::optional<Snapshot> {
      try {
        return ask();
      } catch (const std::exception&) {
        return std::nullopt;  // without memory, say; the next one asks again
      }
    }();
    lock.lock();
    asking_ = false;
    if (asked) {
      last_ = std::move(asked);
      taken_ = clock_.now();
    }
    changed_.notify_all();
  }
  auto snapshot = last_.value_or(service_);
  const auto now = clock_.now();
  snapshot.heard = snapshot.heard && last_;
  if (last_) snapshot.age_millis += (now - taken_).count();
  snapshot.unix_millis = clock_.unix_millis();
  snapshot.up_millis = (now - started_).count();
  snapshot.series = history_.series();
  return snapshot;
}

metrics::Documents StatusPage::documents() {
  const std::string nothing = "default-src 'none'; frame-ancestors 'none'";
  return {{"/",
           [this] {
             return metrics::Document{"text/html; charset=utf-8", service::status::content_policy(),
                                      service::status::page(look())};
           }},
          {"/status.json", [this, nothing] {
             return metrics::Document{"application/json", nothing,
                                      service::status::text_of(service::status::to_json(look()))};
           }}};
}

}  // namespace spud::app
