// SPDX-License-Identifier: Apache-2.0
#include "service/node/upload_book.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace spud::service::node {

Bytes signed_message(const Statement& statement) {
  const std::string purpose = "spud dataset statement 1:" + digest(statement).hex();
  auto bytes = as_bytes(purpose);
  return {bytes.begin(), bytes.end()};
}

Status check_signature(const crypto::Trust& trust, const crypto::Identity& caller,
                       const wire::PrepareUpload& prepare, std::int64_t unix_millis) {
  const auto& statement = prepare.statement;
  const std::string where = "upload " + statement.upload.str();
  auto denied = [&](std::string what, std::string expected) {
    return fail(ErrorCode::kDenied, std::move(what), where, std::move(expected), caller.party.str());
  };
  if (caller.role != crypto::Role::kClient || caller.party != statement.owner) {
    return denied(caller.str() + " cannot upload for " + statement.owner.str(), "a client of the owner");
  }
  SPUD_ASSIGN(auto certificate, crypto::Certificate::from_pem(prepare.certificate, where));
  auto signer = trust.verify(certificate, unix_millis / 1000);
  if (!signer) return std::unexpected(std::move(signer.error().error).in(where));
  if (signer->party != statement.owner || signer->uri() != statement.signer) {
    return denied("signed by " + signer->uri(), statement.signer + " of " + statement.owner.str());
  }
  return crypto::verify(certificate, signed_message(statement), prepare.signature);
}

void UploadBook::reload(wire::UploadRecord record, bool complete, Millis now) {
  const auto id = record.statement.upload;
  if (record.committed) names_[{record.statement.device, record.statement.dataset}] = id;
  auto& upload = uploads_[id];
  upload.record = std::move(record);
  upload.complete = complete;
  upload.touched = now;
}

void UploadBook::reload_use(const UploadId& upload, const JobId& job) {
  if (auto found = uploads_.find(upload); found != uploads_.end()) found->second.uses.insert(job);
}

std::uint64_t UploadBook::expected_bytes(const wire::UploadRecord& record) {
  return record.seeded ? Seed::kBytes : bytes_at(record.statement, record.rank);
}

std::uint64_t UploadBook::dataset_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [name, id] : names_) bytes += expected_bytes(uploads_.at(id).record);
  return bytes;
}

Result<std::optional<wire::UploadRecord>> UploadBook::prepare(const wire::PrepareUpload& prepare,
                                                              const PartyId& here, std::int64_t unix_millis,
                                                              Millis now) {
  const auto& statement = prepare.statement;
  const std::string where = "upload " + statement.upload.str();
  if (index(prepare.rank) >= statement.shares.size()) {
    return bad_input("rank " + std::to_string(index(prepare.rank)), where,
                     "below " + std::to_string(statement.shares.size()));
  }
  if (auto found = uploads_.find(statement.upload); found != uploads_.end()) {
    const auto& known = found->second.record;
    if (digest(known.statement) == digest(statement) && known.rank == prepare.rank &&
        known.seeded == prepare.seeded) {
      found->second.touched = now;
      return std::nullopt;
    }
    return fail(ErrorCode::kConflict, "the id stands for another upload", where, {}, {},
                "push under a fresh id");
  }
  if (statement.keeper && prepare.seeded) return bad_input("private data as a seed", where, "as it is");
  if (statement.keeper && (*statement.keeper == prepare.rank) != (here == statement.owner)) {
    return fail(ErrorCode::kDenied,
                "private data is kept by rank " + std::to_string(index(*statement.keeper)), where,
                "by the node of its owner, " + statement.owner.str(), statement.owner.str());
  }
  SPUD_TRY(allows_holders(statement.policy, {here}, statement.dataset.str()));
  if (dataset(statement.dataset, statement.device) != nullptr) {
    return fail(ErrorCode::kConflict, "the device has a dataset of that name",
                "dataset " + statement.dataset.str(), {}, {},
                "datasets are immutable: push under another name, or drop the old one first");
  }
  if (uploads_.size() >= limits::kDatasetsPerNode) {
    return fail(ErrorCode::kResource, "this node is full", where,
                "at most " + std::to_string(limits::kDatasetsPerNode) + " datasets", here.str());
  }
  wire::UploadRecord record{statement, prepare.signature, prepare.certificate, prepare.rank, prepare.seeded,
                            false,     unix_millis};
  uploads_[statement.upload] = {record, false, now, {}};
  return record;
}

