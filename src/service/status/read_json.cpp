// SPDX-License-Identifier: Apache-2.0
#include "service/status/read_json.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include <nlohmann/json.hpp>

namespace spud::service::status {

namespace {

using Json = nlohmann::json;

/// Leaves this file as an error.
struct Wrong {
  std::string where, expected;
};

/// A value and where it stands.
class At {
 public:
  At(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  At operator[](const char* name) const {
    must(json_.is_object(), "an object");
    const auto found = json_.find(name);
    const auto where = where_.empty() ? name : where_ + "." + name;
    if (found == json_.end()) throw Wrong{where, "it is there"};
    return {*found, where};
  }
  bool is_null() const { return json_.is_null(); }
  std::string text() const {
    must(json_.is_string(), "a text");
    return json_.get<std::string>();
  }
  bool flag() const {
    must(json_.is_boolean(), "true or false");
    return json_.get<bool>();
  }
  double real() const {
    must(json_.is_number(), "a number");
    return json_.get<double>();
  }
  template <class T>
  T whole() const {
    must(json_.is_number_unsigned() && json_.get<std::uint64_t>() <= std::numeric_limits<T>::max(),
         "a whole number of at most " + std::to_string(std::numeric_limits<T>::max()));
    return static_cast<T>(json_.get<std::uint64_t>());
  }
  /// A whole number that sums and differences of, and thousands, do not overflow.
  std::int64_t time() const {
    constexpr std::int64_t kMost = std::int64_t{1} << 52;
    const bool fits = json_.is_number_unsigned()
                          ? json_.get<std::uint64_t>() <= std::uint64_t{kMost}
                          : json_.is_number_integer() && -kMost <= json_.get<std::int64_t>();
    must(fits, "a time");
    return json_.get<std::int64_t>();
  }
  std::int32_t priority() const {
    must(json_.is_number_integer() && json_.get<double>() >= kLowestPriority &&
             json_.get<double>() <= kHighestPriority,
         "a priority, " + std::to_string(kLowestPriority) + " to " + std::to_string(kHighestPriority));
    return json_.get<std::int32_t>();
  }
  template <class E, std::size_t n>
  E one_of(const std::array<E, n>& all) const {
    const auto said = text();
    std::string names;
    for (const auto one : all) {
      if (said == to_string(one)) return one;
      names += (names.empty() ? "" : ", ") + std::string(to_string(one));
    }
    throw Wrong{where_, "one of: " + names};
  }
  /// What is null where nobody has said it.
  std::string text_or_empty() const { return is_null() ? "" : text(); }
  std::int64_t time_or_0() const { return is_null() ? 0 : time(); }

  template <class One>
  auto list(One one) const {
    must(json_.is_array(), "a list");
    std::vector<decltype(one(*this))> all;
    for (std::size_t i = 0; i < json_.size(); ++i)
      all.push_back(one(At(json_[i], where_ + "[" + std::to_string(i) + "]")));
    return all;
  }
  template <class One>
  auto fields(One one) const {
    must(json_.is_object(), "an object");
    std::map<std::string, decltype(one(*this))> all;
    // The names are somebody else's, and where it stands is shown as it is.
    for (const auto& [name, value] : json_.items()) all.emplace(name, one(At(value, where_ + ".*")));
    return all;
  }
  template <class One>
  auto table(One one) const {
    Table<decltype(one(*this))> table;
    table.rows = (*this)["rows"].list(one);
    table.total = (*this)["total"].whole<std::uint64_t>();
    return table;
  }

 private:
  void must(bool holds, const std::string& expected) const {
    if (!holds) throw Wrong{where_, expected};
  }

  const Json& json_;
  const std::string where_;
};

constexpr std::array kPresences{Presence::kPresent, Presence::kDraining, Presence::kAbsent, Presence::kGone};
constexpr std::array kDeviceStates{DeviceState::kReady, DeviceState::kNoDealer, DeviceState::kWaiting};
constexpr std::array kJobStates{JobState::kQueued, JobState::kRunning, JobState::kFailed, JobState::kDone,
                                JobState::kCancelled};
constexpr std::array kPhases{Phase::kPreparing, Phase::kReserving, Phase::kLinking, Phase::kTape,
                             Phase::kLoading,   Phase::kRunning,   Phase::kStoring};

using U32 = std::uint32_t;
using U64 = std::uint64_t;

JobProgress progress_of(const At& at) {
  return {at["phase"].one_of(kPhases),
          at["instructions"].whole<U64>(),
          at["of_instructions"].whole<U64>(),
          at["rounds"].whole<U64>(),
          at["of_rounds"].whole<U64>(),
          static_cast<U64>(std::max<std::int64_t>(0, at["run_millis"].time()))};
}

NodeRow node_of(const At& at) {
  NodeRow row{at["party"].text(), at["name"].text(), at["identity"].text(), at["role"].text(),
              at["address"].text()};
  row.presence = at["state"].one_of(kPresences);
  row.labels = at["labels"].fields([](const At& label) { return label.text(); });
  row.cores = at["cores"].whole<U32>();
  row.memory_bytes = at["memory_bytes"].whole<U64>();
  row.slots = at["slots"].whole<U32>();
  row.running = at["running"].whole<U32>();
  row.compiler = at["compiler"].text();
  row.wire_version = at["wire_version"].whole<std::uint16_t>();
  row.silent_millis = at["silent_millis"].time();
  return row;
}

MemberRow member_of(const At& at) {
  return {at["party"].text(), at["name"].text(), at["state"].one_of(kPresences)};
}

DeviceRow device_of(const At& at) {
  return {at["name"].text(),
          at["layout"].text(),
          at["protocol"].text(),
          at["ring_bits"].whole<unsigned>(),
          at["fraction_bits"].whole<unsigned>(),
          at["owner"].text(),
          at["digest"].text(),
          at["members"].list(member_of),
          at["dealers"].list(member_of),
          at["state"].one_of(kDeviceStates),
          at["waiting"].whole<U64>()};
}

JobRow job_of(const At& at) {
  JobRow row{at["id"].text(), at["party"].text(), at["device"].text()};
  row.state = at["state"].one_of(kJobStates);
  row.priority = at["priority"].priority();
  row.attempt = at["attempt"].whole<U32>();
  row.max_attempts = at["max_attempts"].whole<U32>();
  row.submitted_unix_millis = at["submitted_unix_millis"].time();
  row.queued_unix_millis = at["queued_unix_millis"].time();
  row.started_unix_millis = at["started_unix_millis"].time_or_0();
  row.ended_unix_millis = at["ended_unix_millis"].time_or_0();
  row.waiting = at["waiting"].text_or_empty();
  if (!at["progress"].is_null()) row.progress = progress_of(at["progress"]);
  row.cause = at["cause"].text_or_empty();
  return row;
}

StockRow stock_of(const At& at) {
  return {at["device"].text(),          at["plan"].text(),         at["demand"].text(),
          at["ready"].whole<U32>(),     at["target"].whole<U32>(), at["ordered"].whole<U32>(),
          at["waiting"].whole<U32>(),   at["making"].flag(),       at["made"].whole<U64>(),
          at["problem"].text_or_empty()};
}

SchedulerView scheduler_of(const At& at) {
  return {at["nodes_present"].whole<U64>(), at["devices_ready"].whole<U64>(), at["tapes_ready"].whole<U64>(),
          at["tapes_target"].whole<U64>(),  at["nodes"].table(node_of),       at["devices"].table(device_of),
          at["running"].table(job_of),      at["waiting"].table(job_of),      at["ended"].table(job_of),
          at["stock"].table(stock_of)};
}

AttemptRow attempt_of(const At& at) {
  return {at["job"].text(),
          at["attempt"].whole<U32>(),
          at["device"].text(),
          at["supply"].text_or_empty(),
          progress_of(at["progress"]),
          at["memory_bytes"].whole<U64>(),
          at["age_millis"].time()};
}

NodeView node_view_of(const At& at) {
  NodeView view;
  view.work = {at["attempts"].table(attempt_of), at["slots"].whole<U32>(),
               at["memory"]["limit_bytes"].whole<U64>(), at["memory"]["reserved_bytes"].whole<U64>()};
  const auto data = at["datasets"];
  view.holdings = {data["count"].whole<U64>(), data["bytes"].whole<U64>(), data["uploads"].whole<U64>()};
  if (const auto tapes = at["tapes"]; !tapes.is_null()) {
    view.tapes = {tapes["by_state"].fields([](const At& count) { return count.whole<U64>(); }),
                  tapes["bytes"].whole<U64>(), tapes["limit_bytes"].whole<U64>(),
                  tapes["epoch"].whole<U64>()};
  }
  return view;
}

DealerView dealer_of(const At& at) {
  return {at["gathering"].whole<U64>(),  at["serving"].whole<U64>(),   at["dealt"].whole<U64>(),
          at["ledger"].whole<U64>(),     at["last_tape"].whole<U64>(), at["epoch"].whole<U64>(),
          at["dealt_bytes"].whole<U64>()};
}

metrics::Check check_of(const At& at) {
  const bool holds = at["ok"].flag();
  return {at["name"].text(), holds, holds ? "" : at["reason"].text()};
}

CertificateRow certificate_of(const At& at) {
  return {at["name"].text(), {at["not_before_unix_seconds"].time(), at["not_after_unix_seconds"].time()}};
}

PeerRow peer_of(const At& at) {
  PeerRow row{at["peer"].text()};
  if (!at["up"].is_null()) row.up = at["up"].flag();
  if (!at["round_trip_seconds"].is_null()) row.round_trip_seconds = at["round_trip_seconds"].real();
  row.sent_bytes = at["sent_bytes"].whole<U64>();
  row.received_bytes = at["received_bytes"].whole<U64>();
  return row;
}

Snapshot snapshot_of(const At& at) {
  Snapshot snapshot;
  const auto service = at["service"];
  snapshot.role = service["role"].text();
  snapshot.name = service["name"].text();
  snapshot.party = service["party"].text();
  snapshot.version = service["version"].text();
  snapshot.unix_millis = at["unix_millis"].time();
  snapshot.up_millis = at["up_millis"].time();
  snapshot.age_millis = at["age_millis"].time();
  snapshot.silence = at["silence"].text_or_empty();
  snapshot.heard = at["heard"].flag();
  snapshot.draining = at["draining"].flag();
  snapshot.checks = at["checks"].list(check_of);
  snapshot.certificates = at["certificates"].list(certificate_of);
  snapshot.disks = at["disks"].list([](const At& disk) {
    return DiskRow{disk["name"].text(), disk["free_bytes"].whole<U64>(), disk["min_free_bytes"].whole<U64>()};
  });
  snapshot.peers = at["peers"].list(peer_of);
  snapshot.series = at["series"].list([](const At& one) {
    return Series{one["name"].text(), one["unit"].text(),
                  one["values"].list([](const At& value) { return value.real(); }),
                  one["step_millis"].time()};
  });
  if (snapshot.role == "scheduler") {
    snapshot.view = scheduler_of(at["scheduler"]);
  } else if (snapshot.role == "node") {
    snapshot.view = node_view_of(at["node"]);
  } else if (snapshot.role == "dealer") {
    snapshot.view = dealer_of(at["dealer"]);
  } else {
    throw Wrong{"service.role", "scheduler, node or dealer"};
  }
  return snapshot;
}

}  // namespace

Result<Snapshot> read_json(std::string_view text) try {
  const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return bad_input("no JSON object", "status", "the status of a service");
  const At at(json, "");
  const auto version = at["version"].whole<U32>();
  if (version != kVersion) {
    return fail(ErrorCode::kUnsupported, "version " + std::to_string(version), "status",
                "version " + std::to_string(kVersion), {}, "use the release that the service has");
  }
  return snapshot_of(at);
} catch (const Wrong& wrong) {
  return bad_input("not as a service writes it", "status: " + wrong.where, wrong.expected);
}

}  // namespace spud::service::status
