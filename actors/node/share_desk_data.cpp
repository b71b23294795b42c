// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "actors/node/share_desk.hpp"
#include "base/limits.hpp"
#include "io/split.hpp"
#include "system/metrics/catalogue.hpp"
#include "system/store/key.hpp"

namespace spud::actors {

namespace {

using service::node::kChunkBytes;
using service::node::UploadBook;

/// A value of no bytes is one empty chunk.
std::uint64_t chunk_count(std::uint64_t bytes) {
  return std::max<std::uint64_t>(1, (bytes + kChunkBytes - 1) / kChunkBytes);
}

/// How many bytes lie there without a gap from the start.
std::uint64_t contiguous(const std::vector<std::uint64_t>& chunks, std::uint64_t total) {
  std::uint64_t count = 0;
  while (count < chunks.size() && chunks[count] == count) ++count;
  return std::min(count * kChunkBytes, total);
}

/// A chunk must be exactly what an offset of a value of this size asks for.
Status check_chunk(std::uint64_t offset, std::uint64_t total, const Payload& payload,
                   const std::string& where) {
  const std::uint64_t size = payload ? payload->size() : 0;
  if (offset % kChunkBytes != 0 || offset / kChunkBytes >= chunk_count(total) ||
      size != std::min(kChunkBytes, total - offset)) {
    return bad_input("a chunk of " + std::to_string(size) + " bytes at " + std::to_string(offset) + " of " +
                         std::to_string(total),
                     where, "chunks of " + std::to_string(kChunkBytes) + " bytes, the last one shorter");
  }
  return {};
}

Status must_be_client(const Identity& caller, const std::string& where) {
  if (caller.role == crypto::Role::kClient) return {};
  return fail(ErrorCode::kDenied, caller.str() + " is no client", where);
}

}  // namespace

wire::UploadState ShareDesk::state_of(const wire::UploadRecord& record) const {
  const auto& id = record.statement.upload;
  const auto total = UploadBook::expected_bytes(record);
  if (uploads_.is_complete(id)) return {total, record.committed};
  return {contiguous(setup_.store.shares->received(store::Key(id.str())), total), false};
}

Status ShareDesk::seal(const wire::UploadRecord& record, const Digest& announced) {
  const auto& id = record.statement.upload;
  const store::Key key(id.str());
  auto sealed = setup_.store.shares->commit(key, announced, store::Durability::kSynced);
  if (!sealed) {
    SPUD_TRY(setup_.store.shares->erase(key, store::Durability::kRelaxed));
    return std::unexpected(std::move(sealed).error().in("upload " + id.str()));
  }
  uploads_.completed(id);
  return {};
}

Status ShareDesk::take_seed(const wire::UploadRecord& record, const Payload& payload) {
  const auto& statement = record.statement;
  const std::string where = "upload " + statement.upload.str();
  if (!payload || payload->size() != Seed::kBytes) return bad_input("no seed", where, "32 bytes");
  const Seed seed(std::span<const std::byte, Seed::kBytes>(payload->data(), Seed::kBytes));
  auto share = io::expand_share(seed, statement.type, statement.format);
  const bool right = io::share_digest(share) == statement.shares[index(record.rank)];
  wipe(share.data);
  if (!right) return bad_input("the seed does not make the share that was signed", where);
  SPUD_TRY(setup_.store.shares->put_chunk(store::Key(statement.upload.str()), 0, *payload));
  return seal(record, crypto::sha256(*payload));
}

Outcome<wire::UploadState> ShareDesk::prepare(const Identity& caller, const wire::PrepareUpload& request,
                                              const Payload& payload) {
  SPUD_TRY(usable());
  const auto& statement = request.statement;
  const auto subject = statement.dataset.str() + " (" + statement.upload.str() + ")";
  if (auto valid = service::node::check_signature(setup_.tls.trust(), caller, request, now()); !valid) {
    return refuse<wire::UploadState>(std::move(valid).error(), caller, "upload.prepare", subject);
  }
  if (!uploads_.find(caller, statement.upload)) {
    SPUD_TRY(room(request.seeded ? Seed::kBytes : service::bytes_at(statement, request.rank)));
  }
  auto fresh = uploads_.prepare(request, party(), now(), setup_.clock.now());
  if (!fresh) return refuse<wire::UploadState>(std::move(fresh).error(), caller, "upload.prepare", subject);
  if (*fresh) {
    store::Batch batch;
    batch.put(family("uploads"), store::Key(statement.upload.str()), wire::encode(**fresh));
    SPUD_TRY(decide(std::move(batch), caller, "upload.prepare", subject, "allowed"));
  }
  SPUD_ASSIGN(const auto* record, uploads_.find(caller, statement.upload));
  if (record->seeded && !uploads_.is_complete(statement.upload)) SPUD_TRY(take_seed(*record, payload));
  return state_of(*record);
}

Outcome<wire::UploadState> ShareDesk::chunk(const Identity& caller, const wire::UploadChunk& request,
                                            const Payload& payload) {
  SPUD_TRY(usable());
  SPUD_ASSIGN(const auto* record, uploads_.find(caller, request.upload));
  if (uploads_.is_complete(request.upload)) return state_of(*record);
  const auto total = UploadBook::expected_bytes(*record);
  SPUD_TRY(check_chunk(request.offset, total, payload, "upload " + request.upload.str()));
  SPUD_TRY(room(payload->size()));
  uploads_.touch(request.upload, setup_.clock.now());
  const store::Key key(request.upload.str());
  auto put = setup_.store.shares->put_chunk(key, request.offset / kChunkBytes, *payload);
  if (!put) put.error().party = party().str();
  SPUD_TRY(put);
  setup_.registry.counter(metrics::family::kUploadBytes).add(static_cast<double>(payload->size()));
  if (setup_.store.shares->received(key).size() == chunk_count(total)) {
    SPUD_TRY(seal(*record, record->statement.shares[index(record->rank)]));
  }
  return state_of(*record);
}

Outcome<wire::Done> ShareDesk::commit(const Identity& caller, const wire::CommitUpload& request) {
  SPUD_TRY(usable());
  auto record = uploads_.commit(caller, request.upload);
  if (!record) return std::unexpected(std::move(record).error());
  if (!*record) return wire::Done{};
  store::Batch batch;
  batch.put(family("uploads"), store::Key(request.upload.str()), wire::encode(**record));
  SPUD_TRY(decide(std::move(batch), caller, "upload.commit",
                  (*record)->statement.dataset.str() + " (" + request.upload.str() + ")", "allowed"));
  setup_.registry.counter(metrics::family::kUploads, {"committed"}).add();
  setup_.registry.gauge(metrics::family::kDatasets).set(static_cast<double>(uploads_.datasets()));
  return wire::Done{};
}

Outcome<wire::Done> ShareDesk::abort(const Identity& caller, const wire::AbortUpload& request) {
  SPUD_TRY(usable());
  SPUD_ASSIGN(const bool known, uploads_.abort(caller, request.upload));
  if (!known) return wire::Done{};
  store::Batch batch;
  batch.erase(family("uploads"), store::Key(request.upload.str()));
  SPUD_TRY(setup_.store.shares->erase(store::Key(request.upload.str()), store::Durability::kSynced,
                                      std::move(batch)));
  setup_.registry.counter(metrics::family::kUploads, {"aborted"}).add();
  return wire::Done{};
}

Status ShareDesk::expire() {
  for (const auto& upload : uploads_.expire(setup_.clock.now())) {
    store::Batch batch;
    batch.erase(family("uploads"), store::Key(upload.str()));
    SPUD_TRY(
        setup_.store.shares->erase(store::Key(upload.str()), store::Durability::kSynced, std::move(batch)));
    setup_.registry.counter(metrics::family::kUploads, {"expired"}).add();
  }
  return {};
}

Described<status::HoldingsView> ShareDesk::describe() const {
  return std::make_shared<const status::HoldingsView>(
      status::HoldingsView{uploads_.datasets(), uploads_.dataset_bytes(), uploads_.under_way()});
}

Outcome<wire::Datasets> ShareDesk::list(const Identity& caller) const {
  return uploads_.list(caller);
}

Outcome<wire::Datasets> ShareDesk::show(const Identity& caller, const wire::ShowData& request) const {
  SPUD_ASSIGN(auto dataset, uploads_.show(caller, request.dataset, request.device));
  return wire::Datasets{std::move(dataset)};
}

Outcome<wire::Done> ShareDesk::drop(const Identity& caller, const wire::DropData& request) {
  SPUD_TRY(usable());
  SPUD_ASSIGN(auto upload, uploads_.drop(caller, request.dataset, request.device, request.upload));
  if (!upload) return wire::Done{};
  const store::Key key(upload->str());
  store::Batch batch;
  batch.erase(family("uploads"), key);
  batch.erase_range(family("uses"), key, store::end_of_prefix(key));
  SPUD_TRY(decide(std::move(batch), caller, "data.drop", request.dataset.str(), "allowed"));
  SPUD_TRY(setup_.store.shares->erase(key, store::Durability::kSynced));
  setup_.registry.gauge(metrics::family::kDatasets).set(static_cast<double>(uploads_.datasets()));
  return wire::Done{};
}

Result<store::ChunkedBlob*> ShareDesk::blobs(wire::BlobKind kind, std::uint64_t total) const {
  const bool program = kind == wire::BlobKind::kProgram;
  const std::uint64_t most = program ? limits::kProgramBytes : limits::kPayloadBytesPerRound;
  if (total > most) {
    return fail(ErrorCode::kResource, std::to_string(total) + " bytes", program ? "program" : "public input",
                "at most " + std::to_string(most));
  }
  return program ? setup_.store.programs.get() : setup_.store.publics.get();
}

Outcome<wire::BlobState> ShareDesk::blob(const Identity& caller, const wire::BlobChunk& request,
                                         const Payload& payload) {
  SPUD_TRY(usable());
  const auto where = "blob " + request.digest.brief();
  SPUD_TRY(must_be_client(caller, where));
  SPUD_ASSIGN(auto* blobs, blobs(request.kind, request.total));
  const ByteView key(request.digest.bytes);
  SPUD_ASSIGN(auto known, blobs->find(key));
  if (known) return wire::BlobState{request.digest, known->bytes, known->bytes};
  // A chunk of no bytes of a longer value only asks how far it has come.
  const bool asks = request.total > 0 && (!payload || payload->empty());
  if (!asks) {
    SPUD_TRY(check_chunk(request.offset, request.total, payload, where));
    SPUD_TRY(room(payload->size()));
    SPUD_TRY(blobs->put_chunk(key, request.offset / kChunkBytes, *payload));
    setup_.registry.counter(metrics::family::kUploadBytes).add(static_cast<double>(payload->size()));
  }
  const auto received = blobs->received(key);
  if (received.size() == chunk_count(request.total)) {
    if (auto sealed = blobs->commit(key, request.digest, store::Durability::kSynced); !sealed) {
      SPUD_TRY(blobs->erase(key, store::Durability::kRelaxed));
      return std::unexpected(std::move(sealed).error().in(where));
    }
    return wire::BlobState{request.digest, request.total, request.total};
  }
  return wire::BlobState{request.digest, request.total, contiguous(received, request.total)};
}

Outcome<wire::Programs> ShareDesk::programs(const Identity& caller) const {
  SPUD_TRY(must_be_client(caller, "programs"));
  wire::Programs programs;
  SPUD_TRY(setup_.store.programs->list([&](ByteView key, const store::BlobInfo& info) -> Status {
    wire::Program program{{}, info.bytes};
    // An answer is one frame.
    if (key.size() != program.digest.bytes.size() || programs.size() >= 10'000) return {};
    std::copy(key.begin(), key.end(), program.digest.bytes.begin());
    programs.push_back(program);
    return {};
  }));
  return programs;
}

Outcome<wire::BlobState> ShareDesk::program(const Identity& caller, const wire::ShowProgram& request) const {
  SPUD_TRY(must_be_client(caller, "programs"));
  SPUD_ASSIGN(auto info, setup_.store.programs->find(request.digest.bytes));
  if (!info) return fail(ErrorCode::kNotFound, "there is no program " + request.digest.hex(), "program");
  return wire::BlobState{request.digest, info->bytes, info->bytes};
}

}  // namespace spud::actors
