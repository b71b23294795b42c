// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace spud::service {

/// One decision of a node. Entries form a chain: each hash covers the one before it, so none can be changed
/// or taken out without breaking all that follow.
struct AuditRecord {
  std::uint64_t sequence = 0;
  std::int64_t unix_millis = 0;
  std::string actor;     ///< identity that asked
  std::string action;    ///< "upload.commit", "attempt.start", …
  std::string subject;   ///< dataset, job, program
  std::string decision;  ///< "allowed", or "refused: why"
  Digest previous;
  Digest hash;
};

/// The end of a node's audit log. Pure: whoever appends must store the record, synced, before the decision
/// takes effect.
class AuditChain {
 public:
  /// Takes the stored records in order, from the first. kCorrupt if one is missing or was changed.
  Status reload(const AuditRecord& record);
  AuditRecord append(std::int64_t unix_millis, std::string actor, std::string action, std::string subject,
                     std::string decision);
  std::uint64_t size() const { return next_; }
  const Digest& head() const { return head_; }

 private:
  std::uint64_t next_ = 0;
  Digest head_;
};

/// The hash a record must have.
Digest hash_of(const AuditRecord& record);

}  // namespace spud::service