Result<const wire::UploadRecord*> UploadBook::find(const crypto::Identity& caller,
                                                   const UploadId& upload) const {
  auto found = uploads_.find(upload);
  if (found == uploads_.end() || caller.role != crypto::Role::kClient ||
      found->second.record.statement.owner != caller.party) {
    return fail(ErrorCode::kNotFound, "there is no upload '" + upload.str() + "'", "upload", {}, {},
                "it may have expired: push again");
  }
  return &found->second.record;
}

void UploadBook::completed(const UploadId& upload) {
  if (auto found = uploads_.find(upload); found != uploads_.end()) found->second.complete = true;
}

bool UploadBook::is_complete(const UploadId& upload) const {
  auto found = uploads_.find(upload);
  return found != uploads_.end() && found->second.complete;
}

Result<std::optional<wire::UploadRecord>> UploadBook::commit(const crypto::Identity& caller,
                                                             const UploadId& upload) {
  SPUD_TRY(find(caller, upload));
  auto& known = uploads_.at(upload);
  if (known.record.committed) return std::nullopt;
  const auto& statement = known.record.statement;
  if (!known.complete) {
    return fail(ErrorCode::kConflict, "its bytes are not complete", "upload " + upload.str(),
                "all chunks first");
  }
  if (dataset(statement.dataset, statement.device) != nullptr) {
    return fail(ErrorCode::kConflict, "another upload took the name first",
                "dataset " + statement.dataset.str());
  }
  known.record.committed = true;
  names_[{statement.device, statement.dataset}] = upload;
  return known.record;
}

Result<bool> UploadBook::abort(const crypto::Identity& caller, const UploadId& upload) {
  if (!find(caller, upload)) return false;
  if (uploads_.at(upload).record.committed) {
    return fail(ErrorCode::kConflict, "it is committed", "upload " + upload.str(), {}, {},
                "drop the dataset instead");
  }
  uploads_.erase(upload);
  return true;
}

void UploadBook::touch(const UploadId& upload, Millis now) {
  if (auto found = uploads_.find(upload); found != uploads_.end()) found->second.touched = now;
}

std::vector<UploadId> UploadBook::expire(Millis now) {
  std::vector<UploadId> expired;
  for (const auto& [id, upload] : uploads_) {
    if (!upload.record.committed && now - upload.touched > expire_after_) expired.push_back(id);
  }
  for (const auto& id : expired) uploads_.erase(id);
  return expired;
}

wire::Datasets UploadBook::list(const crypto::Identity& caller) const {
  wire::Datasets datasets;
  for (const auto& [name, id] : names_) {
    const auto& upload = uploads_.at(id);
    if (caller.role != crypto::Role::kClient || upload.record.statement.owner != caller.party) continue;
    datasets.push_back({upload.record.statement, upload.uses.size()});
    if (datasets.size() == 200) break;  // an answer is one frame
  }
  return datasets;
}

Result<Dataset> UploadBook::show(const crypto::Identity& caller, const DatasetId& dataset,
                                 const Digest& device) const {
  auto found = names_.find({device, dataset});
  if (found == names_.end() || !find(caller, found->second)) {
    return fail(ErrorCode::kNotFound, "you own no dataset '" + dataset.str() + "' at this device", "dataset");
  }
  const auto& upload = uploads_.at(found->second);
  return Dataset{upload.record.statement, upload.uses.size()};
}

Result<std::optional<UploadId>> UploadBook::drop(const crypto::Identity& caller, const DatasetId& dataset,
                                                 const Digest& device, const UploadId& only) {
  auto found = names_.find({device, dataset});
  if (found == names_.end() || (!only.empty() && found->second != only)) return std::nullopt;
  if (!find(caller, found->second)) {
    return fail(ErrorCode::kNotFound, "you own no dataset '" + dataset.str() + "' at this device", "dataset");
  }
  auto id = found->second;
  names_.erase(found);
  uploads_.erase(id);
  return id;
}

const wire::UploadRecord* UploadBook::dataset(const DatasetId& dataset, const Digest& device) const {
  auto found = names_.find({device, dataset});
  return found == names_.end() ? nullptr : &uploads_.at(found->second).record;
}

std::uint64_t UploadBook::uses(const UploadId& upload, const JobId& job) const {
  auto found = uploads_.find(upload);
  if (found == uploads_.end()) return 0;
  return found->second.uses.size() - found->second.uses.count(job);
}

bool UploadBook::use(const UploadId& upload, const JobId& job) {
  auto found = uploads_.find(upload);
  return found != uploads_.end() && found->second.uses.insert(job).second;
}

}  // namespace spud::service::node
