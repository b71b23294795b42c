// SPDX-License-Identifier: Apache-2.0
#include "service/wire/trace_codec.hpp"

#include <algorithm>

#include "schemas/trace.capnp.h"
#include "service/wire/control_codec.hpp"
#include "service/wire/trace_id_codec.hpp"

namespace spud::service::wire {

namespace {

using trace::Attribute;
using trace::InstructionRow;
using trace::Part;
using trace::Span;

constexpr std::size_t kPartsPerTrace = 5;
constexpr std::size_t kReaders = 64 + 4096;  // whoever a job may name

void write(const Attribute& attribute, schema::Attribute::Builder out) {
  out.setName(attribute.name);
  if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) out.setInt(*number);
  if (const auto* real = std::get_if<double>(&attribute.value)) out.setFloat(*real);
  if (const auto* text = std::get_if<std::string>(&attribute.value)) out.setText(*text);
}

void write(const Span& span, schema::Span::Builder out) {
  out.setId(id_data(span.id));
  out.setParent(id_data(span.parent));
  out.setName(span.name);
  out.setStartMicros(span.start_micros);
  out.setEndMicros(span.end_micros);
  auto attributes = out.initAttributes(span.attributes.size());
  for (unsigned i = 0; i < span.attributes.size(); ++i) write(span.attributes[i], attributes[i]);
  if (span.problem) out.setProblem(*span.problem);
}

void write(const InstructionRow& row, schema::Instruction::Builder out) {
  out.setNumber(row.number);
  out.setOuter(row.outer);
  out.setOperation(row.operation);
  out.setOrigin(row.origin);
  out.setRuns(row.runs);
  out.setStartMicros(row.start_micros);
  out.setEndMicros(row.end_micros);
  out.setComputingNanos(row.computing_nanos);
  out.setWaitingNanos(row.waiting_nanos);
  out.setDealerNanos(row.dealer_nanos);
  out.setRounds(row.rounds);
  out.setSentBytes(row.sent_bytes);
}

void write(const Part& part, schema::Part::Builder out) {
  out.setTrace(id_data(part.trace));
  out.setJob(part.job.str());
  out.setAttempt(part.attempt);
  out.setParty(part.party.str());
  out.setService(part.service);
  out.setName(part.name.str());
  out.setHeardOf(part.heard_of.str());
  auto spans = out.initSpans(part.spans.size());
  for (unsigned i = 0; i < part.spans.size(); ++i) write(part.spans[i], spans[i]);
  out.setRun(id_data(part.run));
  auto rows = out.initInstructions(part.instructions.size());
  for (unsigned i = 0; i < part.instructions.size(); ++i) write(part.instructions[i], rows[i]);
  out.setFolded(part.folded);
}

/// As read_text, and no longer than a part holds.
std::string read_short(const char* field, capnp::Text::Reader text) {
  if (text.size() > trace::kTextBytes) throw Refused{field, "longer than a trace's texts"};
  return read_text(field, text);
}

template <class List>
void bounded(const char* field, const List& list, std::size_t most) {
  if (list.size() > most) throw Refused{field, "more than " + std::to_string(most)};
}

/// Of any year that there will be a clock in: differences of two do not overflow.
std::int64_t read_moment(const char* field, std::int64_t micros) {
  if (micros < 0 || micros > trace::kLastMoment) throw Refused{field, std::to_string(micros)};
  return micros;
}

Attribute read(schema::Attribute::Reader in) {
  Attribute attribute{read_short("attribute.name", in.getName()), {}};
  switch (in.which()) {
    case schema::Attribute::INT:
      attribute.value = in.getInt();
      break;
    case schema::Attribute::FLOAT:
      attribute.value = in.getFloat();
      break;
    case schema::Attribute::TEXT:
      attribute.value = read_short("attribute.text", in.getText());
      break;
    case schema::Attribute::UNSET:
      throw Refused{"attribute", "without a value"};
  }
  return attribute;
}

Span read(schema::Span::Reader in) {
  Span span;
  span.id = read_id<trace::SpanId>("span.id", in.getId());
  if (!span.id.is_set()) throw Refused{"span.id", "none"};
  span.parent = read_id<trace::SpanId>("span.parent", in.getParent());
  span.name = read_short("span.name", in.getName());
  span.start_micros = read_moment("span.startMicros", in.getStartMicros());
  span.end_micros = read_moment("span.endMicros", in.getEndMicros());
  bounded("span.attributes", in.getAttributes(), trace::kAttributesPerSpan);
  for (auto attribute : in.getAttributes()) span.attributes.push_back(read(attribute));
  if (in.getProblem().size() > 0) span.problem = read_short("span.problem", in.getProblem());
  return span;
}

InstructionRow read(schema::Instruction::Reader in) {
  InstructionRow row;
  row.number = in.getNumber();
  row.outer = in.getOuter();
  row.operation = read_short("instruction.operation", in.getOperation());
  row.origin = read_short("instruction.origin", in.getOrigin());
  row.runs = in.getRuns();
  row.start_micros = read_moment("instruction.startMicros", in.getStartMicros());
  row.end_micros = read_moment("instruction.endMicros", in.getEndMicros());
  row.computing_nanos = std::min(in.getComputingNanos(), trace::kLongestNanos);
  row.waiting_nanos = std::min(in.getWaitingNanos(), trace::kLongestNanos);
  row.dealer_nanos = std::min(in.getDealerNanos(), trace::kLongestNanos);
  row.rounds = in.getRounds();
  row.sent_bytes = in.getSentBytes();
  return row;
}

Part read(schema::Part::Reader in) {
  Part part;
  part.trace = read_id<trace::TraceId>("part.trace", in.getTrace());
  part.job = JobId(read_name("part.job", in.getJob()));
  part.attempt = in.getAttempt();
  part.party = PartyId(read_name("part.party", in.getParty()));
  part.service = read_name("part.service", in.getService());
  part.name = NodeId(read_name("part.name", in.getName()));
  if (in.getHeardOf().size() > 0) part.heard_of = PartyId(read_name("part.heardOf", in.getHeardOf()));
  bounded("part.spans", in.getSpans(), trace::kSpansPerPart);
  for (auto span : in.getSpans()) part.spans.push_back(read(span));
  part.run = read_id<trace::SpanId>("part.run", in.getRun());
  bounded("part.instructions", in.getInstructions(), trace::kInstructionsPerPart);
  for (auto row : in.getInstructions()) part.instructions.push_back(read(row));
  part.folded = in.getFolded();
  return part;
}

}  // namespace

