// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "actors/mail.hpp"
#include "actors/node/setup.hpp"
#include "service/wire/scheduler_codec.hpp"
#include "system/net/connection.hpp"

namespace spud::actors {

/// What a node does about its stock when it is asked to: says what a program would need, has tapes made,
/// lists and gives them up. Everything here blocks on the compiler, a dealer or the disk, so it is called on
/// the threads of connections, outside the actor system; the vault decides. Any thread.
class TapeDesk {
 public:
  /// The setup names a vault.
  explicit TapeDesk(const NodeSetup& setup) : setup_(setup), vault_(*setup.vault) {}

  /// From the scheduler. Compiles a program for inputs of these types, and remembers what it would ask of a
  /// dealer. Answers "plan", "compiler", "demand", "device digest" and "tape bytes".
  Result<service::Fields> prepare(const crypto::Identity& caller, const service::wire::PrepareStock& request);
  /// From the scheduler. Answered when the tape is ready at all nodes; kNotFound for a demand that was never
  /// prepared here.
  Result<service::stock::StockTape> make(const crypto::Identity& caller,
                                         const service::wire::MakeTape& request);
  /// From the scheduler and any client: what is here. Whom a tape was for, only the node's own party and the
  /// scheduler are told.
  Result<service::stock::StockTapes> list(const crypto::Identity& caller) const;
  /// From the scheduler or a client of the node's party: burns it.
  Result<service::wire::Done> discard(const crypto::Identity& caller,
                                      const service::wire::DiscardTape& request);

  /// Adds what is ready to what the scheduler is told every interval, and measures the stock.
  void announce(service::wire::Announce& announcement) const;

  /// Ends the tapes that are being made, and makes no more.
  void close();

 private:
  class OnItsWay;
  Status must_be_scheduler(const crypto::Identity& caller, const std::string& where) const;

  const NodeSetup& setup_;
  service::stock::TapeVault& vault_;
  std::mutex mutex_;
  // Under mutex_.
  std::set<net::Connection*> open_;
  bool closed_ = false;
};

}  // namespace spud::actors
