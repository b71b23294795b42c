// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "service/wire/dealer_codec.hpp"
#include "system/crypto/identity.hpp"

namespace spud::service::dealer {

/// What the dealer calls an attempt, or an order of stock: the ledger's key.
std::string attempt_key(const wire::OpenTape& open);

/// One tape while its nodes come together: all ranks must ask for the same demand of the same device before a
/// seed is drawn. State machine, no clock, no randomness.
class TapeState {
 public:
  enum class Step { kWait, kDeal };

  /// Opened by its first node; the others have until `deadline`.
  TapeState(const wire::OpenTape& first, Millis deadline);

  /// A node joins. An error ends the tape for all: it names who differs. A rank that comes twice is an error
  /// too.
  Result<Step> join(const crypto::Identity& caller, const wire::OpenTape& open);
  /// After the deadline: the error that names the first rank that is missing.
  Status check(Millis now) const;

 private:
  wire::OpenTape first_;
  Digest device_;
  Millis deadline_;
  std::set<Rank> joined_;
};

/// The certificate that asks is that of the rank it asks for, and we are among the dealers that the
/// device names.
Status check_members(const crypto::Identity& caller, const std::string& own_identity,
                     const wire::OpenTape& open);

/// Attempts that were dealt to: a second tape for the same attempt is refused for ever.
class TapeLedger {
 public:
  void reload(const std::string& key) { dealt_.insert(key); }
  /// kConflict if it was dealt to before. The entry must be stored, synced, before a seed leaves.
  Status enter(const std::string& key);
  bool contains(const std::string& key) const { return dealt_.contains(key); }
  std::size_t size() const { return dealt_.size(); }

 private:
  std::set<std::string> dealt_;
};

/// Numbers the tapes of stock that a dealer makes; none twice within an epoch of its store. A number must be
/// stored, synced, before a node hears of it.
class TapeNumbers {
 public:
  TapeNumbers() = default;
  TapeNumbers(const crypto::Identity& dealer, std::uint64_t epoch, std::uint64_t last)
      : last_{dealer.party, dealer.name, epoch, last} {}
  TapeId next() {
    ++last_.sequence;
    return last_;
  }
  std::uint64_t last() const { return last_.sequence; }

 private:
  TapeId last_;
};

}  // namespace spud::service::dealer
