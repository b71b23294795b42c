// SPDX-License-Identifier: Apache-2.0
#include "service/rpc.hpp"

#include <algorithm>
#include <array>

namespace spud::service {

namespace {

Error blamed(Error error, const net::Connection& connection) {
  if (error.party.empty()) error.party = connection.peer().party.str();
  return std::move(error).in(connection.peer().str());
}

template <class Answer>
Result<Answer> unwrap(Result<Answer> answer, const net::Connection& connection) {
  if (!answer) return std::unexpected(blamed(std::move(answer).error(), connection));
  // What the other side refuses is told as it told it: it knows who is at fault.
  if (auto* problem = std::get_if<Error>(&*answer)) return std::unexpected(std::move(*problem));
  return answer;
}

}  // namespace

Result<wire::SchedulerAnswer> ask(net::Connection& connection, const wire::SchedulerRequest& request,
                                  Millis timeout) {
  SPUD_TRY(connection.send(wire::encode(request), timeout));
  SPUD_ASSIGN(auto frame, connection.receive({.payload_bytes = 0}, timeout));
  return unwrap(wire::decode_scheduler_answer(frame.header), connection);
}

Result<wire::NodeAnswer> ask(net::Connection& connection, const wire::NodeRequest& request, Millis timeout,
                             ByteView payload, Millis silence) {
  auto answer = hear(connection, request, timeout, payload, silence);
  if (!answer) return answer;
  return unwrap(std::move(answer), connection);
}

Result<wire::NodeAnswer> hear(net::Connection& connection, const wire::NodeRequest& request, Millis timeout,
                              ByteView payload, Millis silence) {
  const std::array segments{payload};
  const auto end = net::Deadline::after(timeout);
  SPUD_TRY(connection.send(wire::encode(request), segments, timeout));
  for (;;) {
    const Millis left(end.poll_millis());
    auto frame = connection.receive({.payload_bytes = 0}, end.time() ? std::min(silence, left) : silence);
    if (!frame) {
      auto error = std::move(frame).error();
      if (error.code == ErrorCode::kTimeout && silence < left)
        error.what = "silent for " + std::to_string(silence.count()) + " ms";
      return std::unexpected(std::move(error));
    }
    auto answer = wire::decode_node_answer(frame->header);
    if (!answer) return std::unexpected(blamed(std::move(answer).error(), connection));
    if (!std::holds_alternative<wire::StillWorking>(*answer)) return answer;
  }
}

Result<wire::NodeAnswer> next_answer(net::Connection& connection, Bytes& payload, Millis timeout) {
  SPUD_ASSIGN(auto frame, connection.receive({}, timeout));
  payload = std::move(frame.payload);
  return unwrap(wire::decode_node_answer(frame.header), connection);
}

}  // namespace spud::service
