// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "system/crypto/sha256.hpp"
#include "system/store/store.hpp"

namespace spud::store {

/// What a commit recorded of a blob.
struct BlobInfo {
  std::uint64_t bytes = 0;
  std::uint64_t chunks = 0;
  Digest digest;  ///< SHA-256 of all chunks, one after the other
  bool operator==(const BlobInfo&) const = default;
};

/// Reads the chunks of one committed blob in order, never more than one in memory. One thread.
class BlobReader {
 public:
  const BlobInfo& info() const { return info_; }
  /// The next chunk; nullopt after the last. kCorrupt if a chunk is missing or, at the last, if the digest is
  /// not the one recorded: what was read before must not be used then. kNotFound if the blob was erased
  /// meanwhile.
  Result<std::optional<Bytes>> next();

 private:
  friend class ChunkedBlob;
  BlobReader(const Store& store, Family family, Bytes key, BlobInfo info);
  const Store* store_;
  Family family_;
  Bytes key_;
  BlobInfo info_;
  std::uint64_t next_ = 0;
  std::uint64_t bytes_ = 0;
  crypto::Sha256 hash_;
};

/// Large values (shares, results, programs) in one family of a store, written in chunks of at most
/// limits::kBytesPerStoredValue, in any order, each as often as the sender likes. Nothing is visible before
/// its commit; what was not committed when the process ended is gone when the family is opened again. Any
/// thread; calls for one key wait for each other. The store must outlive it.
class ChunkedBlob {
 public:
  /// Takes over `family`, which must hold nothing else, and erases unfinished uploads.
  static Result<std::unique_ptr<ChunkedBlob>> open(Store& store, Family family);

  /// Chunk `index` counts from 0. The same chunk again replaces the first; for a committed blob it must be
  /// the same bytes (then nothing happens), else kConflict. It is durable when the commit is.
  Status put_chunk(ByteView key, std::uint64_t index, ByteView bytes);
  /// Indices that arrived, ascending: what a sender that resumes need not send.
  std::vector<std::uint64_t> received(ByteView key) const;
  /// Makes the blob visible, in one batch with `also`. kBadInput if a chunk is missing or the bytes do not
  /// have the digest the sender announced; the upload stays as it was. Again with the same digest: the same
  /// answer, and `also` is written again; with another digest kConflict.
  Result<BlobInfo> commit(ByteView key, const Digest& announced, Durability durability, Batch also = {});
  /// Erases an upload or a committed blob, in one batch with `also`; no error if there is none.
  Status erase(ByteView key, Durability durability, Batch also = {});

  /// nullopt if nothing is committed under `key`.
  Result<std::optional<BlobInfo>> find(ByteView key) const;
  /// kNotFound if nothing is committed under `key`.
  Result<BlobReader> read(ByteView key) const;
  /// Every committed blob.
  Status list(const std::function<Status(ByteView key, const BlobInfo&)>& visit) const;

 private:
  ChunkedBlob(Store& store, Family family) : store_(store), family_(family) {}
  /// Keys are spread over stripes, so that the long commit of one blob delays few others.
  struct Stripe {
    std::mutex mutex;
    std::map<Bytes, std::set<std::uint64_t>> uploads;  ///< chunks that arrived, by key; guarded by mutex
  };
  Stripe& stripe(ByteView key) const;
  Status clean();
  Result<BlobInfo> measure(ByteView key, const std::set<std::uint64_t>& chunks) const;

  Store& store_;
  Family family_;
  mutable std::array<Stripe, 16> stripes_;
};

}  // namespace spud::store
