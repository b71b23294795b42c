// SPDX-License-Identifier: Apache-2.0
#include "service/wire/node_codec.hpp"

#include "base/limits.hpp"
#include "schemas/node.capnp.h"
#include "service/wire/control_codec.hpp"
#include "service/wire/stock_input_codec.hpp"
#include "service/wire/trace_id_codec.hpp"
#include "service/wire/trace_page_codec.hpp"

namespace spud::service::wire {

namespace {

using Request = schema::NodeRequest;
using Answer = schema::NodeAnswer;

void put(const PrepareUpload& prepare, Request::Builder out) {
  auto builder = out.initPrepareUpload();
  write(prepare.statement, builder.initStatement());
  builder.setSignature(data_of(prepare.signature));
  builder.setCertificate(prepare.certificate);
  builder.setRank(static_cast<std::uint16_t>(index(prepare.rank)));
  builder.setSeeded(prepare.seeded);
}
void put(const UploadChunk& chunk, Request::Builder out) {
  auto builder = out.initUploadChunk();
  builder.setUpload(chunk.upload.str());
  builder.setOffset(chunk.offset);
}
void put(const CommitUpload& commit, Request::Builder out) {
  out.setCommitUpload(commit.upload.str());
}
void put(const AbortUpload& abort, Request::Builder out) {
  out.setAbortUpload(abort.upload.str());
}
void put(const ListData&, Request::Builder out) {
  out.setListData();
}
void put(const ShowData& show, Request::Builder out) {
  auto builder = out.initShowData();
  builder.setDataset(show.dataset.str());
  builder.setDevice(data_of(show.device));
}
void put(const DropData& drop, Request::Builder out) {
  auto builder = out.initDropData();
  builder.setDataset(drop.dataset.str());
  builder.setDevice(data_of(drop.device));
  builder.setUpload(drop.upload.str());
}
void put(const BlobChunk& chunk, Request::Builder out) {
  auto builder = out.initBlobChunk();
  builder.setKind(static_cast<schema::BlobKind>(chunk.kind));
  builder.setDigest(data_of(chunk.digest));
  builder.setTotal(chunk.total);
  builder.setOffset(chunk.offset);
}
void put(const ListPrograms&, Request::Builder out) {
  out.setListPrograms();
}
void put(const ShowProgram& show, Request::Builder out) {
  out.setShowProgram(data_of(show.digest));
}
void put(const PrepareAttempt& prepare, Request::Builder out) {
  auto builder = out.initPrepareAttempt();
  write(prepare.request, builder.initRequest());
  builder.setAttempt(prepare.attempt);
  write(prepare.device, builder.initDevice());
  builder.setParty(prepare.party.str());
  builder.setSpan(id_data(prepare.span));
}
void put(const StartAttempt& start, Request::Builder out) {
  auto builder = out.initStartAttempt();
  builder.setJob(start.job.str());
  builder.setAttempt(start.attempt);
  builder.setManifest(data_of(start.manifest));
  builder.setDealer(start.dealer);
}
void put(const AwaitAttempt& await, Request::Builder out) {
  auto builder = out.initAwaitAttempt();
  builder.setJob(await.job.str());
  builder.setAttempt(await.attempt);
  builder.setWaitMillis(await.wait_millis);
}
void put(const CancelAttempt& cancel, Request::Builder out) {
  auto builder = out.initCancelAttempt();
  builder.setJob(cancel.job.str());
  builder.setAttempt(cancel.attempt);
  write(cancel.cause, builder.initCause());
}
void put(const FetchResult& fetch, Request::Builder out) {
  auto builder = out.initFetchResult();
  builder.setJob(fetch.job.str());
  builder.setAttempt(fetch.attempt);
  builder.setOutput(fetch.output);
}

void put(const PrepareStock& prepare, Request::Builder out) {
  auto builder = out.initPrepareStock();
  write(prepare.device, builder.initDevice());
  builder.setProgram(data_of(prepare.program));
  write(prepare.inputs, builder.initInputs(prepare.inputs.size()));
}
void put(const MakeTape& make, Request::Builder out) {
  auto builder = out.initMakeTape();
  write(make.device, builder.initDevice());
  builder.setDemand(data_of(make.demand));
  builder.setOrder(make.order);
  builder.setDealer(make.dealer);
}
void put(const ReserveTape& reserve, Request::Builder out) {
  auto builder = out.initReserveTape();
  builder.setJob(reserve.job.str());
  builder.setAttempt(reserve.attempt);
  builder.setManifest(data_of(reserve.manifest));
  write(reserve.tape, builder.initTape());
}
void put(const ListStock&, Request::Builder out) {
  out.setListStock();
}
void put(const DiscardTape& discard, Request::Builder out) {
  write(discard.tape, out.initDiscardTape());
}
void put(const FetchTrace& fetch, Request::Builder out) {
  write(fetch, out.initFetchTrace());
}

Rank read_rank(unsigned rank) {
  if (rank >= limits::kPartiesPerDevice) throw Refused{"rank", std::to_string(rank)};
  return Rank{rank};
}

BlobKind read_kind(schema::BlobKind kind) {
  switch (kind) {
    case schema::BlobKind::PROGRAM:
      return BlobKind::kProgram;
    case schema::BlobKind::PUBLIC_INPUT:
      return BlobKind::kPublicInput;
    default:
      throw Refused{"blobChunk.kind", "neither a program nor a public input"};
  }
}

NodeRequest take(Request::Reader in) {
  check_version(in.getVersion());
  switch (in.which()) {
    case Request::PREPARE_UPLOAD: {
      auto prepare = in.getPrepareUpload();
      // A PEM holds line breaks, so it is no text of ours; the certificate's parser judges it.
      if (prepare.getCertificate().size() > 16'384 || prepare.getSignature().size() > 1024) {
        throw Refused{"prepareUpload", "certificate or signature too long"};
      }
      return PrepareUpload{read(prepare.getStatement()), read_bytes(prepare.getSignature()),
                           std::string(prepare.getCertificate().begin(), prepare.getCertificate().size()),
                           read_rank(prepare.getRank()), prepare.getSeeded()};
    }
    case Request::UPLOAD_CHUNK:
      return UploadChunk{UploadId(read_name("uploadChunk.upload", in.getUploadChunk().getUpload())),
                         in.getUploadChunk().getOffset()};
    case Request::COMMIT_UPLOAD:
      return CommitUpload{UploadId(read_name("commitUpload", in.getCommitUpload()))};
    case Request::ABORT_UPLOAD:
      return AbortUpload{UploadId(read_name("abortUpload", in.getAbortUpload()))};
    case Request::LIST_DATA:
      return ListData{};
    case Request::SHOW_DATA:
      return ShowData{DatasetId(read_name("showData.dataset", in.getShowData().getDataset())),
                      read_digest("showData.device", in.getShowData().getDevice())};
    case Request::DROP_DATA: {
      auto drop = in.getDropData();
      DropData named{DatasetId(read_name("dropData.dataset", drop.getDataset())),
                     read_digest("dropData.device", drop.getDevice())};
      if (drop.getUpload().size() > 0)
        named.upload = UploadId(read_name("dropData.upload", drop.getUpload()));
      return named;
    }
    case Request::BLOB_CHUNK: {
      auto chunk = in.getBlobChunk();
      return BlobChunk{read_kind(chunk.getKind()), read_digest("blobChunk.digest", chunk.getDigest()),
                       chunk.getTotal(), chunk.getOffset()};
    }
    case Request::LIST_PROGRAMS:
      return ListPrograms{};
    case Request::SHOW_PROGRAM:
      return ShowProgram{read_digest("showProgram", in.getShowProgram())};
    case Request::PREPARE_ATTEMPT: {
      auto prepare = in.getPrepareAttempt();
      return PrepareAttempt{read(prepare.getRequest()), prepare.getAttempt(), read(prepare.getDevice()),
                            PartyId(read_name("prepareAttempt.party", prepare.getParty())),
                            read_id<trace::SpanId>("prepareAttempt.span", prepare.getSpan())};
    }
    case Request::START_ATTEMPT: {
      auto start = in.getStartAttempt();
      return StartAttempt{JobId(read_name("startAttempt.job", start.getJob())), start.getAttempt(),
                          read_digest("startAttempt.manifest", start.getManifest()),
                          read_text("startAttempt.dealer", start.getDealer())};
    }
    case Request::AWAIT_ATTEMPT: {
      auto await = in.getAwaitAttempt();
      return AwaitAttempt{JobId(read_name("awaitAttempt.job", await.getJob())), await.getAttempt(),
                          std::min<std::uint32_t>(await.getWaitMillis(), 10'000)};
    }
    case Request::CANCEL_ATTEMPT: {
      auto cancel = in.getCancelAttempt();
      return CancelAttempt{JobId(read_name("cancelAttempt.job", cancel.getJob())), cancel.getAttempt(),
                           read(cancel.getCause())};
    }
    case Request::FETCH_RESULT: {
      auto fetch = in.getFetchResult();
      return FetchResult{JobId(read_name("fetchResult.job", fetch.getJob())), fetch.getAttempt(),
                         read_name("fetchResult.output", fetch.getOutput())};
    }
    case Request::PREPARE_STOCK: {
      auto prepare = in.getPrepareStock();
      return PrepareStock{read(prepare.getDevice()),
                          read_digest("prepareStock.program", prepare.getProgram()),
                          read(prepare.getInputs())};
    }
    case Request::MAKE_TAPE: {
      auto make = in.getMakeTape();
      return MakeTape{read(make.getDevice()), read_digest("makeTape.demand", make.getDemand()),
                      read_name("makeTape.order", make.getOrder()),
                      read_text("makeTape.dealer", make.getDealer())};
    }
    case Request::RESERVE_TAPE: {
      auto reserve = in.getReserveTape();
      return ReserveTape{JobId(read_name("reserveTape.job", reserve.getJob())), reserve.getAttempt(),
                         read_digest("reserveTape.manifest", reserve.getManifest()), read(reserve.getTape())};
    }
    case Request::LIST_STOCK:
      return ListStock{};
    case Request::DISCARD_TAPE:
      return DiscardTape{read(in.getDiscardTape())};
    case Request::FETCH_TRACE:
      return read(in.getFetchTrace());
    case Request::UNSET:
      break;
  }
  throw Refused{"request", "of a kind this build does not know"};
}

void put(const Error& error, Answer::Builder out) {
  write(error, out.initProblem());
}
void put(const StillWorking&, Answer::Builder out) {
  out.setHeartbeat();
}
void put(const Done&, Answer::Builder out) {
  out.setDone();
}
void put(const UploadState& state, Answer::Builder out) {
  auto builder = out.initUpload();
  builder.setReceived(state.received);
  builder.setCommitted(state.committed);
}
void put(const Datasets& datasets, Answer::Builder out) {
  auto list = out.initDatasets(datasets.size());
  for (unsigned i = 0; i < datasets.size(); ++i) write(datasets[i], list[i]);
}
void put(const BlobState& blob, Answer::Builder out) {
  auto builder = out.initBlob();
  builder.setDigest(data_of(blob.digest));
  builder.setTotal(blob.total);
  builder.setReceived(blob.received);
}
void put(const Programs& programs, Answer::Builder out) {
  auto list = out.initPrograms(programs.size());
  for (unsigned i = 0; i < programs.size(); ++i) {
    list[i].setDigest(data_of(programs[i].digest));
    list[i].setBytes(programs[i].bytes);
  }
}
void put(const Fields& fields, Answer::Builder out) {
  write(fields, out.initManifest(fields.size()));
}
void put(const AttemptStatus& status, Answer::Builder out) {
  auto builder = out.initAttempt();
  builder.setState(static_cast<schema::AttemptState>(status.state));
  if (status.problem) write(*status.problem, builder.initProblem());
  write(status.measures, builder.initMeasures(status.measures.size()));
  if (status.progress) write(*status.progress, builder.initProgress());
}
void put(const ResultShare& result, Answer::Builder out) {
  auto builder = out.initResult();
  write(result.type, builder.initType());
  if (result.format) write(*result.format, builder.initFormat());
  builder.setPlain(!result.format);
  builder.setBytes(result.bytes);
  builder.setTape(result.tape);
}
void put(const ResultChunk& chunk, Answer::Builder out) {
  out.setResultChunk(chunk.offset);
}
void put(const TracePage& page, Answer::Builder out) {
  write(page, out.initTrace());
}
void put(const stock::StockTape& tape, Answer::Builder out) {
  write(tape, out.initStockTape());
}
void put(const stock::StockTapes& tapes, Answer::Builder out) {
  write(tapes, out.initStock(tapes.size()));
}

NodeAnswer take(Answer::Reader in) {
  switch (in.which()) {
    case Answer::PROBLEM:
      return read(in.getProblem());
    case Answer::HEARTBEAT:
      return StillWorking{};
    case Answer::DONE:
      return Done{};
    case Answer::UPLOAD:
      return UploadState{in.getUpload().getReceived(), in.getUpload().getCommitted()};
    case Answer::DATASETS: {
      Datasets datasets;
      for (auto dataset : in.getDatasets()) datasets.push_back(read(dataset));
      return datasets;
    }
    case Answer::BLOB:
      return BlobState{read_digest("blob.digest", in.getBlob().getDigest()), in.getBlob().getTotal(),
                       in.getBlob().getReceived()};
    case Answer::PROGRAMS: {
      Programs programs;
      for (auto program : in.getPrograms()) {
        programs.push_back({read_digest("program.digest", program.getDigest()), program.getBytes()});
      }
      return programs;
    }
    case Answer::MANIFEST:
      return read(in.getManifest());
    case Answer::ATTEMPT: {
      auto attempt = in.getAttempt();
      const auto state = static_cast<unsigned>(attempt.getState());
      if (state < 1 || state > 5) throw Refused{"attempt.state", "unknown number"};
      AttemptStatus status{static_cast<AttemptState>(state), {}, read(attempt.getMeasures())};
      if (attempt.hasProblem()) status.problem = read(attempt.getProblem());
      if (attempt.hasProgress()) status.progress = read(attempt.getProgress());
      return status;
    }
    case Answer::RESULT: {
      auto result = in.getResult();
      ResultShare out{read(result.getType()), {}, result.getBytes()};
      if (!result.getPlain()) out.format = read(result.getFormat());
      out.tape = result.getTape();
      return out;
    }
    case Answer::RESULT_CHUNK:
      return ResultChunk{in.getResultChunk()};
    case Answer::STOCK_TAPE:
      return read(in.getStockTape());
    case Answer::TRACE:
      return read(in.getTrace());
    case Answer::STOCK:
      return read(in.getStock());
    case Answer::UNSET:
      break;
  }
  throw Refused{"answer", "of a kind this build does not know"};
}

}  // namespace

Bytes encode(const NodeRequest& request) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<Request>();
    root.setVersion(kVersion);
    std::visit([&](const auto& kind) { put(kind, root); }, request);
  });
}

Result<NodeRequest> decode_node_request(ByteView bytes) {
  NodeRequest request;
  SPUD_TRY(read_message(bytes, "request to a node",
                        [&](capnp::MessageReader& message) { request = take(message.getRoot<Request>()); }));
  return request;
}

Bytes encode(const NodeAnswer& answer) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<Answer>();
    std::visit([&](const auto& kind) { put(kind, root); }, answer);
  });
}

Result<NodeAnswer> decode_node_answer(ByteView bytes) {
  NodeAnswer answer;
  SPUD_TRY(read_message(bytes, "answer of a node",
                        [&](capnp::MessageReader& message) { answer = take(message.getRoot<Answer>()); }));
  return answer;
}

}  // namespace spud::service::wire
