// SPDX-License-Identifier: Apache-2.0
#include "service/audit.hpp"

#include "service/field.hpp"

namespace spud::service {

Digest hash_of(const AuditRecord& record) {
  return digest_fields("audit record", {{"previous", record.previous.hex()},
                                        {"sequence", std::to_string(record.sequence)},
                                        {"time", std::to_string(record.unix_millis)},
                                        {"actor", record.actor},
                                        {"action", record.action},
                                        {"subject", record.subject},
                                        {"decision", record.decision}});
}

Status AuditChain::reload(const AuditRecord& record) {
  const std::string where = "audit log, entry " + std::to_string(next_);
  if (record.sequence != next_) {
    return fail(ErrorCode::kCorrupt, "entry " + std::to_string(record.sequence) + " stands there", where,
                "entries without gaps");
  }
  if (record.previous != head_ || record.hash != hash_of(record)) {
    return fail(ErrorCode::kCorrupt, "its hash does not fit", where, "the chain that this node wrote", {},
                "someone changed the log: keep the store as evidence and start the node on a fresh one");
  }
  ++next_;
  head_ = record.hash;
  return {};
}

AuditRecord AuditChain::append(std::int64_t unix_millis, std::string actor, std::string action,
                               std::string subject, std::string decision) {
  AuditRecord record{
      next_, unix_millis, std::move(actor), std::move(action), std::move(subject), std::move(decision),
      head_, {}};
  record.hash = hash_of(record);
  ++next_;
  head_ = record.hash;
  return record;
}

}  // namespace spud::service
