// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/id.hpp"

namespace spud::sim {

/// A party's part of a tape, told by what is in it: digests of its seed and of its corrections.
struct Part {
  Digest seed;
  Digest corrections;
  auto operator<=>(const Part&) const = default;
};

/// A node has handed a part of a tape to an attempt.
struct Use {
  std::string party;
  std::string tape;  ///< its number, or its name where it was dealt live
  Part part;
  JobId job;
  std::uint32_t attempt = 0;
  Digest manifest;
  std::string str() const;
};

/// Knows what was dealt and what was used, over all crashes, restarts and copies, and objects where a part
/// serves twice. Knows nothing of how spud prevents that: it is told by the dealer's hands and by the hands
/// that use a tape, and survives every process.
class Oracle {
 public:
  /// A dealer deals this tape, part by part in rank order.
  void dealt(const std::string& tape, std::vector<std::pair<std::string, Part>> parts);
  /// A party has all of its part on its disk.
  void stored(const std::string& tape, const std::string& party);
  /// A tape of stock is used where the ledger calls it ready; one that is dealt live was never stored.
  enum class Kept { kStock, kLive };
  void used(const Use& use, Kept kept);
  /// An attempt ended well at the scheduler; `tape` if it was given one.
  void done(const JobId& job, std::uint32_t attempt, const std::optional<std::string>& tape);
  /// Some process goes on from an older state: names of attempts may come again.
  void history_forks() { ++history_; }
  void object(std::string what) { objections_.push_back(std::move(what)); }

  /// What a party was dealt; for wrong builds that use it without asking.
  Part part(const std::string& tape, const std::string& party) const;
  const std::vector<std::string>& objections() const { return objections_; }
  std::size_t stock_uses() const { return stock_uses_; }
  std::size_t live_uses() const { return live_uses_; }

 private:
  using AttemptIn = std::tuple<unsigned, JobId, std::uint32_t>;  ///< with the history it is of
  std::map<std::string, std::vector<std::pair<std::string, Part>>> tapes_;
  std::set<Digest> drawn_;  ///< seeds
  std::map<std::string, std::set<std::string>> stored_;
  std::map<Digest, Use> by_seed_, by_corrections_;
  std::map<std::string, std::vector<Use>> by_tape_;
  std::map<AttemptIn, std::string> tape_of_;
  std::vector<std::string> objections_;
  unsigned history_ = 0;
  std::size_t stock_uses_ = 0, live_uses_ = 0;
};

}  // namespace spud::sim
