// SPDX-License-Identifier: Apache-2.0
#include "service/wire/dealer_codec.hpp"

#include "schemas/dealer.capnp.h"
#include "service/trace/part.hpp"
#include "service/wire/control_codec.hpp"
#include "service/wire/trace_id_codec.hpp"

namespace spud::service::wire {

namespace {

DealerRequest take(schema::DealerRequest::Reader in) {
  check_version(in.getVersion());
  if (in.which() == schema::DealerRequest::STORED) return TapeStored{read_digest("stored", in.getStored())};
  if (in.which() == schema::DealerRequest::HEARTBEAT) return NodeAlive{};
  if (in.which() != schema::DealerRequest::OPEN_TAPE)
    throw Refused{"request", "of a kind this build does not know"};
  auto open = in.getOpenTape();
  OpenTape out{JobId(read_name("openTape.job", open.getJob())),
               open.getAttempt(),
               read(open.getDevice()),
               Rank{open.getRank()},
               read_digest("openTape.demand", open.getDemand()),
               open.getStock(),
               {read_id<trace::TraceId>("openTape.trace", open.getTrace()),
                read_id<trace::SpanId>("openTape.span", open.getSpan())}};
  if (open.getRank() >= out.device.parties()) throw Refused{"openTape.rank", std::to_string(open.getRank())};
  return out;
}

/// A tape is worth more than its times: those that no clock shows were not told.
DealerTimes read_times(schema::DealerAnswer::Reader in) {
  const auto moment = [](std::int64_t micros) {
    return micros < 0 || micros > trace::kLastMoment ? 0 : micros;
  };
  const auto times = in.getTimes();
  return {moment(times.getAsked()), moment(times.getGranted()), moment(times.getEnded())};
}

DealerAnswer take(schema::DealerAnswer::Reader in) {
  switch (in.which()) {
    case schema::DealerAnswer::PROBLEM:
      return read(in.getProblem());
    case schema::DealerAnswer::OPENED:
      return TapeOpened{read_text("opened", in.getOpened()), read_times(in)};
    case schema::DealerAnswer::CHUNK:
      return TapeChunk{in.getChunk()};
    case schema::DealerAnswer::END:
      return TapeEnd{in.getEnd(), read_times(in)};
    case schema::DealerAnswer::OPENED_STOCK:
      return StockOpened{read(in.getOpenedStock())};
    case schema::DealerAnswer::END_STOCK:
      return StockEnd{in.getEndStock().getBytes(), read_digest("endStock", in.getEndStock().getDigest())};
    case schema::DealerAnswer::READY:
      return TapeReady{};
    case schema::DealerAnswer::UNSET:
      break;
  }
  throw Refused{"answer", "of a kind this build does not know"};
}

void put(const DealerTimes& times, schema::DealerAnswer::Builder out) {
  auto builder = out.initTimes();
  builder.setAsked(times.asked);
  builder.setGranted(times.granted);
  builder.setEnded(times.ended);
}
void put(const Error& error, schema::DealerAnswer::Builder out) {
  write(error, out.initProblem());
}
void put(const TapeOpened& opened, schema::DealerAnswer::Builder out) {
  out.setOpened(opened.tape);
  put(opened.times, out);
}
void put(const TapeChunk& chunk, schema::DealerAnswer::Builder out) {
  out.setChunk(chunk.offset);
}
void put(const TapeEnd& end, schema::DealerAnswer::Builder out) {
  out.setEnd(end.bytes);
  put(end.times, out);
}
void put(const StockOpened& opened, schema::DealerAnswer::Builder out) {
  write(opened.tape, out.initOpenedStock());
}
void put(const StockEnd& end, schema::DealerAnswer::Builder out) {
  auto builder = out.initEndStock();
  builder.setBytes(end.bytes);
  builder.setDigest(data_of(end.digest));
}
void put(const TapeReady&, schema::DealerAnswer::Builder out) {
  out.setReady();
}

void put(const OpenTape& open, schema::DealerRequest::Builder out) {
  auto builder = out.initOpenTape();
  builder.setJob(open.job.str());
  builder.setAttempt(open.attempt);
  write(open.device, builder.initDevice());
  builder.setRank(static_cast<std::uint16_t>(index(open.rank)));
  builder.setDemand(data_of(open.demand));
  builder.setStock(open.stock);
  builder.setTrace(id_data(open.trace.trace));
  builder.setSpan(id_data(open.trace.span));
}
void put(const TapeStored& stored, schema::DealerRequest::Builder out) {
  out.setStored(data_of(stored.digest));
}
void put(const NodeAlive&, schema::DealerRequest::Builder out) {
  out.setHeartbeat();
}

}  // namespace

Bytes encode(const DealerRequest& request) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::DealerRequest>();
    root.setVersion(kVersion);
    std::visit([&](const auto& kind) { put(kind, root); }, request);
  });
}

Result<DealerRequest> decode_dealer_request(ByteView bytes) {
  DealerRequest request;
  SPUD_TRY(read_message(bytes, "request to the dealer", [&](capnp::MessageReader& message) {
    request = take(message.getRoot<schema::DealerRequest>());
  }));
  return request;
}

Bytes encode(const DealerAnswer& answer) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::DealerAnswer>();
    std::visit([&](const auto& kind) { put(kind, root); }, answer);
  });
}

Result<DealerAnswer> decode_dealer_answer(ByteView bytes) {
  DealerAnswer answer;
  SPUD_TRY(read_message(bytes, "answer of the dealer", [&](capnp::MessageReader& message) {
    answer = take(message.getRoot<schema::DealerAnswer>());
  }));
  return answer;
}

}  // namespace spud::service::wire
