// SPDX-License-Identifier: Apache-2.0
#include "actors/node/session_trace.hpp"

#include <algorithm>

namespace spud::actors {

namespace {

using service::trace::InstructionRow;

constexpr std::int64_t kNanosPerMicro = 1000;

void add(InstructionRow& row, const vm::InstructionTime& time) {
  const auto start = static_cast<std::int64_t>(time.began) / kNanosPerMicro;
  if (row.runs == 0 || start < row.start_micros) row.start_micros = start;
  row.end_micros = std::max(row.end_micros, static_cast<std::int64_t>(time.ended) / kNanosPerMicro);
  row.runs += time.runs;
  row.computing_nanos += time.computing;
  row.waiting_nanos += time.waiting;
  row.dealer_nanos += time.dealer;
  row.rounds += time.rounds;
  row.sent_bytes += time.sent_bytes;
}

/// Whether one party alone has all of it in plain.
bool is_kept(const vm::Ledger::Entry& entry) {
  const auto& instruction = *entry.instruction;
  for (std::uint32_t i = 0; i < instruction.result_count; ++i) {
    if (!entry.region->values[instruction.first_result + i].owner) return false;
  }
  return instruction.result_count > 0;
}

}  // namespace

std::vector<InstructionRow> instruction_rows(const vm::Ledger& ledger,
                                             const std::vector<vm::InstructionTime>& times) {
  const auto& entries = ledger.entries();
  std::vector<InstructionRow> rows;
  InstructionRow kept, rest;
  kept.operation = "on data kept in plain";
  rest.operation = "inputs and outputs";
  if (!times.empty()) add(rest, times.front());
  for (std::size_t i = 0; i < entries.size() && i + 1 < times.size(); ++i) {
    const auto& time = times[i + 1];
    if (time.runs == 0) continue;
    const auto number = static_cast<std::uint32_t>(i + 1);
    if (is_kept(entries[i])) {
      kept.number = kept.number == 0 ? number : kept.number;
      add(kept, time);
      continue;
    }
    InstructionRow row;
    row.number = number;
    row.outer = entries[i].outer ? static_cast<std::uint32_t>(*entries[i].outer + 1) : 0;
    row.operation = to_string(entries[i].instruction->opcode);
    row.origin = entries[i].instruction->origin;
    add(row, time);
    rows.push_back(std::move(row));
  }
  const bool kept_any = kept.runs > 0;
  if (kept_any) rows.push_back(std::move(kept));
  rest.number = static_cast<std::uint32_t>(entries.size() + 1);
  rest.runs = 1;
  for (const auto& row : rows) rest.end_micros = std::max(rest.end_micros, row.end_micros);
  if (rest.nanos() > 0) rows.push_back(std::move(rest));
  if (kept_any) {
    // When its neighbours ended and began would say how long a single step on kept data took.
    const auto end = std::ranges::max(rows, {}, &InstructionRow::end_micros).end_micros;
    for (auto& row : rows) {
      row.start_micros = 0;
      row.end_micros = end;
    }
  }
  std::ranges::sort(rows, {}, &InstructionRow::number);
  return rows;
}

service::trace::Attributes foretold(const Planned& planned) {
  return {{"foretold_rounds", static_cast<std::int64_t>(planned.rounds)},
          {"foretold_instructions", static_cast<std::int64_t>(planned.instructions)},
          {"foretold_memory_bytes", static_cast<std::int64_t>(planned.peak_bytes)},
          {"foretold_tape_bytes", static_cast<std::int64_t>(planned.tape_bytes)},
          {"foretold_sent_bytes", static_cast<std::int64_t>(planned.sent_bytes)}};
}

std::optional<service::trace::Part> dealer_part(const service::wire::DealerTimes& times,
                                                const TapeOpening& opening, const service::Member& dealer,
                                                const service::session::Terms& terms,
                                                const service::trace::TraceId& trace, std::int64_t used_up) {
  if (times.asked == 0 || times.granted < times.asked) return std::nullopt;
  // It heard the question after it was asked, and answered before the answer was here.
  const auto least = times.granted - opening.answered, most = times.asked - opening.asked;
  const auto ahead = (least + most) / 2;
  service::trace::Part part{trace, terms.job, terms.attempt, dealer.party, "dealer", dealer.node};
  part.heard_of = terms.device.compute[index(terms.own)].party;
  const auto asked = times.asked - ahead, granted = times.granted - ahead;
  // It has dealt all of a tape that was used up, even if its last word is still under way.
  const auto ended = times.ended == 0 ? used_up : times.ended - ahead;
  for (auto moment : {asked, granted, ended})
    if (moment < 0 || moment > service::trace::kLastMoment) return std::nullopt;
  const auto span = [&](std::uint64_t number, const service::trace::SpanId& parent, std::string name,
                        std::int64_t start, std::int64_t end) {
    const auto id =
        service::trace::span_id(trace, dealer.identity + "/" + std::to_string(terms.attempt), number);
    part.spans.push_back({id, parent, std::move(name), start, end});
    return id;
  };
  const auto top = span(0, opening.trace.span, "attempt " + std::to_string(terms.attempt), asked, ended);
  part.spans.front().attributes = {{"clock_ahead_micros", ahead},
                                   {"clock_error_micros", std::max<std::int64_t>(0, (most - least) / 2)}};
  span(1, top, "meet", asked, granted);
  span(2, top, "deal", granted, ended);
  return part;
}

}  // namespace spud::actors
