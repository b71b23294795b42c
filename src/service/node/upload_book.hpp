// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "service/wire/record_codec.hpp"
#include "system/crypto/identity.hpp"
#include "system/crypto/trust.hpp"

namespace spud::service::node {

/// Bytes of one chunk of an upload: all but the last are exactly this long, so that an offset names a chunk.
inline constexpr std::uint64_t kChunkBytes = 16u << 20;

/// Checks that the statement of an upload was signed by its owner: the certificate is one of the owner's
/// party, says who the statement names as signer, and its key signed the statement's digest. `caller` must
/// belong to that party too.
Status check_signature(const crypto::Trust& trust, const crypto::Identity& caller,
                       const wire::PrepareUpload& prepare, std::int64_t unix_millis);
/// What the owner signs.
Bytes signed_message(const Statement& statement);

/// Which uploads and datasets a node has, who may see and drop them, and which job used them: state machine;
/// bytes lie in the store, not here.
///
///   prepare → (bytes arrive) → complete → commit: visible, immutable → drop
///                                  └ expires if nothing comes for too long, by the steady clock: whatever
///                                    the wall clock does, an upload that is alive stays
class UploadBook {
 public:
  explicit UploadBook(Millis expire_after) : expire_after_(expire_after) {}

  void reload(wire::UploadRecord record, bool complete, Millis now);
  void reload_use(const UploadId& upload, const JobId& job);

  /// The signature has been checked. Answers the record to be stored if the upload is new, nothing if it is
  /// known already; another statement under the same id, or a dataset name that is taken, is a conflict.
  Result<std::optional<wire::UploadRecord>> prepare(const wire::PrepareUpload& prepare, const PartyId& here,
                                                    std::int64_t unix_millis, Millis now);
  /// Something has come to it.
  void touch(const UploadId& upload, Millis now);
  /// The upload if the caller's party owns it.
  Result<const wire::UploadRecord*> find(const crypto::Identity& caller, const UploadId& upload) const;
  /// How many bytes the node must have before the upload is complete.
  static std::uint64_t expected_bytes(const wire::UploadRecord& record);
  void completed(const UploadId& upload);
  bool is_complete(const UploadId& upload) const;
  bool knows(const UploadId& upload) const { return uploads_.contains(upload); }

  /// Makes a complete upload visible: answers the record to be stored. Again: nothing to store.
  Result<std::optional<wire::UploadRecord>> commit(const crypto::Identity& caller, const UploadId& upload);
  /// Forgets an upload that is not committed; whether there was one to erase.
  Result<bool> abort(const crypto::Identity& caller, const UploadId& upload);
  /// Uploads that were not committed and that nothing came to; they are forgotten, their bytes are to be
  /// erased.
  std::vector<UploadId> expire(Millis now);

  /// Datasets of the caller's party.
  wire::Datasets list(const crypto::Identity& caller) const;
  Result<Dataset> show(const crypto::Identity& caller, const DatasetId& dataset, const Digest& device) const;
  /// Forgets a dataset: the upload whose bytes are to be erased; nothing if there is none of that name, or
  /// another upload than `only`, if that is given: whoever says so has seen that one, and its word may be
  /// late.
  Result<std::optional<UploadId>> drop(const crypto::Identity& caller, const DatasetId& dataset,
                                       const Digest& device, const UploadId& only = {});

  /// The committed upload behind a dataset's name, for jobs.
  const wire::UploadRecord* dataset(const DatasetId& dataset, const Digest& device) const;
  /// Jobs that have read it, not counting `job`: a retry of a job is no second use.
  std::uint64_t uses(const UploadId& upload, const JobId& job) const;
  /// Records a use; whether it is new and must be stored.
  bool use(const UploadId& upload, const JobId& job);
  std::size_t datasets() const { return names_.size(); }
  /// Of all datasets.
  std::uint64_t dataset_bytes() const;
  /// Uploads that are not committed.
  std::size_t under_way() const { return uploads_.size() - names_.size(); }

 private:
  struct Upload {
    wire::UploadRecord record;
    bool complete = false;
    Millis touched{0};
    std::set<JobId> uses;
  };
  using Name = std::pair<Digest, DatasetId>;  ///< names are unique at a device

  Millis expire_after_;
  std::map<UploadId, Upload> uploads_;
  std::map<Name, UploadId> names_;  ///< committed ones
};

}  // namespace spud::service::node
