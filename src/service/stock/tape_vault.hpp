// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/clock.hpp"
#include "service/stock/stock_keys.hpp"
#include "service/stock/tape_ledger.hpp"
#include "system/store/group_commit.hpp"
#include "vm/tape_pipe.hpp"

namespace spud::service::stock {

class TapeVault;
class TapeIntake;

/// A burnt tape, for the one attempt that may use it. Its corrections are read ahead by one thread, opened by
/// another and erased behind them by a third; what is left goes with this object. The vault must outlive it.
class StoredTape {
 public:
  ~StoredTape();
  StoredTape(const StoredTape&) = delete;
  StoredTape& operator=(const StoredTape&) = delete;

  const TapeId& id() const { return id_; }
  Seed take_seed() { return std::move(seed_); }
  correlation::TapeReader* reader() { return &pipe_; }

 private:
  friend class TapeVault;
  StoredTape(TapeVault& vault, const StockTape& tape, StockKeys::Secrets secrets);
  struct Sealed {
    std::uint64_t index = 0;
    std::unique_ptr<ring::Buffer> piece;
  };
  void read();
  Status read_all();
  void open_pieces();
  void tend_files();
  Result<store::Walk> queue(std::uint64_t index, ByteView sealed);
  void end(Status status);
  void stop();

  TapeVault& vault_;
  const TapeId id_;
  const std::uint64_t bytes_;
  Seed seed_;
  crypto::Sealing sealing_;
  vm::TapePipe pipe_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  std::deque<Sealed> sealed_;  ///< read, not opened yet
  std::uint64_t read_ = 0;     ///< pieces that need no file any more
  bool all_read_ = false;
  bool ended_ = false;
  std::thread reader_, opener_, tender_;  // last: use all of the above
};

/// Where a node keeps its vault, within its data folder.
inline constexpr char kVaultFolder[] = "stock";

struct VaultLimits {
  std::uint64_t bytes = 0;             ///< of all tapes on disk
  Millis ttl{0};                       ///< a ready tape that is older is burnt; 0: never
  std::uint64_t bytes_per_second = 0;  ///< taken in; 0: as fast as it comes
};

/// The tapes that a node keeps: the ledger (tape_ledger.hpp) joined with a store of its own and the keys that
/// encrypt it. Every transition is on disk when it is answered, those of many threads in one write. Any
/// thread.
///
/// Families: ledger (id → TapeRecord), marks (dealer and device → TapeMark), heads (id → TapeHead), tapes
/// (id, index → a sealed piece), demands (digest → bytes), vault (its epoch).
///
/// A folder that turns out to be a copy (store/epoch.hpp) burns all it holds and takes a later epoch.
class TapeVault {
 public:
  struct Recovered {
    std::size_t burnt = 0;  ///< tapes that were in doubt
    bool copied = false;    ///< the folder is a copy
  };

  static Result<std::unique_ptr<TapeVault>> open(const std::filesystem::path& folder, StockKeys keys,
                                                 VaultLimits limits, const Clock& clock, Random& random,
                                                 store::StoreOptions options = {});
  const Recovered& recovered() const { return recovered_; }

  /// For a folder that was brought back from a backup, or a copy that starts a life of its own, before a
  /// process uses it: burns all tapes in it and takes a later epoch. Answers how many tapes there were.
  static Result<std::size_t> disown(const std::filesystem::path& folder, const Clock& clock,
                                    store::StoreOptions options = {});

  /// Takes in a tape that a dealer has opened. kResource if `expected_bytes` do not fit the limits or the
  /// disk.
  Result<std::unique_ptr<TapeIntake>> begin(const TapeId& id, const Digest& device, const Digest& demand,
                                            const Seed& seed, std::uint64_t expected_bytes);
  /// All nodes have it.
  Status ready(const TapeId& id);

  /// Sets a tape aside for an attempt; see TapeLedger::reserve. Answers what its manifest says of it.
  Result<Fields> reserve(const Claim& claim, const TapeId& id, const Digest& device, const Digest& demand);
  /// Burns it, on disk, and only then hands it out.
  Result<std::unique_ptr<StoredTape>> burn(const Claim& claim, const TapeId& id);
  Status discard(const TapeId& id);
  Status release(const JobId& job, std::uint32_t attempt);

  /// Burns what is too old and erases what is burnt.
  Status sweep();

  StockTapes list() const;
  /// Ready tapes, oldest number first, at most so many.
  StockTapes ready_tapes(std::size_t most) const;
  std::uint64_t bytes() const;
  std::uint64_t epoch() const { return ledger_.epoch(); }
  /// Tapes that were burnt since it was opened, and by that, for whatever reason.
  std::uint64_t burnt() const { return burnt_; }
  const store::Store& store() const { return *store_; }

  /// A small synced write, so that a readiness probe sees a full or broken disk.
  Status probe() { return store_->probe(); }

  /// Demands by digest, so that tapes can be made when no program is at hand. Every plan that runs here
  /// leaves one, so there is a limit (limits::kDemandsPerNode, kDemandBytesPerNode): at it, those of which
  /// there is no tape go, and can be kept again.
  Status keep_demand(const Digest& digest, ByteView demand);
  Result<std::optional<Bytes>> demand(const Digest& digest) const;

 private:
  friend class TapeIntake;
  friend class StoredTape;
  TapeVault(std::unique_ptr<store::Store> store, StockKeys keys, VaultLimits limits, const Clock& clock,
            Random& random, std::uint64_t epoch);
  Status load();
  Status rewrap();
  Status make_room_for_demand(std::size_t bytes);
  store::Batch batch_of(const LedgerChange& change) const;
  /// Decides, and returns when the decision is on disk. `label` names the crash points around it.
  Status commit(const char* label, const std::function<Result<LedgerChange>()>& decide,
                store::Batch also = {});
  Status made(const TapeId& id, const Digest& digest, std::uint64_t bytes);
  Result<StockKeys::Secrets> secrets_of(const TapeId& id) const;
  Status erase(const TapeId& id);
  void returned(const TapeId& id);
  /// The wall clock when the vault was opened, and the steady one since: a clock that jumps meanwhile makes
  /// no tape older or younger.
  std::int64_t unix_millis() const { return opened_unix_millis_ + (clock_.now() - opened_).count(); }
  store::Family family(const char* name) const { return store_->family(name); }

  std::unique_ptr<store::Store> store_;
  const StockKeys keys_;
  const VaultLimits limits_;
  const Clock& clock_;
  const std::int64_t opened_unix_millis_ = clock_.unix_millis();
  const Millis opened_ = clock_.now();
  Random& random_;
  Recovered recovered_;
  std::atomic<std::uint64_t> burnt_{0};
  store::GroupCommit commit_;
  std::mutex demands_mutex_;
  std::map<Digest, std::size_t> demands_;  ///< bytes by digest; under demands_mutex_
  // Under commit_.
  TapeLedger ledger_;
  std::set<TapeId> in_use_;                   ///< being written or read: not to be swept
  std::map<TapeId, std::uint64_t> expected_;  ///< bytes on their way
};

}  // namespace spud::service::stock
