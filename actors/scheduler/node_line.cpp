// SPDX-License-Identifier: Apache-2.0
#include "actors/scheduler/node_line.hpp"

namespace spud::actors {

void NodeLine::cut() {
  std::lock_guard lock(mutex_);
  cut_ = true;
  if (connection_) connection_->shutdown();
}

Result<std::shared_ptr<net::Connection>> NodeLine::connection() {
  {
    std::lock_guard lock(mutex_);
    if (connection_) return connection_;
  }
  SPUD_ASSIGN(auto address, net::Address::parse(node_.address));
  const net::ExpectedPeer expected{node_.party, crypto::Role::kCompute, node_.node};
  auto connected = net::Connection::connect(address, setup_.tls, expected, setup_.peer_silence_limit);
  if (!connected) {
    auto error = std::move(connected).error();
    if (error.party.empty()) error.party = node_.party.str();
    return std::unexpected(std::move(error));
  }
  std::lock_guard lock(mutex_);
  if (cut_) return fail(ErrorCode::kCancelled, "the scheduler is shutting down");
  connection_ = std::move(*connected);
  if (setup_.peers) setup_.peers->count(*connection_, Carries::kRequest);
  return connection_;
}

Result<service::wire::NodeAnswer> NodeLine::carry(const service::wire::NodeRequest& request, Millis timeout) {
  refused_ = false;
  SPUD_ASSIGN(auto connected, connection());
  auto answer = service::hear(*connected, request, timeout, {}, setup_.peer_silence_limit);
  if (auto* problem = answer ? std::get_if<Error>(&*answer) : nullptr; problem != nullptr) {
    refused_ = true;
    answer = std::unexpected(Error(std::move(*problem)));
  }
  // A connection that failed is of no more use; one that carried a refusal is.
  if (!answer && answer.error().code != ErrorCode::kDenied) {
    std::lock_guard lock(mutex_);
    connection_.reset();
  }
  return answer;
}

}  // namespace spud::actors
