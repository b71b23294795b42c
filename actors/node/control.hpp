// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "actors/interfaces.hpp"
#include "service/wire/session_codec.hpp"
#include "system/net/connection.hpp"

namespace spud::actors {

/// A link that a peer has opened, with what it said first.
struct LinkOffer {
  std::shared_ptr<net::Connection> connection;
  wire::Hello hello;
};

/// How the rest of a node reaches a session while its thread is busy: hands it links, ends it. Every method
/// from any thread.
class SessionControl {
 public:
  /// `report` is called once, with the cause, when the session is cancelled; on the thread that cancels.
  explicit SessionControl(std::function<void(const Error&)> report) : report_(std::move(report)) {}

  /// A peer's link; one a rank, a second one is an error of the peer and is closed.
  void offer(std::shared_ptr<LinkOffer> link);
  /// Waits for the link of `peer`; kTimeout if none comes, the cause if the session is cancelled.
  Result<std::shared_ptr<LinkOffer>> take(Rank peer, Millis timeout);

  /// Ends the session with this cause; the first one counts. Links that were not taken are told and closed.
  void cancel(const Error& cause);
  std::optional<Error> cancelled() const;
  /// Called once, with the cause, when the session is cancelled: at once if it has been. Empty: nobody
  /// listens any more; returns only when no call is under way.
  void on_cancel(std::function<void(const Error&)> listener);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Rank, std::shared_ptr<LinkOffer>> offers_;  ///< null once taken
  std::optional<Error> cause_;
  std::mutex listener_mutex_;  // taken before mutex_
  std::function<void(const Error&)> listener_;
  const std::function<void(const Error&)> report_;
};

/// Tells a peer why there will be no attempt, and closes the link.
void turn_away(net::Connection& link, const Error& cause);

}  // namespace spud::actors
