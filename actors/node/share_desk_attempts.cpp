// SPDX-License-Identifier: Apache-2.0
#include "actors/node/public_input.hpp"
#include "actors/node/share_desk.hpp"
#include "actors/traces/job_log.hpp"
#include "base/utc.hpp"
#include "io/split.hpp"
#include "system/metrics/catalogue.hpp"
#include "system/store/key.hpp"

namespace spud::actors {

namespace {

using service::node::ResolvedInput;
using service::node::SecretInput;

std::string name_of(const JobId& job, std::uint32_t attempt) {
  return job.str() + "/" + std::to_string(attempt);
}

store::Key result_key(const JobId& job, std::uint32_t attempt, const std::string& output) {
  return store::Key(job.str()).number(attempt).text(output);
}

}  // namespace

Status ShareDesk::expire_results() {
  SPUD_TRY(usable());
  struct Row {
    Bytes key;
    wire::ResultRecord record;
  };
  std::vector<Row> unknown, due;
  SPUD_TRY(rows().scan(family("results"), {}, [&](ByteView key, ByteView value) -> Result<store::Walk> {
    SPUD_ASSIGN(auto record, wire::decode_result_record(value));
    if (record.expired_unix_millis != 0) return store::Walk::kContinue;
    const bool fetched = record.fetched_unix_millis != 0;
    const auto from = fetched ? record.fetched_unix_millis : record.stored_unix_millis;
    const auto keep = fetched ? setup_.results_keep_fetched : setup_.results_keep;
    if (from == 0) {
      unknown.push_back({Bytes(key.begin(), key.end()), std::move(record)});
    } else if (now() - from >= keep.count()) {
      due.push_back({Bytes(key.begin(), key.end()), std::move(record)});
    }
    return store::Walk::kContinue;
  }));
  // Those of an older version count from now.
  store::Batch batch;
  for (auto& [key, record] : unknown) {
    record.stored_unix_millis = now();
    batch.put(family("results"), key, wire::encode(record));
  }
  if (!unknown.empty()) SPUD_TRY(write(std::move(batch)));
  for (auto& [key, record] : due) {
    store::KeyReader reader(key);
    SPUD_ASSIGN(auto job, reader.text());
    SPUD_ASSIGN(auto attempt, reader.number());
    SPUD_ASSIGN(auto output, reader.text());
    SPUD_TRY(decide({}, setup_.tls.self(), "result.expire",
                    job + "/" + std::to_string(attempt) + "/" + output, "allowed",
                    about(JobId(job), static_cast<std::uint32_t>(attempt))));
    // The row stays, so that whoever comes late is told why.
    record.expired_unix_millis = now();
    store::Batch also;
    also.put(family("results"), key, wire::encode(record));
    SPUD_TRY(setup_.store.result_shares->erase(key, store::Durability::kSynced, std::move(also)));
  }
  return {};
}

Status ShareDesk::erase_results(const JobId& job) const {
  std::vector<Bytes> keys;
  SPUD_TRY(rows().scan(family("results"), store::Key(job.str()),
                       [&](ByteView key, ByteView) -> Result<store::Walk> {
                         keys.emplace_back(key.begin(), key.end());
                         return store::Walk::kContinue;
                       }));
  for (const auto& key : keys) {
    store::Batch also;
    also.erase(family("results"), key);
    SPUD_TRY(setup_.store.result_shares->erase(key, store::Durability::kRelaxed, std::move(also)));
  }
  return {};
}

Outcome<std::shared_ptr<const Preparation>> ShareDesk::prepare(const Identity& caller,
                                                               const wire::PrepareAttempt& request) {
  using Answer = std::shared_ptr<const Preparation>;
  SPUD_TRY(usable());
  const auto subject = name_of(request.request.id, request.attempt);
  const auto log = log_of(setup_.log, request.request, request.attempt);
  const auto refused = [&](Error error) {
    return refuse<Answer>(std::move(error), caller, "attempt.prepare", subject, log);
  };
  if (caller.uri() != setup_.scheduler.uri()) {
    return refused(Error{ErrorCode::kDenied, caller.str() + " is not this node's scheduler", subject,
                         setup_.scheduler.uri(), "", ""});
  }
  if (request.device.protocol == service::Protocol::kRef2k && !setup_.insecure) {
    return refused(Error{ErrorCode::kDenied, "ref2k protects nothing", subject, "a device of semi2k", "",
                         "only a node with 'insecure: true' runs it"});
  }
  auto inputs = service::node::resolve(uploads_, request, setup_.tls.self().uri(), now());
  if (!inputs) return refused(std::move(inputs).error());

  // What can be missing is looked for before the attempt is entered.
  Preparation preparation{request, std::move(*inputs), {}, {}};
  auto program = read_blob(*setup_.store.programs, request.request.program.bytes);
  if (!program) {
    return fail(ErrorCode::kNotFound, "this node does not have program " + request.request.program.hex(),
                subject, {}, {}, "spud program push sends it to every node of the device");
  }
  preparation.program = std::move(*program);
  for (const auto& input : preparation.inputs) {
    auto& literal = preparation.literals.emplace_back();
    if (input.secret()) continue;
    SPUD_ASSIGN(literal,
                read_public_input(*setup_.store.publics, std::get<service::PublicInput>(input.source)));
  }

  auto record = attempts_.prepare(caller, request.request, request.attempt);
  if (!record) return refused(std::move(record).error());
  store::Batch batch;
  batch.put(family("attempts"), store::Key(request.request.id.str()), wire::encode(*record));
  SPUD_TRY(decide(std::move(batch), caller, "attempt.prepare", subject, "allowed", log));
  // Shares of an attempt that failed elsewhere after this node had its results.
  SPUD_TRY(erase_results(request.request.id));
  auto answer = std::make_shared<const Preparation>(std::move(preparation));
  prepared_[request.request.id] = answer;
  return answer;
}

Outcome<wire::Done> ShareDesk::start(const Identity& caller, const wire::StartAttempt& request) {
  SPUD_TRY(usable());
  const auto subject = name_of(request.job, request.attempt);
  auto record = attempts_.start(caller, request.job, request.attempt);
  if (!record)
    return refuse<wire::Done>(std::move(record).error(), caller, "attempt.start", subject,
                              about(request.job, request.attempt));
  if (!*record) return wire::Done{};

  // Between preparing and starting a policy may have expired, its uses may be spent, or data dropped.
  const auto& prepared = *prepared_.at(request.job);
  auto again = service::node::resolve(uploads_, prepared.request, setup_.tls.self().uri(), now());
  Status same;
  if (!again) same = std::unexpected(std::move(again).error());
  store::Batch batch;
  std::vector<UploadId> used;
  for (std::size_t i = 0; same && i < prepared.inputs.size(); ++i) {
    const auto* before = std::get_if<SecretInput>(&prepared.inputs[i].source);
    if (before == nullptr) continue;
    if (std::get<SecretInput>((*again)[i].source).upload != before->upload) {
      same =
          fail(ErrorCode::kConflict, "dataset " + before->statement.dataset.str() + " was replaced", subject);
    }
    used.push_back(before->upload);
  }
  if (!same) {
    const Error error = same.error();
    // ended() forgets what was prepared.
    const auto log = about(request.job, request.attempt);
    SPUD_TRY(ended({request.job, request.attempt, {wire::AttemptState::kFailed, error, {}}}));
    return refuse<wire::Done>(error, caller, "attempt.start", subject, log);
  }
  for (const auto& upload : used) {
    if (uploads_.use(upload, request.job))
      batch.put(family("uses"), store::Key(upload.str(), request.job.str()), {});
  }
  batch.put(family("attempts"), store::Key(request.job.str()), wire::encode(**record));
  SPUD_TRY(decide(std::move(batch), caller, "attempt.start", subject, "allowed",
                  about(request.job, request.attempt)));
  return wire::Done{};
}

Outcome<service::Fields> ShareDesk::reserve(const Identity& caller, const ReserveStock& request) {
  SPUD_TRY(usable());
  const auto& [tape, claim] = request.wanted;
  const auto subject = name_of(claim.job, claim.attempt) + "/" + tape.str();
  const auto refused = [&](Error error) {
    return refuse<service::Fields>(std::move(error), caller, "tape.reserve", subject,
                                   about(claim.job, claim.attempt));
  };
  if (caller.uri() != setup_.scheduler.uri()) {
    return refused(Error{ErrorCode::kDenied, caller.str() + " is not this node's scheduler", subject,
                         setup_.scheduler.uri(), "", ""});
  }
  if (setup_.vault == nullptr) {
    return refused(Error{ErrorCode::kUnsupported, "this node keeps no stock", subject, "", party().str(),
                         "its configuration names stock.keys"});
  }
  if (attempts_.status(claim.job, claim.attempt).state != wire::AttemptState::kPrepared)
    return refused(Error{ErrorCode::kConflict, "the attempt is not prepared", subject, "", "", ""});
  SPUD_TRY(decide({}, caller, "tape.reserve", subject, "allowed", about(claim.job, claim.attempt)));
  auto fields = setup_.vault->reserve(claim, tape, request.device, request.demand);
  if (!fields) return refused(std::move(fields).error());
  return fields;
}

Status ShareDesk::ended(const AttemptEnded& ended) {
  // Whatever became of the attempt, a tape that it has reserved and not used serves nobody any more. If that
  // cannot be stored the next start burns it; the attempt has ended all the same.
  Status released;
  if (setup_.vault != nullptr) released = setup_.vault->release(ended.job, ended.attempt);
  auto record = attempts_.ended(ended.job, ended.attempt, ended.status);
  if (!record) return released;
  prepared_.erase(ended.job);
  store::Batch batch;
  batch.put(family("attempts"), store::Key(ended.job.str()), wire::encode(*record));
  SPUD_TRY(write(std::move(batch)));
  return released;
}

wire::AttemptStatus ShareDesk::status(const wire::AwaitAttempt& request) const {
  auto status = attempts_.status(request.job, request.attempt);
  // An end that could not be stored is none: after a restart this node would say that it failed.
  if (auto stored = usable(); !stored && status.state == wire::AttemptState::kDone)
    status = {wire::AttemptState::kFailed, stored.error(), {}};
  return status;
}

Outcome<std::shared_ptr<const vm::Input>> ShareDesk::load_share(const LoadShare& request) const {
  const auto& statement = request.input.statement;
  if (statement.keeper) return load_kept(request.input);
  SPUD_ASSIGN(auto bytes, read_blob(*setup_.store.shares, store::Key(request.input.upload.str())));
  if (!request.input.seeded) {
    return std::make_shared<const vm::Input>(
        alu::StoredShare{statement.type, statement.format, std::move(bytes)});
  }
  if (bytes.size() != Seed::kBytes) {
    return fail(ErrorCode::kCorrupt, "a seed of " + std::to_string(bytes.size()) + " bytes",
                statement.dataset.str());
  }
  const Seed seed(std::span<const std::byte, Seed::kBytes>(bytes.data(), Seed::kBytes));
  wipe(bytes);
  return std::make_shared<const vm::Input>(io::expand_share(seed, statement.type, statement.format));
}

Outcome<std::shared_ptr<const vm::Input>> ShareDesk::load_kept(
    const service::node::SecretInput& input) const {
  const auto& statement = input.statement;
  vm::PrivateInput kept{*statement.keeper, statement.type, std::nullopt};
  if (kept.owner != input.rank) return std::make_shared<const vm::Input>(std::move(kept));
  SPUD_ASSIGN(auto bytes, read_blob(*setup_.store.shares, store::Key(input.upload.str())));
  if (bytes.size() != service::bytes_at(statement, input.rank)) {
    return fail(ErrorCode::kCorrupt, std::to_string(bytes.size()) + " bytes of private data",
                statement.dataset.str());
  }
  bytes.erase(bytes.begin(), bytes.begin() + service::kSaltBytes);
  kept.value = Literal(statement.type, std::move(bytes));
  return std::make_shared<const vm::Input>(std::move(kept));
}

Outcome<wire::Done> ShareDesk::burn(const BurnTape& request) {
  SPUD_TRY(usable());
  SPUD_TRY(attempts_.burn(request.tape));
  store::Batch batch;
  batch.put(family("burns"), store::Key(request.tape), as_bytes(name_of(request.job, request.attempt)));
  SPUD_TRY(write(std::move(batch)));
  setup_.registry.counter(metrics::family::kTapesBurnt).add();
  return wire::Done{};
}

Outcome<wire::Done> ShareDesk::store_result(const StoreResult& request) {
  SPUD_TRY(usable());
  const auto key = result_key(request.job, request.attempt, request.output);
  auto& blobs = *setup_.store.result_shares;
  const auto* share = std::get_if<alu::StoredShare>(request.result.get());
  wire::ResultRecord record{request.recipient, {}, {}, now(), 0, 0, request.tape};
  ByteView data;
  if (share != nullptr) {
    record.type = share->type;
    record.format = share->format;
    data = share->data;
  } else {
    const auto& literal = std::get<Literal>(*request.result);
    record.type = literal.type();
    data = literal.bytes();
  }
  std::uint64_t chunk = 0;
  do {
    const auto offset = chunk * service::node::kChunkBytes;
    SPUD_TRY(blobs.put_chunk(
        key, chunk,
        data.subspan(offset, std::min<std::size_t>(service::node::kChunkBytes, data.size() - offset))));
    ++chunk;
  } while (chunk * service::node::kChunkBytes < data.size());
  store::Batch also;
  also.put(family("results"), key, wire::encode(record));
  SPUD_TRY(blobs.commit(key, crypto::sha256(data), store::Durability::kSynced, std::move(also)));
  return wire::Done{};
}

Outcome<ResultMail> ShareDesk::fetch(const Identity& caller, const wire::FetchResult& request) {
  SPUD_TRY(usable());
  const auto subject = name_of(request.job, request.attempt) + "/" + request.output;
  auto record = attempts_.fetch(caller, request);
  if (!record)
    return refuse<ResultMail>(std::move(record).error(), caller, "result.fetch", subject,
                              about(request.job, request.attempt));
  const auto key = result_key(request.job, request.attempt, request.output);
  SPUD_ASSIGN(auto row, rows().get(family("results"), key));
  if (!row) return fail(ErrorCode::kCorrupt, "the share of a result is missing", subject, {}, party().str());
  SPUD_ASSIGN(auto result, wire::decode_result_record(*row));
  if (result.expired_unix_millis != 0) {
    return refuse<ResultMail>(
        Error{ErrorCode::kNotFound,
              "expired on " + utc_text(result.expired_unix_millis / 1000, "%Y-%m-%d %H:%M UTC"), subject, "",
              party().str(), "run the job again under another id"},
        caller, "result.fetch", subject, about(request.job, request.attempt));
  }
  SPUD_ASSIGN(auto data, read_blob(*setup_.store.result_shares, key));
  // The share leaves only after it is on disk that it did: no other attempt of this job may deliver.
  store::Batch batch;
  batch.put(family("attempts"), store::Key(request.job.str()), wire::encode(*record));
  result.fetched_unix_millis = now();
  batch.put(family("results"), key, wire::encode(result));
  SPUD_TRY(decide(std::move(batch), caller, "result.fetch", subject, "allowed",
                  about(request.job, request.attempt)));
  const std::uint64_t bytes = data.size();
  return ResultMail{{result.type, result.format, bytes, std::move(result.tape)},
                    std::make_shared<const Bytes>(std::move(data))};
}

}  // namespace spud::actors
