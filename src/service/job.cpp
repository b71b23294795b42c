// SPDX-License-Identifier: Apache-2.0
#include "service/job.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace spud::service {

namespace {

std::string describe(const InputBinding& input) {
  if (const auto* dataset = std::get_if<DatasetId>(&input.source)) return "dataset " + dataset->str();
  const auto& open = std::get<PublicInput>(input.source);
  return "public " + to_string(open.type) + " " + open.digest.hex();
}

}  // namespace

const char* to_string(Supply supply) {
  switch (supply) {
    case Supply::kAny:
      return "any";
    case Supply::kStock:
      return "stock";
    case Supply::kLive:
      return "live";
  }
  return "unknown";
}

Result<Supply> supply_from_string(const std::string& name) {
  for (auto supply : {Supply::kAny, Supply::kStock, Supply::kLive}) {
    if (name == to_string(supply)) return supply;
  }
  return bad_input("'" + name + "'", "supply", "any, stock or live");
}

Fields describe(const JobRequest& request) {
  Fields fields{{"job", request.id.str()},
                {"device", request.device.str()},
                {"device digest", request.device_digest.hex()},
                {"program", request.program.hex()}};
  for (const auto& input : request.inputs) fields.push_back({input.name, describe(input)});
  for (const auto& output : request.outputs) fields.push_back({output.name, "to " + output.recipient.str()});
  // What a client leaves as it stands is not in the digest: requests of older clients keep theirs.
  if (request.supply != Supply::kAny) fields.push_back({"supply", to_string(request.supply)});
  if (request.deadline_unix_millis != 0)
    fields.push_back({"deadline", std::to_string(request.deadline_unix_millis)});
  if (request.priority != 0) fields.push_back({"priority", std::to_string(request.priority)});
  if (request.max_attempts != kStandardAttempts)
    fields.push_back({"attempts", std::to_string(request.max_attempts)});
  return fields;
}

Error deadline_passed(const JobRequest& request) {
  return {ErrorCode::kTimeout,
          "its deadline has passed",
          "job " + request.id.str(),
          "",
          "",
          "submit it under another id, with a later deadline"};
}

Digest digest(const JobRequest& request) {
  return digest_fields("job", describe(request));
}

Status verify(const JobRequest& request) {
  const std::string where = "job " + request.id.str();
  auto named = [&](const std::string& name, const std::string& what) -> Status {
    if (is_valid_name(name)) return {};
    return bad_input("'" + name + "' is not a name", where + ": " + what, "1 to 63 of [a-z0-9._-]");
  };
  SPUD_TRY(named(request.id.str(), "id"));
  SPUD_TRY(named(request.device.str(), "device"));
  if (request.inputs.size() > limits::kParametersPerProgram ||
      request.outputs.size() > limits::kParametersPerProgram) {
    return bad_input("too many inputs or outputs", where,
                     "at most " + std::to_string(limits::kParametersPerProgram));
  }
  if (request.outputs.empty())
    return bad_input("no outputs", where, "a recipient for every result of the program");
  if (request.deadline_unix_millis < 0) return bad_input("a negative deadline", where, "Unix milliseconds");
  if (request.priority < kLowestPriority || request.priority > kHighestPriority) {
    return bad_input("priority " + std::to_string(request.priority), where,
                     std::to_string(kLowestPriority) + " to " + std::to_string(kHighestPriority));
  }
  if (request.max_attempts < 1 || request.max_attempts > kAttemptsPerJob) {
    return bad_input(std::to_string(request.max_attempts) + " attempts", where,
                     "1 to " + std::to_string(kAttemptsPerJob));
  }
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    const auto& input = request.inputs[i];
    if (input.name != "in" + std::to_string(i)) {
      return bad_input("input '" + input.name + "'", where, "in" + std::to_string(i));
    }
    if (const auto* dataset = std::get_if<DatasetId>(&input.source)) {
      SPUD_TRY(named(dataset->str(), input.name));
    } else {
      SPUD_TRY(verify_shape(std::get<PublicInput>(input.source).type.shape));
    }
  }
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    const auto& output = request.outputs[i];
    if (output.name != "out" + std::to_string(i)) {
      return bad_input("output '" + output.name + "'", where, "out" + std::to_string(i));
    }
    SPUD_TRY(named(output.recipient.str(), output.name));
  }
  return {};
}

const char* to_string(JobState state) {
  switch (state) {
    case JobState::kQueued:
      return "queued";
    case JobState::kRunning:
      return "running";
    case JobState::kFailed:
      return "failed";
    case JobState::kDone:
      return "done";
    case JobState::kCancelled:
      return "cancelled";
  }
  return "queued";
}

const char* to_string(Phase phase) {
  switch (phase) {
    case Phase::kPreparing:
      return "preparing";
    case Phase::kReserving:
      return "reserving";
    case Phase::kLinking:
      return "linking";
    case Phase::kTape:
      return "taking its tape";
    case Phase::kLoading:
      return "loading";
    case Phase::kRunning:
      return "running";
    case Phase::kStoring:
      return "storing";
  }
  return "unknown";
}

const JobProgress& slower(const JobProgress& a, const JobProgress& b) {
  if (a.phase != b.phase) return a.phase < b.phase ? a : b;
  if (a.rounds != b.rounds) return a.rounds < b.rounds ? a : b;
  return a.instructions <= b.instructions ? a : b;
}

std::optional<std::uint64_t> rest_millis(const JobProgress& progress) {
  const bool by_rounds = progress.of_rounds > 0;
  const auto done = by_rounds ? progress.rounds : progress.instructions;
  const auto of = by_rounds ? progress.of_rounds : progress.of_instructions;
  if (progress.phase != Phase::kRunning || done == 0 || of < done) return std::nullopt;
  const double rate = static_cast<double>(progress.run_millis) / static_cast<double>(done);
  constexpr double kMost = 1e15;  // what nodes and pages tell may be anything
  return static_cast<std::uint64_t>(std::min(rate * static_cast<double>(of - done), kMost));
}

Result<JobState> job_state_from_string(const std::string& name) {
  for (auto state :
       {JobState::kQueued, JobState::kRunning, JobState::kFailed, JobState::kDone, JobState::kCancelled}) {
    if (name == to_string(state)) return state;
  }
  return bad_input("'" + name + "'", "state", "queued, running, failed, done or cancelled");
}

}  // namespace spud::service
