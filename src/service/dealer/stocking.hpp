// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>

#include "service/wire/dealer_codec.hpp"

namespace spud::service::dealer {

/// One tape of stock from its opening to the moment at which all nodes have stored it. The first failure
/// decides for all: what some have stored is burnt by them. State machine, no clock, no threads.
class Stocking {
 public:
  explicit Stocking(unsigned parties) : parties_(parties) {}

  /// All of it has been dealt.
  void dealt(wire::StockEnd end);
  /// A node has it on disk. kPeerFault if that is another tape, or nothing was dealt yet; then the tape
  /// fails. Said again: nothing.
  Status stored(Rank rank, const Digest& digest);
  /// A node, or the dealing, has failed. Nothing is taken back once the tape is ready.
  void fail(Error error);

  const std::optional<wire::StockEnd>& end() const { return end_; }
  const std::optional<Error>& failure() const { return failure_; }
  /// All nodes have it: each may be told so.
  bool ready() const { return !failure_ && stored_.size() == parties_; }
  /// The first rank that has not stored it.
  std::optional<Rank> missing() const;

 private:
  unsigned parties_;
  std::optional<wire::StockEnd> end_;
  std::set<Rank> stored_;
  std::optional<Error> failure_;
};

}  // namespace spud::service::dealer
