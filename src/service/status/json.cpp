// SPDX-License-Identifier: Apache-2.0
#include "service/status/json.hpp"

namespace spud::service::status {

using Json = nlohmann::ordered_json;

Json progress_json(const JobProgress& progress) {
  const auto rest = rest_millis(progress);
  return {{"phase", to_string(progress.phase)},
          {"instructions", progress.instructions},
          {"of_instructions", progress.of_instructions},
          {"rounds", progress.rounds},
          {"of_rounds", progress.of_rounds},
          {"run_millis", progress.run_millis},
          {"rest_millis", rest ? Json(*rest) : Json(nullptr)}};
}

namespace {

template <class Row, class One>
Json table(const Table<Row>& table, One one) {
  Json rows = Json::array();
  for (const auto& row : table.rows) rows.push_back(one(row));
  return {{"total", table.total}, {"rows", std::move(rows)}};
}

/// Empty is null: nobody has said it.
Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}
Json or_null(std::int64_t unix_millis) {
  return unix_millis == 0 ? Json(nullptr) : Json(unix_millis);
}

Json node_json(const NodeRow& row) {
  Json labels = Json::object();
  for (const auto& [name, value] : row.labels) labels[name] = value;
  return {{"party", row.party},
          {"name", row.name},
          {"identity", row.identity},
          {"role", row.role},
          {"state", to_string(row.presence)},
          {"address", row.address},
          {"labels", std::move(labels)},
          {"cores", row.cores},
          {"memory_bytes", row.memory_bytes},
          {"slots", row.slots},
          {"running", row.running},
          {"compiler", row.compiler},
          {"wire_version", row.wire_version},
          {"silent_millis", row.silent_millis}};
}

Json member_json(const MemberRow& row) {
  return {{"party", row.party}, {"name", row.name}, {"state", to_string(row.presence)}};
}

Json device_json(const DeviceRow& row) {
  Json members = Json::array(), dealers = Json::array();
  for (const auto& member : row.members) members.push_back(member_json(member));
  for (const auto& dealer : row.dealers) dealers.push_back(member_json(dealer));
  return {{"name", row.name},
          {"state", to_string(row.state)},
          {"layout", row.layout},
          {"protocol", row.protocol},
          {"ring_bits", row.ring_bits},
          {"fraction_bits", row.fraction_bits},
          {"owner", row.owner},
          {"digest", row.digest},
          {"members", std::move(members)},
          {"dealers", std::move(dealers)},
          {"waiting", row.waiting}};
}

Json job_json(const JobRow& row) {
  return {{"id", row.id},
          {"party", row.party},
          {"device", row.device},
          {"state", to_string(row.state)},
          {"priority", row.priority},
          {"attempt", row.attempt},
          {"max_attempts", row.max_attempts},
          {"submitted_unix_millis", row.submitted_unix_millis},
          {"queued_unix_millis", row.queued_unix_millis},
          {"started_unix_millis", or_null(row.started_unix_millis)},
          {"ended_unix_millis", or_null(row.ended_unix_millis)},
          {"waiting", or_null(row.waiting)},
          {"progress", row.progress ? progress_json(*row.progress) : Json(nullptr)},
          {"cause", or_null(row.cause)}};
}

Json stock_json(const StockRow& row) {
  return {{"device", row.device},   {"plan", row.plan},
          {"demand", row.demand},   {"ready", row.ready},
          {"target", row.target},   {"ordered", row.ordered},
          {"waiting", row.waiting}, {"making", row.making},
          {"made", row.made},       {"problem", or_null(row.problem)}};
}

Json attempt_json(const AttemptRow& row) {
  return {{"job", row.job},
          {"attempt", row.attempt},
          {"device", row.device},
          {"supply", or_null(row.supply)},
          {"progress", progress_json(row.progress)},
          {"memory_bytes", row.memory_bytes},
          {"age_millis", row.age_millis}};
}

Json to_json(const NodeView& view) {
  Json tapes = nullptr;
  if (view.tapes) {
    Json states = Json::object();
    for (const auto& [state, count] : view.tapes->by_state) states[state] = count;
    tapes = {{"by_state", std::move(states)},
             {"bytes", view.tapes->bytes},
             {"limit_bytes", view.tapes->limit_bytes},
             {"epoch", view.tapes->epoch}};
  }
  return {
      {"attempts", table(view.work.attempts, attempt_json)},
      {"slots", view.work.slots},
      {"memory",
       {{"limit_bytes", view.work.memory_limit_bytes}, {"reserved_bytes", view.work.memory_reserved_bytes}}},
      {"datasets",
       {{"count", view.holdings.datasets},
        {"bytes", view.holdings.dataset_bytes},
        {"uploads", view.holdings.uploads}}},
      {"tapes", std::move(tapes)}};
}

Json to_json(const DealerView& view) {
  return {{"gathering", view.gathering}, {"serving", view.serving},
          {"dealt", view.dealt},         {"dealt_bytes", view.dealt_bytes},
          {"ledger", view.ledger},       {"last_tape", view.last_tape},
          {"epoch", view.epoch}};
}

Json to_json(std::monostate) {
  return nullptr;
}

Json peer_json(const PeerRow& row) {
  return {{"peer", row.peer},
          {"up", row.up ? Json(*row.up) : Json(nullptr)},
          {"round_trip_seconds", row.round_trip_seconds ? Json(*row.round_trip_seconds) : Json(nullptr)},
          {"sent_bytes", row.sent_bytes},
          {"received_bytes", row.received_bytes}};
}

}  // namespace

