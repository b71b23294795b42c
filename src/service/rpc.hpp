// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/wire/dealer_codec.hpp"
#include "service/wire/node_codec.hpp"
#include "service/wire/scheduler_codec.hpp"
#include "system/net/connection.hpp"

/// One request, one answer, over a connection; a problem that the other side answers becomes this call's
/// error. One thread a connection.
namespace spud::service {

Result<wire::SchedulerAnswer> ask(net::Connection& connection, const wire::SchedulerRequest& request,
                                  Millis timeout);
/// A node that works on its answer beats: one that says nothing for `silence` is taken for dead, however long
/// the answer may take. The request's bytes have all of `timeout`.
Result<wire::NodeAnswer> ask(net::Connection& connection, const wire::NodeRequest& request, Millis timeout,
                             ByteView payload = {}, Millis silence = net::kForever);
/// The same, but what the node refuses is its answer, an Error: what else fails is the way to it.
Result<wire::NodeAnswer> hear(net::Connection& connection, const wire::NodeRequest& request, Millis timeout,
                              ByteView payload = {}, Millis silence = net::kForever);
/// The next frame of an answer that has several; its payload into `payload`.
Result<wire::NodeAnswer> next_answer(net::Connection& connection, Bytes& payload, Millis timeout);

/// The alternative that the request calls for; another one is the peer's fault.
template <class T, class Answer>
Result<T> expect(Result<Answer> answer, const net::Connection& connection) {
  if (!answer) return std::unexpected(std::move(answer).error());
  if (auto* wanted = std::get_if<T>(&*answer)) return std::move(*wanted);
  return fail(ErrorCode::kPeerFault, "an answer of another kind", connection.peer().str(), {},
              connection.peer().party.str());
}

}  // namespace spud::service
