// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/html.hpp"
#include "service/status/markup.hpp"
#include "service/status/page_sections.hpp"
#include "service/status/text.hpp"

namespace spud::service::status {

namespace {

std::string bytes(std::uint64_t count) {
  return bytes_text(static_cast<double>(count));
}

double share(std::uint64_t part, std::uint64_t all) {
  return all > 0 ? static_cast<double>(part) / static_cast<double>(all) : 0;
}

std::string attempts_html(const WorkView& work) {
  TableHtml table("Under way", {"Job", "Progress", "Device", "Attempt", "Correlations", "Memory", "Since"});
  for (const auto& row : work.attempts.rows) {
    table.row().cell(row.job).cell_html(progress_html(row.progress), "progress");
    table.cell(row.device).number(std::to_string(row.attempt)).cell(row.supply.empty() ? "–" : row.supply);
    table.number(row.memory_bytes == 0 ? "–" : bytes(row.memory_bytes)).number(span_text(row.age_millis));
  }
  return section_html(
      "attempts", "Attempts",
      table.empty() ? "<p class=\"soft\">None under way.</p>\n" : table.html(work.attempts.left_out()));
}

/// Corrections go to the last party of a device; to all others a tape is a seed.
std::string disk_text(const TapesView& tapes) {
  if (tapes.bytes == 0 && tapes.by_state.contains("ready"))
    return "a seed each: the last party has their corrections";
  return bytes(tapes.bytes) + " of corrections on disk";
}

std::string tapes_html(const TapesView& tapes) {
  TableHtml table("Tapes made ahead, by state", {"State", "Tapes"});
  for (const auto& [state, count] : tapes.by_state) table.row().cell(state).number(std::to_string(count));
  const auto said = disk_text(tapes) +
                    (tapes.limit_bytes > 0 ? "; room for " + bytes(tapes.limit_bytes) : "") + "; epoch " +
                    std::to_string(tapes.epoch);
  return section_html("tapes", "Stock",
                      (table.empty() ? "" : table.html()) + "<p class=\"soft\">" + said + "</p>\n");
}

}  // namespace

Sections sections_of(const NodeView& view, const Snapshot&) {
  const auto& work = view.work;
  Sections out;
  const auto in_use = work.attempts.total;
  out.tiles =
      tile_html("Attempts", std::to_string(in_use) + " of " + std::to_string(work.slots), "slots in use",
                bar_html(share(in_use, work.slots))) +
      tile_html("Memory for jobs", bytes(work.memory_reserved_bytes),
                "reserved of " + bytes(work.memory_limit_bytes),
                bar_html(share(work.memory_reserved_bytes, work.memory_limit_bytes))) +
      tile_html("Datasets", std::to_string(view.holdings.datasets),
                bytes(view.holdings.dataset_bytes) + " of shares, " + std::to_string(view.holdings.uploads) +
                    (view.holdings.uploads == 1 ? " upload" : " uploads") + " under way");
  if (view.tapes) {
    const auto ready = view.tapes->by_state.find("ready");
    out.tiles +=
        tile_html("Tapes ready", std::to_string(ready == view.tapes->by_state.end() ? 0 : ready->second),
                  disk_text(*view.tapes),
                  view.tapes->limit_bytes == 0 || view.tapes->bytes == 0
                      ? ""
                      : bar_html(share(view.tapes->bytes, view.tapes->limit_bytes)));
  }
  out.sections = attempts_html(work);
  if (view.tapes) out.small = tapes_html(*view.tapes);
  return out;
}

Sections sections_of(const DealerView& view, const Snapshot&) {
  Sections out;
  out.tiles =
      tile_html("Requests under way", std::to_string(view.serving),
                view.gathering == 1 ? "1 tape waits for its nodes"
                                    : std::to_string(view.gathering) + " tapes wait for their nodes") +
      tile_html("Tapes dealt", std::to_string(view.dealt), bytes(view.dealt_bytes) + " since it started") +
      tile_html("Ledger", std::to_string(view.ledger), "attempts and orders, for ever") +
      tile_html("Last tape of stock", std::to_string(view.last_tape), "epoch " + std::to_string(view.epoch));
  return out;
}

}  // namespace spud::service::status
