// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "service/scheduler/attempt_state.hpp"
#include "service/scheduler/device_book.hpp"
#include "service/scheduler/job_shelf.hpp"
#include "service/scheduler/stock_book.hpp"

namespace spud::service::scheduler {

/// What must happen after a job changed. Jobs in `store` are written, synced, before anything else happens or
/// is answered.
struct JobEffects {
  std::vector<JobId> store;
  std::vector<AttemptName> start;   ///< new attempts to run
  std::vector<AttemptName> cancel;  ///< running attempts to end
  std::vector<JobId> erase{};       ///< jobs that are forgotten
  void add(JobEffects other);
};

/// Where an attempt's correlations come from, and the job that now says so: stored before the attempt is
/// told.
struct TapeChoice {
  JobEffects effects;
  Result<std::optional<TapeId>> tape;  ///< nullopt: dealt live
};

/// The dealer of the device whose fault it was that the job's attempt before this one failed, by identity:
/// the next is asked of another. Empty if it was nobody's, or nobody's among them.
std::string blamed_dealer(const Job& job, const Device& device);

/// All jobs of a scheduler, which of them run, and what a repeated request means: state machine, no clock, no
/// sockets.
///
///   submit → queued → running → done
///               ↑        ├────→ failed      submitted again: a new attempt
///               └────────┘      cancelled   the same
///
/// The way back to the queue is that of an attempt that failed by what another may mend (retry.hpp), as often
/// as the request allows, and of one that could not begin, because there was no tape of stock for it or a
/// node had no room for it (memory that others use), which does not count. Which tapes a job can use is known
/// once an attempt of it has been prepared; from then on a job that wants stock is not started without. A
/// tape counts as promised from the start of an attempt to its choice, so that two jobs do not start for one
/// tape.
class JobBook {
 public:
  /// Of jobs that have ended, those of the last `keep` stay, and no more than `ended_limit`.
  static constexpr Millis kKeep{30ll * 24 * 3600 * 1000};
  /// So many are forgotten at a time.
  static constexpr std::size_t kForgottenAtOnce = 1000;

  explicit JobBook(std::size_t queue_limit = limits::kQueuedJobs, Millis keep = kKeep,
                   std::size_t ended_limit = limits::kEndedJobs)
      : queue_limit_(queue_limit), keep_(keep), ended_limit_(ended_limit) {}

  /// A stored job. One that was running still is: see running().
  void reload(Job job);

  /// The same id with the same request is the same job; with another request it is a conflict. A failed or
  /// cancelled job that is submitted again is queued again.
  Result<JobEffects> submit(const crypto::Identity& caller, const JobRequest& request, const Device& device,
                            std::int64_t unix_millis);
  Result<JobEffects> cancel(const crypto::Identity& caller, const JobId& id, std::int64_t unix_millis);
  /// Starts what can start, in the order of their turns, and only on devices whose members all take work.
  /// Others say what they wait for; those past their deadline, or whose device has lost a member, fail. A
  /// dealer is not needed where a tape is ready, and else one of the device's is enough.
  JobEffects schedule(const DeviceBook& devices, const NodeRegistry& registry, const StockBook& stock,
                      Millis now, std::int64_t unix_millis);
  /// The nodes of a running attempt agree on its demand: it gets a tape, is dealt to live, or ends and waits.
  TapeChoice choose(const AttemptName& name, const Digest& demand, const Device& device, StockBook& stock);
  /// An attempt has ended; without a problem the job is done, and one to be tried again is back in the queue.
  /// One that has no attempts left fails with the last cause and their number. Ends that come twice or late
  /// change nothing.
  JobEffects ended(const AttemptName& name, Finished finished, std::int64_t unix_millis);

  /// Forgets jobs that ended long ago: their ids are free.
  JobEffects expire(std::int64_t unix_millis);

  /// Clients of the submitter and of recipients may look.
  Result<Job> show(const crypto::Identity& caller, const JobId& id) const;
  /// The newest first, as many as an answer holds.
  wire::Jobs list(const crypto::Identity& caller, const wire::ListJobs& wanted = {}) const;
  /// For the scheduler itself; null if there is none.
  const Job* find(const JobId& id) const;
  /// All of them, for the operator.
  const JobShelf& shelf() const { return shelf_; }
  /// Attempts that ran when the scheduler ended: their nodes must be asked.
  std::vector<AttemptName> running() const;
  std::size_t count(JobState state) const;
  /// Of the job that waits longest.
  Millis longest_wait(std::int64_t unix_millis) const;
  /// Jobs that do not start before there is a tape for them.
  WaitingJobs waiting_for_tapes() const;
  /// Is the device named by a job that has not ended?
  bool uses(const DeviceId& device) const;
  /// Does an attempt of it run?
  bool runs(const DeviceId& device) const;

 private:
  Status may_see(const crypto::Identity& caller, const Job& job) const;
  struct World;
  /// Whether it counts on a tape of stock, if it can start.
  enum class Counts { kOnTape, kOnDealer };
  /// Why a job does not start now.
  struct Obstacle {
    Obstacle(Error why, bool for_good = false) : error(std::move(why)), lasts(for_good) {}
    Error error;
    bool lasts;  ///< whoever is needed has gone for good
  };
  std::expected<Counts, Obstacle> startable(const Job& job, const World& world) const;
  /// Its number.
  static std::uint32_t begin_attempt(Job& job, std::int64_t unix_millis);
  /// Attempts under way at each node, by identity.
  std::map<std::string, unsigned> attempts_at_nodes(const DeviceBook& devices) const;
  std::size_t promised(const StockName& kind, const AttemptName& except) const;
  void requeue(Job& job, const Error& cause, Millis pause, std::int64_t unix_millis);
  void fail_job(Job& job, Error problem, std::int64_t unix_millis);

  std::size_t queue_limit_;
  Millis keep_;
  std::size_t ended_limit_;
  JobShelf shelf_;
  std::map<AttemptName, StockName> promised_;  ///< attempts that count on a tape and have not chosen yet
};

}  // namespace spud::service::scheduler
