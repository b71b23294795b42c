// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "actors/interfaces.hpp"
#include "service/trace/recorder.hpp"
#include "service/wire/session_codec.hpp"
#include "system/net/connection.hpp"
#include "vm/progress.hpp"

namespace spud::actors {

/// A link that a peer has opened, with what it said first.
struct LinkOffer {
  std::shared_ptr<net::Connection> connection;
  wire::Hello hello;
};

/// How far a session is: written by its thread, read by the node's supervisor.
class SessionProgress {
 public:
  /// What the run on shapes foretells.
  void foretold(std::uint64_t instructions, std::uint64_t rounds, std::uint64_t peak_bytes) {
    peak_bytes_ = peak_bytes;
    of_instructions_ = instructions;
    of_rounds_ = rounds;
  }
  /// Memory that the attempt takes; 0 before that is known.
  std::uint64_t peak_bytes() const { return peak_bytes_; }
  void enter(service::Phase phase, Millis now) {
    if (phase == service::Phase::kRunning) run_began_ = now.count();
    phase_ = phase;
  }
  vm::Progress& run() { return run_; }
  service::JobProgress at(Millis now) const {
    const auto phase = phase_.load();
    const bool ran = phase >= service::Phase::kRunning;
    return {phase,       run_.instructions, of_instructions_,
            run_.rounds, of_rounds_,        ran ? static_cast<std::uint64_t>(now.count() - run_began_) : 0};
  }

 private:
  std::atomic<service::Phase> phase_{service::Phase::kPreparing};
  std::atomic<std::uint64_t> of_instructions_{0}, of_rounds_{0}, peak_bytes_{0};
  std::atomic<std::int64_t> run_began_{0};
  vm::Progress run_;
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

  SessionProgress& progress() { return progress_; }

  /// Where the attempt's course is written. Set before anybody else has the control; may be null.
  void record(std::shared_ptr<service::trace::Recorder> trace) { trace_ = std::move(trace); }
  service::trace::Recorder* trace() const { return trace_.get(); }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Rank, std::shared_ptr<LinkOffer>> offers_;  ///< null once taken
  std::optional<Error> cause_;
  std::mutex listener_mutex_;  // taken before mutex_
  std::function<void(const Error&)> listener_;
  const std::function<void(const Error&)> report_;
  SessionProgress progress_;
  std::shared_ptr<service::trace::Recorder> trace_;
};

/// Tells a peer why there will be no attempt, and closes the link.
void turn_away(net::Connection& link, const Error& cause);

}  // namespace spud::actors
