// SPDX-License-Identifier: Apache-2.0
#include "service/trace/part.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace spud::service::trace {

void fold(std::vector<InstructionRow>& rows, std::uint32_t& folded, std::size_t most) {
  if (rows.size() <= most) return;
  // What was put together before goes with the rest again.
  const auto before = std::exchange(folded, 0);
  std::ranges::stable_sort(rows, std::greater{},
                           [](const InstructionRow& row) { return std::pair(row.number != 0, row.nanos()); });
  InstructionRow rest = rows[most - 1];
  rest.number = rest.outer = 0;
  rest.operation = "others";
  rest.origin.clear();
  folded = rows[most - 1].number == 0 ? before : 1;
  for (std::size_t i = most; i < rows.size(); ++i) {
    const auto& row = rows[i];
    folded += row.number == 0 ? before : 1;
    rest.start_micros = std::min(rest.start_micros, row.start_micros);
    rest.end_micros = std::max(rest.end_micros, row.end_micros);
    rest.runs += row.runs;
    rest.computing_nanos += row.computing_nanos;
    rest.waiting_nanos += row.waiting_nanos;
    rest.dealer_nanos += row.dealer_nanos;
    rest.rounds += row.rounds;
    rest.sent_bytes += row.sent_bytes;
  }
  rows.resize(most - 1);
  std::ranges::sort(rows, {}, &InstructionRow::number);
  // Whatever was inside of what is no row of its own stands at the top.
  for (auto& row : rows) {
    if (row.outer != 0 && !std::ranges::binary_search(rows, row.outer, {}, &InstructionRow::number))
      row.outer = 0;
  }
  rows.push_back(std::move(rest));
}

std::string short_text(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  if (text.size() <= kTextBytes) return text;
  std::size_t end = kTextBytes - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace spud::service::trace
