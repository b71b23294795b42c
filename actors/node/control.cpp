// SPDX-License-Identifier: Apache-2.0
#include "actors/node/control.hpp"

namespace spud::actors {

void turn_away(net::Connection& link, const Error& cause) {
  constexpr Millis kLastWords{1000};
  (void)link.send(wire::encode(wire::LinkFrame(cause)), kLastWords);
  link.shutdown();
}

void SessionControl::offer(std::shared_ptr<LinkOffer> link) {
  Error refusal{ErrorCode::kPeerFault,
                "a second link of one rank",
                "link",
                "",
                link->connection->peer().party.str(),
                ""};
  {
    std::lock_guard lock(mutex_);
    if (!cause_ && offers_.try_emplace(link->hello.rank, link).second) {
      changed_.notify_all();
      return;
    }
    if (cause_) refusal = *cause_;
  }
  turn_away(*link->connection, refusal);
}

Result<std::shared_ptr<LinkOffer>> SessionControl::take(Rank peer, Millis timeout) {
  std::unique_lock lock(mutex_);
  const bool there = changed_.wait_for(lock, timeout, [&] {
    auto found = offers_.find(peer);
    return cause_ || (found != offers_.end() && found->second);
  });
  if (cause_) return std::unexpected(*cause_);
  if (!there) {
    return fail(ErrorCode::kTimeout, "rank " + std::to_string(index(peer)) + " opened no link within " +
                                         std::to_string(timeout.count()) + " ms");
  }
  return std::move(offers_[peer]);
}

void SessionControl::cancel(const Error& cause) {
  std::lock_guard listening(listener_mutex_);
  std::map<Rank, std::shared_ptr<LinkOffer>> waiting;
  {
    std::lock_guard lock(mutex_);
    if (cause_) return;
    cause_ = cause;
    waiting.swap(offers_);
    changed_.notify_all();
  }
  if (listener_) listener_(cause);
  for (const auto& [rank, link] : waiting) {
    if (link) turn_away(*link->connection, cause);
  }
  if (report_) report_(cause);
}

std::optional<Error> SessionControl::cancelled() const {
  std::lock_guard lock(mutex_);
  return cause_;
}

void SessionControl::on_cancel(std::function<void(const Error&)> listener) {
  std::lock_guard listening(listener_mutex_);
  listener_ = std::move(listener);
  if (auto cause = cancelled(); cause && listener_) listener_(*cause);
}

}  // namespace spud::actors
