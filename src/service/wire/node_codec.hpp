// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "service/dataset.hpp"
#include "service/job.hpp"
#include "service/stock/tape.hpp"
#include "service/wire/trace_codec.hpp"

/// What a compute node is asked, as schemas/node.capnp puts it. Bulk bytes travel as the payload of the same
/// frame.
namespace spud::service::wire {

struct PrepareUpload {
  Statement statement;
  Bytes signature;
  std::string certificate;  ///< PEM
  Rank rank{};
  bool seeded = false;  ///< the payload is the seed
};
struct UploadChunk {
  UploadId upload;
  std::uint64_t offset = 0;
};
struct CommitUpload {
  UploadId upload;
};
struct AbortUpload {
  UploadId upload;
};
struct ListData {};
struct ShowData {
  DatasetId dataset;
  Digest device;
};
struct DropData {
  DatasetId dataset;
  Digest device;
  UploadId upload{};  ///< if that is what lies under the name; empty: whatever does
};
enum class BlobKind : std::uint8_t { kProgram = 1, kPublicInput = 2 };
struct BlobChunk {
  BlobKind kind = BlobKind::kProgram;
  Digest digest;
  std::uint64_t total = 0;
  std::uint64_t offset = 0;
};
struct ListPrograms {};
struct ShowProgram {
  Digest digest;
};
struct PrepareAttempt {
  JobRequest request;
  std::uint32_t attempt = 0;
  Device device;
  PartyId party;
  trace::SpanId span{};  ///< the scheduler's of the attempt; none: it does not say
};
struct StartAttempt {
  JobId job;
  std::uint32_t attempt = 0;
  Digest manifest;
  std::string
      dealer{};  ///< identity of who deals live, as the manifest then says; empty: the first, or stock
};
struct AwaitAttempt {
  JobId job;
  std::uint32_t attempt = 0;
  std::uint32_t wait_millis = 0;
};
struct CancelAttempt {
  JobId job;
  std::uint32_t attempt = 0;
  Error cause;
};
struct FetchResult {
  JobId job;
  std::uint32_t attempt = 0;
  std::string output;
};
/// An input of a program for which stock is made: a secret's type, or a public tensor.
/// Private to the node of a rank.
struct KeptInput {
  Rank rank{};
  TensorType type;
};
using StockInput = std::variant<TensorType, PublicInput, KeptInput>;
struct PrepareStock {
  Device device;
  Digest program;
  std::vector<StockInput> inputs;
};
struct MakeTape {
  Device device;
  Digest demand;
  std::string order;     ///< a name
  std::string dealer{};  ///< identity; empty: the device's first
};
struct ReserveTape {
  JobId job;
  std::uint32_t attempt = 0;
  Digest manifest;
  TapeId tape;
};
struct ListStock {};
struct DiscardTape {
  TapeId tape;
};
using NodeRequest = std::variant<PrepareUpload, UploadChunk, CommitUpload, AbortUpload, ListData, ShowData,
                                 DropData, BlobChunk, ListPrograms, ShowProgram, PrepareAttempt, StartAttempt,
                                 AwaitAttempt, CancelAttempt, FetchResult, PrepareStock, MakeTape,
                                 ReserveTape, ListStock, DiscardTape, FetchTrace>;

struct Done {};
struct UploadState {
  std::uint64_t received = 0;
  bool committed = false;
};
using Datasets = std::vector<Dataset>;
struct BlobState {
  Digest digest;
  std::uint64_t total = 0;
  std::uint64_t received = 0;
};
struct Program {
  Digest digest;
  std::uint64_t bytes = 0;
};
using Programs = std::vector<Program>;
/// Numbers are on the wire and in stores.
enum class AttemptState : std::uint8_t { kUnknown = 1, kPrepared, kRunning, kFailed, kDone };
struct AttemptStatus {
  AttemptState state = AttemptState::kUnknown;
  std::optional<Error> problem;
  Measures measures;
  std::optional<JobProgress> progress{};  ///< if running
};
struct ResultShare {
  TensorType type;
  std::optional<alu::ElementFormat> format;  ///< nullopt: a public result, in plain
  std::uint64_t bytes = 0;
  /// Of the run that made it: shares of different runs do not belong together. Empty: it used none.
  std::string tape{};
};
struct ResultChunk {
  std::uint64_t offset = 0;
};
/// The node lives and works on the answer, which follows.
struct StillWorking {};
/// Fields: the manifest, to PrepareAttempt, PrepareStock and ReserveTape. StockTape: to MakeTape.
using NodeAnswer =
    std::variant<Error, Done, UploadState, Datasets, BlobState, Programs, Fields, AttemptStatus, ResultShare,
                 ResultChunk, stock::StockTape, stock::StockTapes, StillWorking, TracePage>;

Bytes encode(const NodeRequest& request);
Result<NodeRequest> decode_node_request(ByteView bytes);
Bytes encode(const NodeAnswer& answer);
Result<NodeAnswer> decode_node_answer(ByteView bytes);

}  // namespace spud::service::wire
