// SPDX-License-Identifier: Apache-2.0
#include "service/node/attempt_book.hpp"

#include <algorithm>

namespace spud::service::node {

namespace {

using wire::AttemptState;

std::string name_of(const JobId& job, std::uint32_t attempt) {
  return "job " + job.str() + ", attempt " + std::to_string(attempt);
}

Status must_be_scheduler(const crypto::Identity& caller, const std::string& where) {
  if (caller.role == crypto::Role::kScheduler) return {};
  return fail(ErrorCode::kDenied, caller.str() + " cannot run attempts", where, "a scheduler");
}

}  // namespace

std::optional<wire::AttemptRecord> AttemptBook::reload(wire::AttemptRecord record) {
  const bool interrupted =
      record.status.state == AttemptState::kPrepared || record.status.state == AttemptState::kRunning;
  if (interrupted) {
    record.status.state = AttemptState::kFailed;
    record.status.problem = Error{ErrorCode::kUnavailable,
                                  "the node was restarted while it ran",
                                  name_of(record.job, record.attempt),
                                  "",
                                  "",
                                  "submit the job again"};
  }
  auto job = record.job;
  attempts_[job] = std::move(record);
  if (!interrupted) return std::nullopt;
  return attempts_.at(job);
}

Result<wire::AttemptRecord> AttemptBook::prepare(const crypto::Identity& caller, const JobRequest& request,
                                                 std::uint32_t attempt) {
  const std::string where = name_of(request.id, attempt);
  SPUD_TRY(must_be_scheduler(caller, where));
  if (auto found = attempts_.find(request.id); found != attempts_.end()) {
    const auto& known = found->second;
    if (attempt <= known.attempt) {
      return fail(ErrorCode::kConflict,
                  "attempt " + std::to_string(known.attempt) + " of the job is known already", where,
                  "a later attempt");
    }
    if (known.fetched) {
      return fail(ErrorCode::kConflict,
                  "results of attempt " + std::to_string(known.attempt) + " have left this node", where, {},
                  {}, "one job delivers the results of one attempt: submit it under another id");
    }
    if (known.status.state == AttemptState::kPrepared || known.status.state == AttemptState::kRunning) {
      return fail(ErrorCode::kUnavailable, "attempt " + std::to_string(known.attempt) + " has not ended yet",
                  where, {}, {}, "submit the job again");
    }
  }
  wire::AttemptRecord record{request.id, attempt, {AttemptState::kPrepared, {}, {}}, request.outputs, false};
  attempts_[request.id] = record;
  return record;
}

std::optional<wire::AttemptRecord> AttemptBook::ended(const JobId& job, std::uint32_t attempt,
                                                      wire::AttemptStatus status) {
  auto found = attempts_.find(job);
  if (found == attempts_.end() || found->second.attempt != attempt) return std::nullopt;
  auto& known = found->second.status;
  if (known.state != AttemptState::kPrepared && known.state != AttemptState::kRunning) return std::nullopt;
  known = std::move(status);
  return found->second;
}

Result<std::optional<wire::AttemptRecord>> AttemptBook::start(const crypto::Identity& caller,
                                                              const JobId& job, std::uint32_t attempt) {
  const std::string where = name_of(job, attempt);
  SPUD_TRY(must_be_scheduler(caller, where));
  auto found = attempts_.find(job);
  if (found == attempts_.end() || found->second.attempt != attempt) {
    return fail(ErrorCode::kNotFound, "it was not prepared here", where);
  }
  auto& known = found->second.status;
  if (known.state == AttemptState::kRunning || known.state == AttemptState::kDone) return std::nullopt;
  if (known.state != AttemptState::kPrepared) {
    return std::unexpected(
        known.problem.value_or(Error{ErrorCode::kConflict, "it has ended", where, "", "", ""}));
  }
  known.state = AttemptState::kRunning;
  return found->second;
}

wire::AttemptStatus AttemptBook::status(const JobId& job, std::uint32_t attempt) const {
  auto found = attempts_.find(job);
  if (found == attempts_.end() || found->second.attempt != attempt) return {};
  return found->second.status;
}

Result<wire::AttemptRecord> AttemptBook::fetch(const crypto::Identity& caller,
                                               const wire::FetchResult& request) {
  const std::string where = name_of(request.job, request.attempt) + ", " + request.output;
  auto found = attempts_.find(request.job);
  auto missing = [&] {
    return fail(ErrorCode::kNotFound, "there is no such result for " + caller.party.str(), where);
  };
  if (found == attempts_.end() || found->second.attempt != request.attempt) return missing();
  auto& record = found->second;
  auto output = std::find_if(record.outputs.begin(), record.outputs.end(),
                             [&](const OutputBinding& o) { return o.name == request.output; });
  // Whoever is not the recipient does not learn whether it exists.
  if (output == record.outputs.end() || caller.role != crypto::Role::kClient ||
      output->recipient != caller.party) {
    return missing();
  }
  if (record.status.state != AttemptState::kDone) {
    return fail(ErrorCode::kUnavailable, "the attempt is not done on this node", where);
  }
  record.fetched = true;
  return record;
}

Status AttemptBook::burn(const std::string& tape) {
  if (burns_.insert(tape).second) return {};
  return fail(ErrorCode::kPeerFault, "this tape was used before", "tape " + tape.substr(0, 12), "a fresh one",
              "the dealer");
}

std::size_t AttemptBook::running() const {
  return static_cast<std::size_t>(std::count_if(attempts_.begin(), attempts_.end(), [](const auto& entry) {
    return entry.second.status.state == AttemptState::kRunning ||
           entry.second.status.state == AttemptState::kPrepared;
  }));
}

}  // namespace spud::service::node
