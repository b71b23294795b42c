// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "base/footprint.hpp"
#include "protocol/executor.hpp"
#include "protocol/network.hpp"
#include "vm/inbox.hpp"
#include "vm/progress.hpp"
#include "vm/time_sheet.hpp"

namespace spud::vm {

/// What a run did, as its transport saw it.
struct Traffic {
  std::uint64_t rounds = 0;
  std::uint64_t opened_bits = 0;    ///< by this party to each peer, as cost functions count
  std::uint64_t payload_bytes = 0;  ///< to each peer
};

/// Runs kernels of one party: everything that is ready, in order; when all wait, one message to every peer
/// with all openings that wait, and one from every peer. So independent kernels share rounds, and the order
/// is the same on every party. One thread.
///
/// A large opening does not wait for kernels that compute for the same round, where the network takes parts:
/// before the next of them runs it starts on its way, with those posted before it.
///
/// Without a network it is the run on shapes: openings complete at once, as phantoms.
class RoundExecutor final : public protocol::Executor {
 public:
  /// Sees every opening as this party sends it; in the run on shapes those of others as well.
  using Observer = std::function<void(const protocol::PostedOpening&, std::uint64_t round)>;

  RoundExecutor(Rank rank, unsigned parties, protocol::Network* network)
      : rank_(rank), network_(network), inbox_(rank, parties) {}

  /// Its failure ends the run before anything else is sent.
  void watch(const correlation::Source& source) { source_ = &source; }
  void observe(Observer observer) { observer_ = std::move(observer); }
  /// How errors name whom a kernel runs for.
  void name_accounts(std::function<std::string(protocol::Account)> names) { names_ = std::move(names); }
  /// Is told of every round; lives as long as the executor.
  void report(Progress& progress) { progress_ = &progress; }
  /// Is told where the run's time goes; open, and lives as long as the executor.
  void time(TimeSheet& sheet) { sheet_ = &sheet; }
  const Traffic& traffic() const { return traffic_; }

  template <class T>
  Result<T> run(protocol::Task<T> task) {
    SPUD_TRY(check());  // what a failed run left behind is not resumed
    protocol::Started<T> main(*this, std::move(task));
    auto value = main.operator co_await();
    while (!value.await_ready()) SPUD_TRY(step());
    SPUD_TRY(check());
    return value.await_resume();
  }

  void ready(std::coroutine_handle<> waiting, protocol::Account account) override {
    ready_.emplace_back(waiting, account);
  }
  void post(std::shared_ptr<protocol::PostedOpening> opening) override;
  void fail(Error error) override {
    if (!failure_) failure_ = std::move(error);
  }

 private:
  Status check() const;
  Status step();
  Status advance();
  /// Lets one kernel run until it waits. kResource where the process cannot get the memory for it.
  Status resume(std::coroutine_handle<> kernel);
  Status exchange();
  Status carry_round();
  enum class Piece { kPart, kRest };
  Status hand_over(Piece piece);

  Rank rank_;
  protocol::Network* network_;
  Inbox inbox_;
  Footprint received_;  ///< in the run on shapes: what the inbox would have taken
  const correlation::Source* source_ = nullptr;
  Observer observer_;
  std::function<std::string(protocol::Account)> names_;
  Progress* progress_ = nullptr;
  TimeSheet* sheet_ = nullptr;
  Traffic traffic_;
  std::deque<std::pair<std::coroutine_handle<>, protocol::Account>> ready_;
  // The round under way.
  std::vector<std::shared_ptr<protocol::PostedOpening>> posted_;
  std::size_t handed_over_ = 0;    ///< of posted_, to the network
  bool under_way_ = false;         ///< a round, or parts of one, that the network may still read and write
  std::uint32_t parts_ = 0;        ///< started, so their memory is the network's as well
  std::uint64_t round_bytes_ = 0;  ///< handed over, of whoever sends
  bool large_waits_ = false;       ///< one that is not handed over
  std::optional<Error> failure_;
};

}  // namespace spud::vm
