// SPDX-License-Identifier: Apache-2.0
#include "actors/scheduler/serve.hpp"

#include "actors/door/ask.hpp"
#include "actors/door/refused_frame.hpp"
#include "actors/door/request_line.hpp"

namespace spud::actors {

namespace {
constexpr Millis kIdle{10 * 60'000};
constexpr Millis kAnswer{30'000};
constexpr Millis kCompiled{11 * 60'000};

/// A program that stock is wanted for is compiled by all nodes before the answer.
template <class Kind>
Millis patience(const Kind&) {
  return std::is_same_v<Kind, wire::MakeStock> ? kCompiled : kAnswer;
}

/// What the store lacks memory may hold, so the actor's own answer is not looked at.
Status lasting(const SchedulerSetup& setup) {
  auto sound = setup.store.fault();
  if (!sound) sound.error().party = setup.tls.self().party.str();
  return sound;
}
}  // namespace

void serve_scheduler(caf::actor_system& system, const SchedulerSetup& setup, const SchedulerActor& actor,
                     net::Connection& connection) {
  if (setup.peers) setup.peers->count(connection, Carries::kRequest);
  caf::scoped_actor self(system);
  for (;;) {
    auto frame = connection.receive({.payload_bytes = 0}, kIdle);
    if (!frame) {
      judge_frame(setup.registry, kMalformedRequest, setup.log, connection, frame.error());
      return;
    }
    auto request = wire::decode_scheduler_request(frame->header);
    if (!request) {
      judge_frame(setup.registry, kMalformedRequest, setup.log, connection, request.error());
      // The peer may be of another version: it is told, then dropped.
      (void)connection.send(wire::encode(wire::SchedulerAnswer(request.error())), kAnswer);
      return;
    }
    auto answer = std::visit(
        [&](const auto& kind) -> wire::SchedulerAnswer {
          const RequestLine line(setup.log, connection.peer(), kind);
          using T = typename AnswerOf<SchedulerActor, Identity, decltype(kind)>::type;
          auto outcome = ask<T>(self, actor, patience(kind), connection.peer(), kind);
          if (auto lasts = lasting(setup); !lasts) return std::move(lasts).error();
          if (!outcome) return std::move(outcome).error();
          return std::move(*outcome);
        },
        *request);
    if (!connection.send(wire::encode(answer), kAnswer)) return;
    if (setup.peers && std::holds_alternative<wire::Heartbeat>(answer)) setup.peers->worked(connection);
  }
}

}  // namespace spud::actors
