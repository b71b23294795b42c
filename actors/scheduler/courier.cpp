// SPDX-License-Identifier: Apache-2.0
#include "actors/scheduler/courier.hpp"

namespace spud::actors {

namespace {

using Self = CourierActor::stateful_pointer<CourierState>;

constexpr Millis kPrepare{10 * 60'000};  // a large program is compiled meanwhile
constexpr Millis kAnswer{30'000};
constexpr std::uint32_t kWaitMillis = 2000;
constexpr Millis kRetry{200};

Result<wire::NodeAnswer> carry(CourierState& state, const SchedulerSetup& setup, const service::Member& node,
                               const wire::NodeRequest& request, Millis timeout) {
  if (!state.connection) {
    SPUD_ASSIGN(auto address, net::Address::parse(node.address));
    const net::ExpectedPeer expected{node.party, crypto::Role::kCompute, node.node};
    auto connected = net::Connection::connect(address, setup.tls, expected, setup.peer_silence_limit);
    if (!connected) {
      auto error = std::move(connected).error();
      if (error.party.empty()) error.party = node.party.str();
      return std::unexpected(std::move(error));
    }
    state.connection = std::move(*connected);
  }
  auto answer = service::ask(*state.connection, request, timeout);
  // A connection that failed is of no more use; one that carried a refusal is.
  if (!answer && answer.error().code != ErrorCode::kDenied) state.connection.reset();
  return answer;
}

template <class T>
Result<T> narrow(Result<wire::NodeAnswer> answer, const service::Member& node) {
  if (!answer) return std::unexpected(std::move(answer).error());
  if (auto* wanted = std::get_if<T>(&*answer)) return std::move(*wanted);
  return fail(ErrorCode::kPeerFault, "an answer of another kind", "node " + node.node.str(), {},
              node.party.str());
}

void await(Self self, const SchedulerSetup& setup, const service::Member& node, Rank rank,
           const JobActor& job, wire::AwaitAttempt request) {
  auto& state = self->state;
  request.wait_millis = kWaitMillis;
  auto status = narrow<wire::AttemptStatus>(carry(state, setup, node, request, kAnswer), node);
  const auto now = setup.clock.now();
  if (!status && !state.unreachable_since) state.unreachable_since = now;
  if (!status && now - *state.unreachable_since < setup.peer_silence_limit) {
    // It may be back in a moment, and then knows how the attempt ended.
    self->delayed_send(self, kRetry, request);
    return;
  }
  if (status) state.unreachable_since.reset();
  if (status && status->state == wire::AttemptState::kRunning) {
    self->send(self, request);
    return;
  }
  self->send(job, service::scheduler::NodeEnded{rank, std::move(status)});
}

}  // namespace

CourierActor::behavior_type courier(Self self, const SchedulerSetup* setup, service::Member node, Rank rank,
                                    JobActor job) {
  return {
      [=](const wire::PrepareAttempt& request) {
        auto manifest = narrow<service::Fields>(carry(self->state, *setup, node, request, kPrepare), node);
        self->send(job, service::scheduler::Prepared{rank, std::move(manifest)});
      },
      [=](const wire::StartAttempt& request) {
        auto done = narrow<wire::Done>(carry(self->state, *setup, node, request, kAnswer), node);
        Status status;
        if (!done) status = std::unexpected(std::move(done).error());
        self->send(job, service::scheduler::Started{rank, std::move(status)});
      },
      [=](const wire::AwaitAttempt& request) { await(self, *setup, node, rank, job, request); },
      [=](const wire::CancelAttempt& request) {
        // Nobody waits for the answer: a node that cannot be reached will notice by its peers.
        auto told = carry(self->state, *setup, node, request, kAnswer);
        if (!told)
          setup->log.debug("could not cancel", {{"node", node.node}, {"error", told.error().message()}});
        self->quit();
      },
  };
}

}  // namespace spud::actors
