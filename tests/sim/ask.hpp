// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/wire/node_codec.hpp"
#include "service/wire/scheduler_codec.hpp"
#include "tests/sim/process.hpp"

/// Requests and answers as service/rpc.hpp has them: every one is encoded by its sender and decoded by
/// whoever gets it.
namespace spud::sim {

namespace wire = service::wire;

/// Decodes a frame's head; what another process has encoded must be read, and say the same when it is encoded
/// again.
template <class Message, class Decode>
Result<Message> read_head(Oracle& oracle, const Frame& frame, Decode decode) {
  Result<Message> message = decode(frame.head);
  if (!message) {
    oracle.object("a message cannot be read: " + message.error().message());
  } else if (wire::encode(*message) != frame.head) {
    oracle.object("a message says another thing once it was read");
  }
  return message;
}

/// The alternative that the request calls for; a problem that the other side answers is this call's error.
template <class T, class Answers>
Result<T> expect(Result<Answers> answer) {
  if (!answer) return std::unexpected(std::move(answer).error());
  if (auto* wanted = std::get_if<T>(&*answer)) return std::move(*wanted);
  if (auto* problem = std::get_if<Error>(&*answer)) return std::unexpected(std::move(*problem));
  return fail(ErrorCode::kPeerFault, "an answer of another kind");
}

/// `done` also gets the payload.
template <class T>
void ask_node(World& world, Process& from, Process& node, const std::string& what, Millis patience,
              const wire::NodeRequest& request, Bytes payload,
              std::function<void(Result<T>, const Bytes&)> done) {
  ask(world, from, node, what, patience, {wire::encode(request), std::move(payload)},
      [&world, what, done](Result<Frame> frame) {
        if (!frame) return done(std::unexpected(frame.error()), {});
        auto answer = expect<T>(read_head<wire::NodeAnswer>(world.oracle, *frame, wire::decode_node_answer));
        if (!answer) world.note("  " + what + " is refused: " + answer.error().message());
        done(std::move(answer), frame->payload);
      });
}
template <class T>
void ask_node(World& world, Process& from, Process& node, const std::string& what, Millis patience,
              const wire::NodeRequest& request, Answer<T> done) {
  ask_node<T>(world, from, node, what, patience, request, {},
              [done](Result<T> answer, const Bytes&) { done(std::move(answer)); });
}

template <class T>
void ask_scheduler(World& world, Process& from, Process& scheduler, const std::string& what, Millis patience,
                   const wire::SchedulerRequest& request, Answer<T> done) {
  ask(world, from, scheduler, what, patience, {wire::encode(request)},
      [&world, what, done](Result<Frame> frame) {
        if (!frame) return done(std::unexpected(frame.error()));
        auto answer =
            expect<T>(read_head<wire::SchedulerAnswer>(world.oracle, *frame, wire::decode_scheduler_answer));
        if (!answer) world.note("  " + what + " is refused: " + answer.error().message());
        done(std::move(answer));
      });
}

/// Says an answer of a service that speaks `Answers`.
template <class Answers, class T>
void say(const Reply& reply, Result<T> answer, Bytes payload = {}) {
  Answers said;
  if (answer) {
    said = std::move(*answer);
  } else {
    said = std::move(answer).error();
  }
  reply({wire::encode(said), std::move(payload)});
}

}  // namespace spud::sim
