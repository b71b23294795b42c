// SPDX-License-Identifier: Apache-2.0
#include "actors/scheduler/courier.hpp"

#include "actors/scheduler/node_line.hpp"
#include "actors/traces/job_log.hpp"

namespace spud::actors {

namespace {

using Self = MeteredPointer<CourierActor, CourierState>;

constexpr Millis kPrepare{10 * 60'000};  // a large program is compiled meanwhile
constexpr Millis kAnswer{30'000};
constexpr std::uint32_t kWaitMillis = 1000;  // and so often one hears how far it is
constexpr Millis kRetry{200};

void await(Self self, const SchedulerSetup& setup, NodeLine& line, Rank rank, const JobActor& job,
           wire::AwaitAttempt request) {
  auto& state = self->state;
  request.wait_millis = kWaitMillis;
  auto status = line.ask<wire::AttemptStatus>(request, kAnswer);
  const auto now = setup.clock.now();
  if (!status && !state.unreachable_since) state.unreachable_since = now;
  if (!status && now - *state.unreachable_since < setup.peer_silence_limit) {
    // It may be back in a moment, and then knows how the attempt ended.
    self->delayed_send(self, kRetry, request);
    return;
  }
  if (status) state.unreachable_since.reset();
  if (status && status->state == wire::AttemptState::kRunning) {
    if (status->progress) self->send(job, service::scheduler::Progressed{rank, *status->progress});
    self->send(self, request);
    return;
  }
  self->send(job, service::scheduler::NodeEnded{rank, std::move(status)});
}

}  // namespace

CourierActor::behavior_type courier(Self self, const SchedulerSetup* setup, service::Member node, Rank rank,
                                    JobActor job, service::trace::TraceId trace) {
  self->meter(setup->registry, "courier");
  const auto line = std::make_shared<NodeLine>(*setup, node);
  return {
      [=](const wire::PrepareAttempt& request) {
        // The attempt gives up first, and says who was late; a large program is compiled meanwhile.
        auto manifest = line->ask<service::Fields>(request, setup->reserve_timeout + kAnswer);
        const bool refused = !manifest && line->refused();
        self->send(job, service::scheduler::Prepared{rank, std::move(manifest), refused});
      },
      [=](const wire::ReserveTape& request) {
        self->send(job, service::scheduler::Reserved{rank, line->ask<service::Fields>(request, kAnswer)});
      },
      [=](const wire::StartAttempt& request) {
        auto done = line->ask<wire::Done>(request, kAnswer);
        Status status;
        if (!done) status = std::unexpected(std::move(done).error());
        self->send(job, service::scheduler::Started{rank, std::move(status)});
      },
      [=](const wire::AwaitAttempt& request) { await(self, *setup, *line, rank, job, request); },
      [=](const wire::CancelAttempt& request) {
        // Nobody waits for the answer: a node that cannot be reached will notice by its peers.
        auto told = line->ask<wire::Done>(request, kAnswer);
        if (!told)
          log_of(setup->log, request.job, request.attempt, trace)
              .debug("could not cancel", {{"node", node.node}, {"error", told.error().message()}});
        self->quit();
      },
  };
}

}  // namespace spud::actors
