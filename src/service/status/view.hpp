// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "service/job.hpp"
#include "service/labels.hpp"
#include "system/crypto/pki.hpp"
#include "system/metrics/operations_server.hpp"

/// What a service shows of itself to those who operate it: copies that its state machines fill, drawn as a
/// page (page.hpp), as JSON (json.hpp) and in a terminal (app/top). Whoever reaches the operations port sees
/// it, so nothing here is protected by a policy: names of parties, processes, devices and jobs, digests,
/// counts, bytes and times; never a dataset's name, a program, a policy or a value. docs/security.md says
/// why.
namespace spud::service::status {

/// Of /status.json: under one version fields may be added, but none is renamed, removed or given another
/// meaning.
inline constexpr int kVersion = 1;

/// The first rows of what may be long, and how many there are of it.
template <class Row>
struct Table {
  std::vector<Row> rows{};
  std::uint64_t total = 0;
  std::uint64_t left_out() const { return total > rows.size() ? total - rows.size() : 0; }
};
/// Rows of a table.
inline constexpr std::size_t kRows = 100;
/// Rows of jobs that have ended.
inline constexpr std::size_t kEndedRows = 20;

// ---- scheduler

enum class Presence { kPresent, kDraining, kAbsent, kGone };
const char* to_string(Presence presence);

struct NodeRow {
  std::string party;
  std::string name;
  std::string identity;
  std::string role;  ///< "compute" or "dealer"
  std::string address;
  Presence presence = Presence::kAbsent;
  Labels labels{};
  std::uint32_t cores = 0;
  std::uint64_t memory_bytes = 0;
  std::uint32_t slots = 0;  ///< 0: it does not say
  std::uint32_t running = 0;
  std::string compiler{};
  std::uint16_t wire_version = 0;
  std::int64_t silent_millis = -1;  ///< −1: not heard of since the scheduler has started
};

struct MemberRow {
  std::string party;
  std::string name;
  Presence presence = Presence::kAbsent;
};

enum class DeviceState {
  kReady,     ///< all its compute nodes and a dealer take work
  kNoDealer,  ///< jobs run from stock only
  kWaiting,   ///< for a compute node
};
const char* to_string(DeviceState state);

struct DeviceRow {
  std::string name;
  std::string layout;
  std::string protocol;
  unsigned ring_bits = 0;
  unsigned fraction_bits = 0;
  std::string owner;
  std::string digest;
  std::vector<MemberRow> members{};  ///< in rank order
  std::vector<MemberRow> dealers{};
  DeviceState state = DeviceState::kWaiting;
  std::uint64_t waiting = 0;  ///< jobs
};

struct JobRow {
  std::string id;
  std::string party;  ///< whose client asked
  std::string device;
  JobState state = JobState::kQueued;
  std::int32_t priority = 0;
  std::uint32_t attempt = 0;  ///< the last; 0: none yet
  std::uint32_t max_attempts = 0;
  std::int64_t submitted_unix_millis = 0;
  std::int64_t queued_unix_millis = 0;   ///< since when it waits: submitted, or its last attempt failed
  std::int64_t started_unix_millis = 0;  ///< of the last attempt; 0: none yet
  std::int64_t ended_unix_millis = 0;    ///< 0: has not ended
  std::string waiting{};                 ///< why it does not run yet
  std::optional<JobProgress> progress{};
  std::string cause{};  ///< why it failed
};

struct StockRow {
  std::string device;
  std::string plan;    ///< digest
  std::string demand;  ///< digest
  std::uint32_t ready = 0;
  std::uint32_t target = 0;
  std::uint32_t ordered = 0;
  std::uint32_t waiting = 0;  ///< jobs
  bool making = false;
  std::uint64_t made = 0;
  std::string problem{};  ///< why the last tape could not be made
};

struct SchedulerView {
  // Of all, also those that no table has room for.
  std::uint64_t nodes_present = 0;
  std::uint64_t devices_ready = 0;
  std::uint64_t tapes_ready = 0;
  std::uint64_t tapes_target = 0;

