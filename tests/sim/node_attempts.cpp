// SPDX-License-Identifier: Apache-2.0
#include "service/node/manifest.hpp"
#include "tests/sim/scheduler.hpp"

/// What actors/node/actor.cpp does between the scheduler and the desk: the table of attempts that wait or
/// run.
namespace spud::sim {

namespace {

constexpr Millis kSilence{10'000};  // a session whose peers do not come
constexpr Millis kLookAtMost{60'000};
constexpr Millis kPreparedFor{30'000};  // an attempt that nobody starts

/// Wrong builds with a ledger of their own, beside the vault.
bool has_wrong_ledger(Defect defect) {
  return defect == Defect::kBurnAfterUse || defect == Defect::kNoHolderCheck ||
         defect == Defect::kNoManifestCheck || defect == Defect::kNothingRecorded;
}

std::string where_of(const JobId& job) {
  return "job " + job.str();
}

Status same_manifest(const Fields& manifest, const JobId& job, const Digest& theirs) {
  if (service::node::digest_manifest(manifest) == theirs) return {};
  return fail(ErrorCode::kConflict, "the manifest is not the one this node made", where_of(job));
}

}  // namespace

Node::Running* Node::find(const JobId& job, std::uint32_t attempt) {
  auto found = running_.find(job);
  return found == running_.end() || found->second.prepare.attempt != attempt ? nullptr : &found->second;
}

void Node::prepare(const crypto::Identity& caller, const wire::PrepareAttempt& request, const Reply& reply) {
  const auto& job = request.request.id;
  // A scheduler that asks for a later attempt has given up the earlier; its word of that may have been lost.
  if (auto earlier = running_.find(job); earlier != running_.end() && !earlier->second.started &&
                                         earlier->second.prepare.attempt < request.attempt)
    end(job, earlier->second.prepare.attempt, Error{ErrorCode::kCancelled, "a later one", "", "", "", ""});
  if (dying()) return;
  if (service::is_past_deadline(request.request, clock_.unix_millis()))
    return answer<Fields>(reply, std::unexpected(service::deadline_passed(request.request)));
  auto preparation = desk_->prepare(caller, request);
  if (!preparation) return answer<Fields>(reply, std::unexpected(preparation.error()));
  // The session compiles here; all outputs are of the type of the inputs.
  service::node::PlanSummary plan{service::digest_fields("plan", {}), "7", demand_of(request.device), {}};
  for (std::size_t i = 0; i < request.request.outputs.size(); ++i)
    plan.outputs.push_back((*preparation)->inputs.front().type());
  auto manifest = service::node::manifest(request, (*preparation)->inputs, plan);
  for (const auto& output : request.request.outputs) recipients_[{job, output.name}] = output.recipient;
  running_.insert_or_assign(job, Running{request, *preparation, manifest});
  after(kPreparedFor, [this, job, attempt = request.attempt] {
    auto* waiting = find(job, attempt);
    if (waiting == nullptr || waiting->started || world_.defect == Defect::kNeverReleased) return;
    end(job, attempt, Error{ErrorCode::kTimeout, "nobody started it", "", "", "", ""});
  });
  watch_deadline(job, request.attempt);
  answer<Fields>(reply, std::move(manifest));
}

/// By this node's own clock, whoever else watches; looked at again, since it may have been set meanwhile.
void Node::watch_deadline(const JobId& job, std::uint32_t attempt) {
  const auto* running = find(job, attempt);
  if (running == nullptr || running->prepare.request.deadline_unix_millis == 0) return;
  const auto& request = running->prepare.request;
  const auto left = request.deadline_unix_millis - clock_.unix_millis();
  if (left <= 0) return end(job, attempt, service::deadline_passed(request));
  after(std::min(Millis(left), kLookAtMost), [this, job, attempt] { watch_deadline(job, attempt); });
}

void Node::reserve(const crypto::Identity& caller, const wire::ReserveTape& request, const Reply& reply) {
  const auto refuse = [&](Error error) { answer<Fields>(reply, std::unexpected(std::move(error))); };
  auto* running = find(request.job, request.attempt);
  if (running == nullptr || running->started)
    return refuse(Error{ErrorCode::kNotFound, "it is not prepared here", request.job.str(), "", "", ""});
  actors::ReservedTape wanted{request.tape, {request.job, request.attempt, request.manifest}};
  if (running->reserved) {
    if (running->reserved->tape == wanted.tape && running->reserved->claim == wanted.claim)
      return answer<Fields>(reply, running->manifest);
    if (!has_wrong_ledger(world_.defect))
      return refuse(Error{ErrorCode::kConflict, "it has reserved a tape", request.job.str(), "", "", ""});
  }
  if (world_.defect == Defect::kNoManifestCheck) {
    wanted.claim.manifest = {};
  } else if (auto same = same_manifest(running->manifest, request.job, request.manifest);
             !same && !running->reserved) {
    return refuse(same.error());
  }
  const auto& device = running->prepare.device;
  auto fields = !has_wrong_ledger(world_.defect)
                    ? desk_->reserve(caller, {wanted, digest(device), demand_of(device)})
                    : reserve_kept(wanted.claim, request.tape, device);
  if (!fields) return refuse(fields.error());
  running->manifest.insert(running->manifest.end(), fields->begin(), fields->end());
  running->reserved = wanted;
  answer<Fields>(reply, running->manifest);
}

Status Node::startable(const Running& running, const wire::StartAttempt& request) const {
  if (request.dealer.empty()) return same_manifest(running.manifest, request.job, request.manifest);
  if (running.reserved) return fail(ErrorCode::kConflict, "it has reserved a tape", where_of(request.job));
  if (running.prepare.device.dealer(request.dealer) == nullptr)
    return fail(ErrorCode::kDenied, "the device does not name that dealer", where_of(request.job));
  if (running.started) return {};
  return same_manifest(service::node::with_dealer(running.manifest, request.dealer), request.job,
                       request.manifest);
}

void Node::start_attempt(const crypto::Identity& caller, const wire::StartAttempt& request,
                         const Reply& reply) {
  auto* running = find(request.job, request.attempt);
  if (running != nullptr) {
    if (auto same = startable(*running, request); !same)
      return answer<wire::Done>(reply, std::unexpected(same.error()));
  }
  auto admitted = desk_->start(caller, request);
  if (!admitted) {
    const auto problem = admitted.error();
    if (running != nullptr && !running->started) end(request.job, request.attempt, problem);
    return answer<wire::Done>(reply, std::unexpected(problem));
  }
  answer<wire::Done>(reply, wire::Done{});
  if (running == nullptr || std::exchange(running->started, true)) return;
  if (!running->reserved && !request.dealer.empty()) {
    running->dealer = request.dealer;
    running->manifest = service::node::with_dealer(std::move(running->manifest), request.dealer);
  }
  for (const auto& input : running->preparation->inputs)
    world_.data.used(std::get<service::node::SecretInput>(input.source).statement, request.job, name());
  const auto own = terms(*running).own;
  for (unsigned peer = index(own) + 1; peer < running->prepare.device.parties(); ++peer) {
    auto key = world_.random.seed();
    if (key) running->keys[Rank{peer}] = std::move(*key);
  }
  greet(request.job, request.attempt);
  after(kSilence, [this, job = request.job, attempt = request.attempt] {
    if (find(job, attempt) != nullptr)
      end(job, attempt, Error{ErrorCode::kTimeout, "its peers are silent", "", "", "", ""});
  });
}

void Node::cancel(const crypto::Identity& caller, const wire::CancelAttempt& request, const Reply& reply) {
  if (caller.uri() != directory_.scheduler->identity().uri())
    return answer<wire::Done>(reply, fail(ErrorCode::kDenied, "is not this node's scheduler"));
  const auto* running = find(request.job, request.attempt);
  const bool forgets = world_.defect == Defect::kNeverReleased && running != nullptr && !running->started;
  if (running != nullptr && !forgets) end(request.job, request.attempt, request.cause);
  answer<wire::Done>(reply, wire::Done{});
}

void Node::end(const JobId& job, std::uint32_t attempt, std::optional<Error> problem) {
  auto* running = find(job, attempt);
  if (running == nullptr) return;
  world_.note(name() + " ends job " + job.str() + ", attempt " + std::to_string(attempt) + ": " +
              (problem ? problem->message() : "done"));
  if (problem) tell_peers(*running, "failed " + job.str(), *problem);
  running_.erase(job);
  std::erase_if(holders_,
                [&](const auto& held) { return held.second.job == job && held.second.attempt == attempt; });
  wire::AttemptStatus status{problem ? wire::AttemptState::kFailed : wire::AttemptState::kDone, problem, {}};
  must(desk_->ended({job, attempt, std::move(status)}), "end an attempt");
}

void Node::fetch(const crypto::Identity& caller, const wire::FetchResult& request, const Reply& reply) {
  auto asks = caller;
  if (world_.defect == Defect::kAnyoneFetches) {
    if (auto known = recipients_.find({request.job, request.output}); known != recipients_.end())
      asks.party = known->second;
  }
  auto result = desk_->fetch(asks, request);
  if (dying()) return;
  if (!result) return answer<wire::Done>(reply, std::unexpected(result.error()));
  say<wire::NodeAnswer>(reply, Result<wire::ResultShare>(result->head), *result->data);
}

}  // namespace spud::sim