Bytes encode(const TraceRecord& record) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::Trace>();
    auto parts = root.initParts(record.parts.size());
    for (unsigned i = 0; i < record.parts.size(); ++i) write(record.parts[i], parts[i]);
    auto readers = root.initReaders(record.readers.size());
    unsigned at = 0;
    for (const auto& reader : record.readers) readers.set(at++, reader.str());
    root.setEndedUnixMillis(record.ended_unix_millis);
  });
}

Result<TraceRecord> decode_trace_record(ByteView bytes) {
  TraceRecord record;
  SPUD_TRY(read_message(bytes, "trace", [&](capnp::MessageReader& message) {
    auto root = message.getRoot<schema::Trace>();
    bounded("trace.parts", root.getParts(), kPartsPerTrace);
    for (auto part : root.getParts()) record.parts.push_back(read(part));
    bounded("trace.readers", root.getReaders(), kReaders);
    for (auto reader : root.getReaders()) record.readers.emplace(read_name("trace.readers", reader));
    record.ended_unix_millis = root.getEndedUnixMillis();
  }));
  return record;
}

TracePage page_of(ByteView encoded, std::uint64_t offset, std::int64_t now_micros) {
  TracePage page{now_micros, encoded.size(), std::min<std::uint64_t>(offset, encoded.size()), {}};
  const auto rest = encoded.subspan(page.offset);
  const auto data = rest.first(std::min(rest.size(), kBytesPerTracePage));
  page.data.assign(data.begin(), data.end());
  return page;
}

Bytes encode_parts(std::vector<trace::Part> parts) {
  fit(parts, kBytesPerTrace);
  return encode(TraceRecord{std::move(parts), {}, 0});
}

void fit(std::vector<trace::Part>& parts, std::size_t bytes) {
  for (auto most = trace::kInstructionsPerPart;; most /= 2) {
    for (auto& part : parts) trace::fold(part.instructions, part.folded, most);
    if (most <= 1 || encode(TraceRecord{parts, {}, 0}).size() <= bytes) return;
  }
}

}  // namespace spud::service::wire
