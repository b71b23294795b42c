// SPDX-License-Identifier: Apache-2.0
#include "actors/node/share_desk.hpp"

#include "actors/traces/job_log.hpp"
#include "system/metrics/catalogue.hpp"
#include "system/store/key.hpp"

namespace spud::actors {

ShareDesk::ShareDesk(const NodeSetup& setup)
    : setup_(setup),
      uploads_(setup.uploads_expire),
      traces_(*setup.store.rows, setup.clock, {.keep = setup.results_keep}) {}

Status ShareDesk::load() {
  SPUD_TRY(rows().scan(family("uploads"), {}, [&](ByteView key, ByteView value) -> Result<store::Walk> {
    SPUD_ASSIGN(auto record, wire::decode_upload_record(value));
    SPUD_ASSIGN(auto share, setup_.store.shares->find(key));
    uploads_.reload(std::move(record), share.has_value(), setup_.clock.now());
    return store::Walk::kContinue;
  }));
  // Shares whose upload was dropped when the node ended, between its row and its bytes.
  std::vector<UploadId> orphans;
  SPUD_TRY(setup_.store.shares->list([&](ByteView key, const store::BlobInfo&) -> Status {
    SPUD_ASSIGN(auto upload, store::KeyReader(key).text());
    if (!uploads_.knows(UploadId(upload))) orphans.emplace_back(upload);
    return {};
  }));
  for (const auto& upload : orphans)
    SPUD_TRY(setup_.store.shares->erase(store::Key(upload.str()), store::Durability::kSynced));
  SPUD_TRY(rows().scan(family("uses"), {}, [&](ByteView key, ByteView) -> Result<store::Walk> {
    store::KeyReader reader(key);
    SPUD_ASSIGN(auto upload, reader.text());
    SPUD_ASSIGN(auto job, reader.text());
    uploads_.reload_use(UploadId(upload), JobId(job));
    return store::Walk::kContinue;
  }));
  SPUD_TRY(rows().scan(family("burns"), {}, [&](ByteView key, ByteView) -> Result<store::Walk> {
    SPUD_ASSIGN(auto tape, store::KeyReader(key).text());
    attempts_.reload_burn(tape);
    return store::Walk::kContinue;
  }));
  store::Batch interrupted;
  SPUD_TRY(rows().scan(family("attempts"), {}, [&](ByteView key, ByteView value) -> Result<store::Walk> {
    SPUD_ASSIGN(auto record, wire::decode_attempt_record(value));
    if (auto changed = attempts_.reload(std::move(record))) {
      interrupted.put(family("attempts"), key, wire::encode(*changed));
    }
    return store::Walk::kContinue;
  }));
  SPUD_TRY(rows().scan(family("audit"), {}, [&](ByteView, ByteView value) -> Result<store::Walk> {
    SPUD_ASSIGN(auto record, wire::decode_audit_record(value));
    SPUD_TRY(audit_.reload(record));
    return store::Walk::kContinue;
  }));
  setup_.registry.gauge(metrics::family::kDatasets).set(static_cast<double>(uploads_.datasets()));
  SPUD_TRY(traces_.load());
  return write(std::move(interrupted));
}

Status ShareDesk::usable() const {
  if (!broken_) return {};
  const bool full = broken_->code == ErrorCode::kResource;
  return fail(ErrorCode::kUnavailable, "its store has failed: " + broken_->what,
              "node " + setup_.tls.self().name.str(), {}, party().str(),
              full ? broken_->hint : "its operator looks at the disk and restarts it");
}

Status ShareDesk::room(std::uint64_t bytes) const {
  auto room = rows().room(bytes);
  if (!room) {
    room.error().party = party().str();
    room.error().where = "node " + setup_.tls.self().name.str() + ": " + room.error().where;
  }
  return room;
}

Status ShareDesk::write(store::Batch batch) {
  SPUD_TRY(usable());
  auto written = rows().write(std::move(batch), store::Durability::kSynced);
  if (!written) {
    written.error().party = party().str();
    broken_ = written.error();
    setup_.log.error("the store has failed; nothing more is decided", *broken_);
  }
  return written;
}

metrics::Logger ShareDesk::about(const JobId& job, std::uint32_t attempt) const {
  // All attempts of a job are of one trace.
  if (const auto found = prepared_.find(job); found != prepared_.end())
    return log_of(setup_.log, found->second->request.request, attempt);
  if (const auto trace = traces_.trace_of(job, attempt)) return log_of(setup_.log, job, attempt, *trace);
  return setup_.log.with({{"job", job}, {"attempt", attempt}});
}

Status ShareDesk::decide(store::Batch batch, const Identity& caller, const std::string& action,
                         const std::string& subject, const std::string& decision,
                         const std::optional<metrics::Logger>& about) {
  auto next = audit_;
  auto record = next.append(now(), caller.uri(), action, subject, decision.substr(0, 1000));
  batch.put(family("audit"), store::Key().number(record.sequence), wire::encode(record));
  if (auto written = write(std::move(batch)); !written) {
    setup_.registry.counter(metrics::family::kAuditFailures).add();
    return written;
  }
  audit_ = next;
  setup_.registry.counter(metrics::family::kDecisions, {decision == "allowed" ? "allowed" : "refused"}).add();
  about.value_or(setup_.log)
      .info("decision",
            {{"action", action}, {"subject", subject}, {"by", caller.str()}, {"decision", decision}});
  return {};
}

Result<Bytes> read_blob(const store::ChunkedBlob& blobs, ByteView key) {
  SPUD_ASSIGN(auto reader, blobs.read(key));
  Bytes all;
  all.reserve(reader.info().bytes);
  for (;;) {
    SPUD_ASSIGN(auto chunk, reader.next());
    if (!chunk) return all;
    all.insert(all.end(), chunk->begin(), chunk->end());
  }
}

}  // namespace spud::actors
