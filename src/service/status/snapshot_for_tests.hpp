// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/status/view.hpp"

/// Snapshots with something in every table.
namespace spud::service::status {

inline constexpr std::int64_t kTestNow = 1'700'000'000'000;

inline JobRow test_job(const std::string& id, JobState state) {
  JobRow job{id, "hospital-a", "demo"};
  job.state = state;
  job.attempt = state == JobState::kQueued ? 0 : 1;
  job.max_attempts = 3;
  job.submitted_unix_millis = job.queued_unix_millis = kTestNow - 90'000;
  if (state != JobState::kQueued) job.started_unix_millis = kTestNow - 60'000;
  if (has_ended(state)) job.ended_unix_millis = kTestNow - 5'000;
  return job;
}

inline SchedulerView test_scheduler_view() {
  SchedulerView view;
  NodeRow node{"alice", "alice-0", "spiffe://alice.spud/spud/compute/alice-0", "compute", "alice:7000"};
  node.presence = Presence::kPresent;
  node.labels = {{"zone", "eu"}};
  node.cores = 8;
  node.memory_bytes = 16ull << 30;
  node.slots = 4;
  node.running = 1;
  node.compiler = "7";
  node.silent_millis = 800;
  NodeRow away{"bob", "bob-0", "spiffe://bob.spud/spud/compute/bob-0", "compute", "bob:7000"};
  away.silent_millis = 200'000;
  view.nodes = {{away, node}, 2};
  view.nodes_present = 1;
  DeviceRow device{"demo", "outsourcing", "semi2k", 64, 18, "hospital-a", std::string(64, 'd')};
  device.members = {{"alice", "alice-0", Presence::kPresent}, {"bob", "bob-0", Presence::kAbsent}};
  device.dealers = {{"carol", "carol", Presence::kPresent}};
  view.devices = {{device}, 1};
  auto running = test_job("train-7", JobState::kRunning);
  running.progress = JobProgress{Phase::kRunning, 5, 9, 30, 90, 6000};
  view.running = {{running}, 1};
  auto waiting = test_job("train-8", JobState::kQueued);
  waiting.waiting = "node bob-0 has been silent for 3 min 20 s";
  view.waiting = {{waiting}, 1};
  auto failed = test_job("train-6", JobState::kFailed);
  failed.cause = "unavailable: the link has ended (bob)";
  view.ended = {{failed, test_job("train-5", JobState::kDone)}, 2};
  StockRow stock{"demo", std::string(64, 'a'), std::string(64, 'b'), 3, 8};
  stock.waiting = 1;
  stock.making = true;
  view.stock = {{stock}, 1};
  view.tapes_ready = 3;
  view.tapes_target = 8;
  return view;
}

inline Snapshot test_snapshot() {
  Snapshot snapshot;
  snapshot.role = "scheduler";
  snapshot.name = "main";
  snapshot.party = "operator";
  snapshot.version = "0.1.0";
  snapshot.unix_millis = kTestNow;
  snapshot.up_millis = 3 * 3'600'000;
  snapshot.checks = {{"store", true, ""}, {"disk", false, "the disk is nearly full"}};
  constexpr std::int64_t kDay = 86'400, kNow = kTestNow / 1000;
  snapshot.certificates = {{"own", {kNow - 360 * kDay, kNow + 5 * kDay}},
                           {"ca alice", {kNow - 360 * kDay, kNow + 400 * kDay}}};
  snapshot.disks = {{"store", 3ull << 30, 1ull << 30}};
  snapshot.peers = {{"bob", true, 0.012, 5'000'000, 7'000'000}};
  snapshot.series = {{"Jobs ended", "/s", {0, 1, 0.5}, 2000}};
  snapshot.view = test_scheduler_view();
  return snapshot;
}

inline Snapshot test_node_snapshot() {
  auto snapshot = test_snapshot();
  snapshot.role = "node";
  snapshot.name = "alice-0";
  snapshot.party = "alice";
  NodeView view;
  AttemptRow attempt{"train-7", 1, "demo", "stock"};
  attempt.progress = JobProgress{Phase::kRunning, 5, 9, 30, 90, 6000};
  attempt.memory_bytes = 900ull << 20;
  attempt.age_millis = 7000;
  view.work = {{{attempt}, 1}, 4, 16ull << 30, 900ull << 20};
  view.holdings = {12, 5ull << 30, 1};
  view.tapes = TapesView{{{"ready", 6}, {"burnt", 2}}, 2ull << 30, 8ull << 30, 3};
  snapshot.view = view;
  return snapshot;
}

}  // namespace spud::service::status
