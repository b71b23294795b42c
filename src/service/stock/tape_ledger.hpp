// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/stock/tape.hpp"
#include "service/wire/record_codec.hpp"

namespace spud::service::stock {

/// What a decision of the ledger writes, together and synced, before anything depends on it. Empty: nothing
/// changes.
struct LedgerChange {
  std::vector<TapeLine> put;
  std::vector<TapeId> erase;
  std::vector<std::pair<std::string, wire::TapeMark>> marks;  ///< by dealer and device
  bool empty() const { return put.empty() && erase.empty() && marks.empty(); }
  void add(LedgerChange other);
};

/// A node's ledger of the tapes it keeps. The one promise: a tape serves one attempt, once, whatever happens.
/// State machine, no clock, no store; every change it answers is on disk before its decision takes effect.
///
/// * A tape is taken in once: its number must be above all that its dealer has opened for its device, and
/// that
///   mark is written with its first line. So what was erased cannot come back under the same number.
/// * A reservation belongs to one attempt of one job and one manifest. The same again is answered the same;
///   another manifest is a conflict.
/// * Whatever is in doubt is burnt: a tape that was not ready or that was reserved when the process ended,
///   one whose attempt failed, and every line of an older epoch of this store.
class TapeLedger {
 public:
  /// `epoch` is that of this node's store: how often it was brought back from a copy, from 1.
  explicit TapeLedger(std::uint64_t epoch) : epoch_(epoch) {}

  /// What the store holds at start.
  void reload(TapeLine line);
  void reload(const std::string& source, wire::TapeMark mark);
  /// After all was reloaded: burns what is in doubt.
  LedgerChange recover();

  /// A dealer has opened a tape for us. kPeerFault for a number that was used or passed over.
  Result<LedgerChange> begin(const TapeId& id, const Digest& device, const Digest& demand,
                             std::int64_t unix_millis);
  /// All of it is on this node's disk.
  Result<LedgerChange> made(const TapeId& id, const Digest& digest, std::uint64_t bytes);
  /// It is on the disks of all nodes. Told again: nothing.
  Result<LedgerChange> ready(const TapeId& id);
  /// An attempt wants it. kConflict if the tape is another's, the attempt has another tape, or the same
  /// attempt comes with another manifest; kNotFound if it is not here or was burnt. Earlier attempts of the
  /// job lose theirs.
  Result<LedgerChange> reserve(const Claim& claim, const TapeId& id, const Digest& device,
                               const Digest& demand);
  /// The attempt is about to use it; the only way to its seed. Once: a second burn is a conflict.
  Result<LedgerChange> burn(const Claim& claim, const TapeId& id);
  /// It will not be used. Unknown and burnt tapes are no error: there is nothing to do.
  LedgerChange discard(const TapeId& id);
  /// The attempt is over: what it had reserved and not used is burnt.
  LedgerChange release(const JobId& job, std::uint32_t attempt);
  /// Burns ready tapes made before `unix_millis`.
  LedgerChange expire(std::int64_t unix_millis);
  /// A burnt tape's bytes are gone from the disk. kConflict if it is not burnt.
  Result<LedgerChange> erased(const TapeId& id);

  /// nullptr if there is no such line.
  const StockTape* find(const TapeId& id) const;
  /// What an attempt has reserved or burnt.
  const StockTape* of(const JobId& job, std::uint32_t attempt) const;
  /// All lines, oldest number first.
  StockTapes list() const;
  std::uint64_t epoch() const { return epoch_; }
  /// SHA-256 over all that the nodes must agree on about a tape; for the manifest.
  Result<Digest> digest(const TapeId& id) const;

 private:
  Result<TapeLine*> known(const TapeId& id);
  LedgerChange burnt(TapeLine& line);

  std::uint64_t epoch_;
  std::map<TapeId, TapeLine> lines_;
  std::map<std::string, wire::TapeMark> marks_;  ///< by dealer and device
};

}  // namespace spud::service::stock