  Table<NodeRow> nodes;      ///< those that are away first
  Table<DeviceRow> devices;  ///< those that wait first
  Table<JobRow> running;
  Table<JobRow> waiting;  ///< in the order of their turns
  Table<JobRow> ended;    ///< the last first
  Table<StockRow> stock;  ///< those that jobs wait for first
};

// ---- node

struct AttemptRow {
  std::string job;
  std::uint32_t attempt = 0;
  std::string device;
  std::string
      supply{};  ///< "stock", a dealer by the name that it has among peers, or empty while nobody has said
  JobProgress progress{};
  std::uint64_t memory_bytes = 0;  ///< by its plan's estimate; 0: not known yet
  std::int64_t age_millis = 0;
};

/// Attempts and what they may take.
struct WorkView {
  Table<AttemptRow> attempts;
  std::uint32_t slots = 0;
  std::uint64_t memory_limit_bytes = 0;
  std::uint64_t memory_reserved_bytes = 0;
};

/// What clients have left here. No names: a dataset's is told to those that its policy lets know it.
struct HoldingsView {
  std::uint64_t datasets = 0;
  std::uint64_t dataset_bytes = 0;
  std::uint64_t uploads = 0;  ///< under way
};

/// Tapes made ahead.
struct TapesView {
  std::map<std::string, std::uint64_t> by_state;
  std::uint64_t bytes = 0;
  std::uint64_t limit_bytes = 0;  ///< 0: none
  std::uint64_t epoch = 0;
};

struct PeerRow {
  std::string peer;
  std::optional<bool> up{};  ///< nullopt: nobody watches it from here
  std::optional<double> round_trip_seconds{};
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
};

struct NodeView {
  WorkView work;
  HoldingsView holdings;
  std::optional<TapesView> tapes;  ///< nullopt: it keeps none
};

// ---- dealer

struct DealerView {
  std::uint64_t gathering = 0;  ///< tapes that wait for their nodes
  std::uint64_t serving = 0;    ///< connections of nodes
  std::uint64_t dealt = 0;      ///< tapes since it started
  std::uint64_t ledger = 0;     ///< attempts and orders that have had their tape, for ever
  std::uint64_t last_tape = 0;  ///< number of the last tape of stock in this epoch
  std::uint64_t epoch = 0;
  std::uint64_t dealt_bytes = 0;  ///< since it started
};

// ---- all

struct CertificateRow {
  std::string name;  ///< "own" or "ca PARTY"
  crypto::Validity valid{};
};

struct DiskRow {
  std::string name;
  std::uint64_t free_bytes = 0;
  std::uint64_t min_free_bytes = 0;  ///< below it no new work is taken
};

/// What was measured in the last minutes, oldest first.
struct Series {
  std::string name;  ///< "jobs ended"
  std::string unit;  ///< "/s", "B/s" or "B"
  std::vector<double> values{};
  std::int64_t step_millis = 0;
};

struct Snapshot {
  std::string role;  ///< "scheduler", "node" or "dealer"
  std::string name;
  std::string party;
  std::string version;
  std::int64_t unix_millis = 0;
  std::int64_t up_millis = 0;
  /// How old the oldest part is; more than a moment if the service did not answer in time.
  std::int64_t age_millis = 0;
  std::string silence{};  ///< why it is old, or not all of it is there
  bool heard = true;      ///< false: a part of it has never answered, and is empty
  bool draining = false;
  std::vector<metrics::Check> checks{};
  std::vector<CertificateRow> certificates{};
  std::vector<DiskRow> disks{};
  std::vector<PeerRow> peers{};
  std::vector<Series> series{};
  std::variant<std::monostate, SchedulerView, NodeView, DealerView> view{};

  bool ready() const;
  /// It is as it is now.
  bool current() const;
};

}  // namespace spud::service::status
