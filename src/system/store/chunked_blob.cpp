// SPDX-License-Identifier: Apache-2.0
#include "system/store/chunked_blob.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "system/store/key.hpp"

namespace spud::store {
namespace {

// The three kinds of rows of the family. A marker is written with the first chunk and erased by the commit.
constexpr char kRecord[] = "blob";    // key -> bytes, chunks, digest
constexpr char kUpload[] = "upload";  // key -> nothing
constexpr char kChunk[] = "chunk";    // key, index -> bytes of the chunk

Key record_key(ByteView key) {
  return Key(kRecord, as_text(key));
}
Key upload_key(ByteView key) {
  return Key(kUpload, as_text(key));
}
Key chunks_key(ByteView key) {
  return Key(kChunk, as_text(key));
}
Key chunk_key(ByteView key, std::uint64_t index) {
  return chunks_key(key).number(index);
}

Bytes encode(const BlobInfo& info) {
  Bytes out;
  put_u64(out, info.bytes);
  put_u64(out, info.chunks);
  out.insert(out.end(), info.digest.bytes.begin(), info.digest.bytes.end());
  return out;
}

Result<BlobInfo> decode(ByteView in) {
  if (in.size() != 48) return fail(ErrorCode::kCorrupt, "the record of a blob has the wrong length", "store");
  BlobInfo info{get_u64(in), get_u64(in.subspan(8)), {}};
  std::copy_n(in.begin() + 16, 32, info.digest.bytes.begin());
  return info;
}

Result<std::optional<BlobInfo>> find_record(const Store& store, Family family, ByteView key) {
  SPUD_ASSIGN(auto record, store.get(family, record_key(key)));
  if (!record) return std::nullopt;
  return decode(*record);
}

void erase_rows(Batch& batch, Family family, ByteView key) {
  Key chunks = chunks_key(key);
  batch.erase(family, record_key(key)).erase(family, upload_key(key));
  batch.erase_range(family, chunks, end_of_prefix(chunks));
}

}  // namespace

BlobReader::BlobReader(const Store& store, Family family, Bytes key, BlobInfo info)
    : store_(&store), family_(family), key_(std::move(key)), info_(info) {}

Result<std::optional<Bytes>> BlobReader::next() {
  if (next_ == info_.chunks) {
    if (bytes_ == info_.bytes && hash_.finish() == info_.digest) return std::nullopt;
    return fail(ErrorCode::kCorrupt, "a stored blob does not have the digest it was committed with", "store");
  }
  SPUD_ASSIGN(auto chunk, store_->get(family_, chunk_key(key_, next_)));
  if (!chunk) {
    SPUD_ASSIGN(auto record, find_record(*store_, family_, key_));
    if (!record) return fail(ErrorCode::kNotFound, "the blob was erased while it was read", "store");
    return fail(ErrorCode::kCorrupt, "chunk " + std::to_string(next_) + " of a blob is missing", "store");
  }
  hash_.update(*chunk);
  bytes_ += chunk->size();
  ++next_;
  return chunk;
}

Result<std::unique_ptr<ChunkedBlob>> ChunkedBlob::open(Store& store, Family family) {
  auto blobs = std::unique_ptr<ChunkedBlob>(new ChunkedBlob(store, family));
  SPUD_TRY(blobs->clean());
  return blobs;
}

Status ChunkedBlob::clean() {
  std::vector<Bytes> unfinished;
  SPUD_TRY(store_.scan(family_, Key(kUpload), [&](ByteView row, ByteView) -> Result<Walk> {
    KeyReader reader(row);
    SPUD_TRY(reader.text());
    SPUD_ASSIGN(std::string key, reader.text());
    ByteView bytes = as_bytes(key);
    unfinished.emplace_back(bytes.begin(), bytes.end());
    return Walk::kContinue;
  }));
  for (const Bytes& key : unfinished) SPUD_TRY(erase(key, Durability::kSynced));
  return {};
}

ChunkedBlob::Stripe& ChunkedBlob::stripe(ByteView key) const {
  return stripes_[std::hash<std::string_view>{}(as_text(key)) % stripes_.size()];
}

Status ChunkedBlob::put_chunk(ByteView key, std::uint64_t index, ByteView bytes) {
  if (index >= limits::kChunksPerStoredBlob) {
    return fail(ErrorCode::kResource, "chunk " + std::to_string(index) + " of a blob", "store",
                "kChunksPerStoredBlob = " + std::to_string(limits::kChunksPerStoredBlob) + " at most");
  }
  Stripe& mine = stripe(key);
  std::lock_guard guard(mine.mutex);
  SPUD_ASSIGN(auto committed, find(key));
  if (committed) {
    SPUD_ASSIGN(auto stored, store_.get(family_, chunk_key(key, index)));
    if (stored && std::ranges::equal(*stored, bytes)) return {};
    return fail(ErrorCode::kConflict, "a blob under this name is complete and has other bytes", "store");
  }
  Bytes name(key.begin(), key.end());
  auto upload = mine.uploads.find(name);
  if (upload != mine.uploads.end()) {
    SPUD_TRY(store_.put(family_, chunk_key(key, index), bytes, Durability::kRelaxed));
    upload->second.insert(index);
    return {};
  }
  Batch first;
  first.put(family_, upload_key(key), {}).put(family_, chunk_key(key, index), bytes);
  SPUD_TRY(store_.write(std::move(first), Durability::kRelaxed));
  mine.uploads[std::move(name)].insert(index);
  return {};
}

std::vector<std::uint64_t> ChunkedBlob::received(ByteView key) const {
  Stripe& mine = stripe(key);
  std::lock_guard guard(mine.mutex);
  auto upload = mine.uploads.find(Bytes(key.begin(), key.end()));
  if (upload == mine.uploads.end()) return {};
  return {upload->second.begin(), upload->second.end()};
}

Result<BlobInfo> ChunkedBlob::measure(ByteView key, const std::set<std::uint64_t>& chunks) const {
  BlobInfo info;
  crypto::Sha256 hash;
  for (std::uint64_t index : chunks) {
    if (index != info.chunks)
      return bad_input("chunk " + std::to_string(info.chunks) + " was never sent", "upload");
    SPUD_ASSIGN(auto chunk, store_.get(family_, chunk_key(key, index)));
    if (!chunk) return fail(ErrorCode::kCorrupt, "chunk " + std::to_string(index) + " is missing", "store");
    hash.update(*chunk);
    info.bytes += chunk->size();
    ++info.chunks;
  }
  info.digest = hash.finish();
  return info;
}

Result<BlobInfo> ChunkedBlob::commit(ByteView key, const Digest& announced, Durability durability,
                                     Batch also) {
  Stripe& mine = stripe(key);
  std::lock_guard guard(mine.mutex);
  Bytes name(key.begin(), key.end());
  SPUD_ASSIGN(auto committed, find(key));
  if (committed && committed->digest != announced) {
    return fail(ErrorCode::kConflict,
                "a blob under this name is complete with digest " + committed->digest.brief(), "store",
                "digest " + announced.brief());
  }
  BlobInfo info = committed.value_or(BlobInfo{});
  if (!committed) {
    auto upload = mine.uploads.find(name);
    SPUD_ASSIGN(info,
                measure(key, upload == mine.uploads.end() ? std::set<std::uint64_t>{} : upload->second));
    if (info.digest != announced) {
      return bad_input("the bytes received have digest " + info.digest.brief(), "upload",
                       "digest " + announced.brief() + ", as announced");
    }
    also.erase(family_, upload_key(key)).put(family_, record_key(key), encode(info));
  }
  SPUD_TRY(store_.write(std::move(also), durability));
  mine.uploads.erase(name);
  return info;
}

Status ChunkedBlob::erase(ByteView key, Durability durability, Batch also) {
  Stripe& mine = stripe(key);
  std::lock_guard guard(mine.mutex);
  erase_rows(also, family_, key);
  SPUD_TRY(store_.write(std::move(also), durability));
  mine.uploads.erase(Bytes(key.begin(), key.end()));
  if (durability != Durability::kSynced) return {};
  // A second time by range, because that gives the space back at once.
  Key chunks = chunks_key(key);
  return store_.erase_range(family_, chunks, end_of_prefix(chunks), durability);
}

Result<std::optional<BlobInfo>> ChunkedBlob::find(ByteView key) const {
  return find_record(store_, family_, key);
}

Result<BlobReader> ChunkedBlob::read(ByteView key) const {
  SPUD_ASSIGN(auto info, find(key));
  if (!info) return fail(ErrorCode::kNotFound, "no blob under this name", "store");
  return BlobReader(store_, family_, {key.begin(), key.end()}, *info);
}

Status ChunkedBlob::list(const std::function<Status(ByteView key, const BlobInfo&)>& visit) const {
  return store_.scan(family_, Key(kRecord), [&](ByteView row, ByteView value) -> Result<Walk> {
    KeyReader reader(row);
    SPUD_TRY(reader.text());
    SPUD_ASSIGN(std::string key, reader.text());
    SPUD_ASSIGN(BlobInfo info, decode(value));
    SPUD_TRY(visit(as_bytes(key), info));
    return Walk::kContinue;
  });
}

}  // namespace spud::store
