// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>

#include "actors/interfaces.hpp"
#include "actors/node/setup.hpp"
#include "service/node/attempt_book.hpp"
#include "service/node/upload_book.hpp"

namespace spud::actors {

/// The work of the share store actor: joins the node's state machines (service/node) with its store and audit
/// log. Every decision is stored, synced, with its audit entry before it is answered. Once a write has failed
/// nothing more is decided: what is in memory may not be on disk. No CAF in here; the actor's thread only.
class ShareDesk {
 public:
  explicit ShareDesk(const NodeSetup& setup);
  /// Reads the store; kCorrupt if it or the audit log was damaged.
  Status load();

  // Data of owners (share_desk_data.cpp).
  Outcome<wire::UploadState> prepare(const Identity& caller, const wire::PrepareUpload& request,
                                     const Payload& payload);
  Outcome<wire::UploadState> chunk(const Identity& caller, const wire::UploadChunk& request,
                                   const Payload& payload);
  Outcome<wire::Done> commit(const Identity& caller, const wire::CommitUpload& request);
  Outcome<wire::Done> abort(const Identity& caller, const wire::AbortUpload& request);
  Outcome<wire::Datasets> list(const Identity& caller) const;
  Outcome<wire::Datasets> show(const Identity& caller, const wire::ShowData& request) const;
  Outcome<wire::Done> drop(const Identity& caller, const wire::DropData& request);
  Outcome<wire::BlobState> blob(const Identity& caller, const wire::BlobChunk& request,
                                const Payload& payload);
  Outcome<wire::Programs> programs(const Identity& caller) const;
  Outcome<wire::BlobState> program(const Identity& caller, const wire::ShowProgram& request) const;
  /// How much lies here.
  Described<status::HoldingsView> describe() const;
  Status expire();
  /// Erases the shares of results that were fetched a while ago, and of those that nobody fetched in time.
  Status expire_results();

  // Attempts (share_desk_attempts.cpp).
  Outcome<std::shared_ptr<const Preparation>> prepare(const Identity& caller,
                                                      const wire::PrepareAttempt& request);
  Outcome<wire::Done> start(const Identity& caller, const wire::StartAttempt& request);
  Outcome<service::Fields> reserve(const Identity& caller, const ReserveStock& request);
  Status ended(const AttemptEnded& ended);
  wire::AttemptStatus status(const wire::AwaitAttempt& request) const;
  Outcome<std::shared_ptr<const vm::Input>> load_share(const LoadShare& request) const;
  Outcome<wire::Done> burn(const BurnTape& request);
  Outcome<wire::Done> store_result(const StoreResult& request);
  Outcome<ResultMail> fetch(const Identity& caller, const wire::FetchResult& request);

  /// Of attempts that have ended.
  TraceDesk& traces() { return traces_; }
  /// For lines on an attempt. Its trace is known to the process that prepared it, and while it is kept.
  metrics::Logger about(const JobId& job, std::uint32_t attempt) const;

 private:
  Outcome<std::shared_ptr<const vm::Input>> load_kept(const service::node::SecretInput& input) const;
  store::Store& rows() const { return *setup_.store.rows; }
  store::Family family(const char* name) const { return rows().family(name); }
  std::int64_t now() const { return setup_.clock.unix_millis(); }
  PartyId party() const { return setup_.tls.self().party; }
  Status usable() const;
  /// Whether the disk has room for so much more; a refusal names this node.
  Status room(std::uint64_t bytes) const;
  /// Writes, synced; a failure makes the desk unusable.
  Status write(store::Batch batch);
  /// Adds an audit entry to `batch` and writes both.
  Status decide(store::Batch batch, const Identity& caller, const std::string& action,
                const std::string& subject, const std::string& decision,
                const std::optional<metrics::Logger>& about = {});
  /// Audits a refusal and hands its error on.
  template <class T>
  Outcome<T> refuse(Error error, const Identity& caller, const std::string& action,
                    const std::string& subject, const std::optional<metrics::Logger>& about = {}) {
    SPUD_TRY(decide({}, caller, action, subject, "refused: " + error.message(), about));
    return std::unexpected(std::move(error));
  }

  wire::UploadState state_of(const wire::UploadRecord& record) const;
  Status take_seed(const wire::UploadRecord& record, const Payload& payload);
  Status seal(const wire::UploadRecord& record, const Digest& announced);
  Result<store::ChunkedBlob*> blobs(wire::BlobKind kind, std::uint64_t total) const;
  Status erase_results(const JobId& job) const;

  const NodeSetup& setup_;
  service::node::UploadBook uploads_;
  service::node::AttemptBook attempts_;
  service::AuditChain audit_;
  TraceDesk traces_;
  std::map<JobId, std::shared_ptr<const Preparation>> prepared_;
  std::optional<Error> broken_;  ///< why a write failed
};

/// A whole blob; only for what must be in memory at once.
Result<Bytes> read_blob(const store::ChunkedBlob& blobs, ByteView key);

}  // namespace spud::actors
