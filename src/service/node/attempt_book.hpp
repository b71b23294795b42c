// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "service/wire/record_codec.hpp"
#include "system/crypto/identity.hpp"

namespace spud::service::node {

/// The attempts that a node knows, one a job: the newest. State machine; every record it answers must be
/// stored, synced, before its decision takes effect.
///
///   prepare → prepared → start → running → done → fetched by recipients
///                │                  └────→ failed → prepare of a later attempt
///                └→ cancelled: failed
class AttemptBook {
 public:
  /// A stored attempt. One that was prepared or running when the node ended has failed: the record to be
  /// stored.
  std::optional<wire::AttemptRecord> reload(wire::AttemptRecord record);
  void reload_burn(const std::string& tape) { burns_.insert(tape); }

  /// A scheduler wants this attempt. Refused for an attempt that is not newer than the one known, for a job
  /// whose results have left the node, and while an older attempt runs.
  Result<wire::AttemptRecord> prepare(const crypto::Identity& caller, const JobRequest& request,
                                      std::uint32_t attempt);
  /// Preparing has failed, or the session has ended. Late news of older attempts changes nothing.
  std::optional<wire::AttemptRecord> ended(const JobId& job, std::uint32_t attempt,
                                           wire::AttemptStatus status);
  /// The attempt must be prepared. Asked again while it runs: nothing to do (false).
  Result<std::optional<wire::AttemptRecord>> start(const crypto::Identity& caller, const JobId& job,
                                                   std::uint32_t attempt);
  wire::AttemptStatus status(const JobId& job, std::uint32_t attempt) const;

  /// May the caller's party have this output? Answers the record to be stored before the share leaves.
  Result<wire::AttemptRecord> fetch(const crypto::Identity& caller, const wire::FetchResult& request);

  /// A tape serves one attempt, once: whether it is new here. The burn must be stored, synced, before it is
  /// used.
  Status burn(const std::string& tape);
  std::size_t running() const;

 private:
  std::map<JobId, wire::AttemptRecord> attempts_;
  std::set<std::string> burns_;
};

}  // namespace spud::service::node