Json to_json(const SchedulerView& view) {
  return {{"nodes_present", view.nodes_present},      {"devices_ready", view.devices_ready},
          {"tapes_ready", view.tapes_ready},          {"tapes_target", view.tapes_target},
          {"nodes", table(view.nodes, node_json)},    {"devices", table(view.devices, device_json)},
          {"running", table(view.running, job_json)}, {"waiting", table(view.waiting, job_json)},
          {"ended", table(view.ended, job_json)},     {"stock", table(view.stock, stock_json)}};
}

Json to_json(const Snapshot& snapshot) {
  Json certificates = Json::array(), checks = Json::array(), disks = Json::array(), peers = Json::array(),
       series = Json::array();
  for (const auto& one : snapshot.certificates)
    certificates.push_back({{"name", one.name},
                            {"not_after_unix_seconds", one.valid.not_after},
                            {"not_before_unix_seconds", one.valid.not_before}});
  for (const auto& one : snapshot.checks) checks.push_back(metrics::to_json(one));
  for (const auto& one : snapshot.disks) {
    disks.push_back(
        {{"name", one.name}, {"free_bytes", one.free_bytes}, {"min_free_bytes", one.min_free_bytes}});
  }
  for (const auto& one : snapshot.peers) peers.push_back(peer_json(one));
  for (const auto& one : snapshot.series) {
    series.push_back(
        {{"name", one.name}, {"unit", one.unit}, {"step_millis", one.step_millis}, {"values", one.values}});
  }
  return {{"version", kVersion},
          {"service",
           {{"role", snapshot.role},
            {"name", snapshot.name},
            {"party", snapshot.party},
            {"version", snapshot.version}}},
          {"unix_millis", snapshot.unix_millis},
          {"up_millis", snapshot.up_millis},
          {"age_millis", snapshot.age_millis},
          {"silence", or_null(snapshot.silence)},
          {"heard", snapshot.heard},
          {"draining", snapshot.draining},
          {"ready", snapshot.ready()},
          {"checks", std::move(checks)},
          {"certificates", std::move(certificates)},
          {"disks", std::move(disks)},
          {"peers", std::move(peers)},
          {"series", std::move(series)},
          {snapshot.role, std::visit([](const auto& view) { return to_json(view); }, snapshot.view)}};
}

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace spud::service::status
