// SPDX-License-Identifier: Apache-2.0
// `spud plan --html`: one page with its own style, drawing and script.
#include "base/html.hpp"

#include <algorithm>

#include "app/plan/graph.hpp"
#include "app/plan/page_style.hpp"
#include "app/plan/report.hpp"
#include "base/base64.hpp"
#include "ir/codec.hpp"
#include "ir/print.hpp"
#include "service/status/text.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::app::plan {

using service::status::bytes_text;
namespace {

constexpr std::size_t kLinesInFull = 40;  ///< of a step; of longer texts the changes and what is around them
constexpr std::size_t kLinesAround = 2;
constexpr std::size_t kMostLines = 400;    ///< of a step, on either side
constexpr std::size_t kPlanLines = 10000;  ///< of the final plan

/// Nothing runs but the script whose digest this is, and nothing is loaded: a second fence behind
/// escape_html().
std::string content_policy() {
  const std::string script = kScript;
  const Digest digest = crypto::sha256(as_bytes(script));
  return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64(digest.bytes) + "'";
}

std::string counted(std::uint64_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

template <class Figure>
std::string sent(const Report& report, const Figure& figure) {
  if (!report.kept) {
    return figure("sent by a party", bytes_text(report.sent(report.total)),
                  counted(report.sent(report.total), "byte"));
  }
  std::string by_party;
  for (std::size_t rank = 0; rank < report.kept->sent.size(); ++rank)
    by_party += (rank == 0 ? "" : ", ") + bytes_text(report.kept->sent[rank]) + " by " + std::to_string(rank);
  return figure("sent by all parties", bytes_text(report.kept->sent_by_all()), by_party) +
         figure("were all inputs shared", bytes_text(report.kept->sent_if_shared),
                "sent by all parties; private inputs save the rest");
}

std::string head(const Report& report) {
  const auto& f = report.forecast;
  auto figure = [](const char* name, const std::string& value, const std::string& more) {
    return std::string("<div><dt>") + name + "</dt><dd>" + value + "<small>" + more + "</small></dd></div>\n";
  };
  return "<h1>Plan of " + escape_html(report.name) + "</h1>\n<p class=\"note\">" +
         to_string(report.device.protocol) + " between " + std::to_string(report.device.parties) +
         (report.device.parties == 1 ? " party" : " parties") + ", ring of " +
         std::to_string(report.device.format.ring_bits) + " bits, " +
         std::to_string(report.device.format.fraction_bits) +
         " of them fraction</p>\n<dl class=\"totals\">\n" +
         figure("rounds", std::to_string(f.traffic.rounds), "independent instructions share them") +
         sent(report, figure) +
         figure("tape of the last party", bytes_text(f.dealt.tape_bytes),
                counted(f.dealt.tape_bytes, "byte") + " from the dealer") +
         figure("memory of a party", bytes_text(f.peak_bytes), "at its most, about") +
         figure("demand", bytes_text(correlation::encode(f.demand).size()),
                counted(f.dealt.items, "stream") + ", loops folded") +
         "</dl>\n";
}

std::string legend() {
  return "<ul class=\"legend\"><li><i class=\"h0\"></i>costs nothing</li><li><i class=\"h1\"></i>below 1% of "
         "all bytes</li><li><i class=\"h2\"></i>below 5%</li><li><i class=\"h3\"></i>below 15%</li><li><i "
         "class=\"h4\"></i>below 33%</li><li><i class=\"h5\"></i>more</li><li><i "
         "class=\"dashed\"></i>public</li></ul>\n";
}

std::string bar(double share) {
  const std::string width = std::to_string(static_cast<int>(100 * share + 0.5));
  return "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect "
         "class=\"bed\" width=\"100\" height=\"10\"/><rect width=\"" +
         width + "\" height=\"10\"/></svg>";
}

std::string cell(std::uint64_t value, const std::string& text, const std::string& hint = "") {
  return "<td data-v=\"" + std::to_string(value) + "\"" +
         (hint.empty() ? "" : " title=\"" + escape_html(hint) + "\"") + ">" + text + "</td>";
}

std::string cost_cells(const Report& report, const vm::InstructionCost& cost, std::uint64_t rounds) {
  std::uint64_t steps = 0;
  for (const auto& [op, count] : cost.demand) steps += count;
  const double share = report.share(cost);
  return cell(report.bytes(cost), percent_text(share) + bar(share)) + cell(rounds, std::to_string(rounds)) +
         cell(cost.opened_bits, std::to_string(cost.opened_bits)) +
         cell(report.sent(cost), bytes_text(report.sent(cost)), counted(report.sent(cost), "byte")) +
         cell(cost.tape_bytes, bytes_text(cost.tape_bytes), counted(cost.tape_bytes, "byte")) +
         cell(steps, std::to_string(steps), demand_text(cost));
}

std::string costs(const Report& report) {
  const auto& entries = report.ledger.entries();
  std::string out =
      "<h2 id=\"costs\">Costs</h2>\n<p class=\"note\">Of each instruction in all turns of the loops around "
      "it, "
      "by one run on shapes. Rounds are those from its operands to its result, as if it were alone. A mask "
      "that serves several is paid by the first that needs it.</p>\n<input type=\"checkbox\" id=\"free\"> "
      "<label for=\"free\">with instructions that cost nothing</label>\n<div class=\"scroll costs\"><table "
      "class=\"sortable\"><thead><tr>";
  const char* heads[] = {"instruction", "share", "rounds",         "opened bits",
                         "sent",        "tape",  "dealer's steps", "runs"};
  for (std::size_t h = 0; h < std::size(heads); ++h) {
    out += std::string(h == 1 ? "<th aria-sort=\"descending\">" : "<th>") + "<button>" + heads[h] +
           "</button></th>";
  }
  out += "</tr></thead>\n<tbody>\n";
  for (auto i : by_cost(report)) {
    const auto& entry = entries[i];
    const bool is_loop = entry.instruction->opcode == ops::Opcode::kWhile && entry.own.rounds > 0;
    out += "<tr id=\"op" + std::to_string(i) + "\"" +
           (is_free(entry.own) && !is_loop ? " class=\"free\"" : "") + "><td data-v=\"" + std::to_string(i) +
           "\"><span class=\"mono\">" +
           escape_html(results_of(*entry.instruction) + " " + to_string(entry.instruction->opcode)) +
           "</span><span class=\"origin\">" + escape_html(path_of(report.ledger, i)) +
           "</span><span class=\"origin\">" +
           (is_loop ? counted(entry.own.turns, "turn") + "; its rounds are its instructions'"
                    : escape_html(type_of(entry))) +
           "</span></td>" + cost_cells(report, entry.own, entry.own.rounds) +
           cell(entry.own.runs, std::to_string(entry.own.runs)) + "</tr>\n";
  }
  if (!is_free(report.ledger.rest())) {
    out += "<tr><td data-v=\"" + std::to_string(entries.size()) + "\">inputs and outputs</td>" +
           cost_cells(report, report.ledger.rest(), 0) + cell(1, "1") + "</tr>\n";
  }
  return out + "</tbody>\n<tfoot><tr><td>all</td>" +
         cost_cells(report, report.total, report.forecast.traffic.rounds) +
         "<td></td></tr></tfoot></table></div>\n";
}

/// A step's text with what the other side lacks marked, and of a long one only what is near that.
std::string side(std::string_view text, std::string_view other, const std::string& mark) {
  const auto lines = lines_of(text);
  const auto lone =
      other.empty() ? std::vector<bool>(lines.size(), false) : lines_without_partner(text, other);
  std::vector<bool> shown(lines.size(), lines.size() <= kLinesInFull || other.empty());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lone[i]) continue;
    const std::size_t first = i - std::min(i, kLinesAround),
                      last = std::min(i + kLinesAround + 1, lines.size());
    for (std::size_t k = first; k < last; ++k) shown[k] = true;
  }
  std::string out = "<pre class=\"scroll\">";
  std::size_t written = 0, hidden = 0;
  auto gap = [&] {
    if (hidden > 0) out += "<span class=\"origin\">… " + counted(hidden, "line") + "</span>\n";
    hidden = 0;
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!shown[i] || written == kMostLines) {
      ++hidden;
      continue;
    }
    gap();
    ++written;
    const std::string line = escape_html(lines[i]);
    out += (lone[i] ? "<" + mark + ">" + line + "</" + mark + ">" : line) + "\n";
  }
  gap();
  return out + "</pre>";
}

std::string passes(const Report& report) {
  std::string out =
      "<h2 id=\"passes\">The compiler's steps</h2>\n<p class=\"note\">Before and after each that changed "
      "something. Marked are lines without a partner on the other side, whatever the numbers of values; "
      "<code>spud plan --pass NAME</code> prints all lines.</p>\n";
  for (std::size_t i = 0; i < report.steps.size(); ++i) {
    const auto& step = report.steps[i];
    if (!step.changed) {
      const bool is_first = report.steps[i - 1].changed, is_last = i + 1 == report.steps.size();
      out += (is_first ? "<div class=\"note\">changing nothing: " : ", ") + std::to_string(i + 1) + " " +
             escape_html(step.name);
      if (is_last || report.steps[i + 1].changed) out += "</div>\n";
      continue;
    }
    out += "<details><summary>" + std::to_string(i + 1) + " " + escape_html(headline(report.steps, i)) +
           "</summary>\n";
    if (i == 0) {
      out += side(step.text, "", "ins");
    } else {
      const auto& before = text_before(report.steps, i);
      out += "<div class=\"two\"><div>before" + side(before, step.text, "del") + "</div><div>after" +
             side(step.text, before, "ins") + "</div></div>";
    }
    out += "</details>\n";
  }
  return out;
}

std::string final_plan(const Report& report) {
  const std::string text = ir::to_text(report.plan);
  const auto lines = lines_of(text);
  std::string out = "<h2 id=\"plan\">The plan</h2>\n<p class=\"note mono\">" + ir::digest(report.plan).hex() +
                    "</p>\n<details><summary>All instructions</summary><pre class=\"scroll\">";
  for (std::size_t i = 0; i < std::min(lines.size(), kPlanLines); ++i) out += escape_html(lines[i]) + "\n";
  if (lines.size() > kPlanLines) out += "… " + counted(lines.size() - kPlanLines, "line") + "\n";
  return out + "</pre></details>\n";
}

}  // namespace

std::string html_text(const Report& report) {
  return "<!DOCTYPE html>\n<!-- SPDX-License-Identifier: Apache-2.0 -->\n<html lang=\"en\"><head><meta "
         "charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta "
         "http-equiv=\"Content-Security-Policy\" content=\"" +
         content_policy() + "\">\n<title>Plan of " + escape_html(report.name) + "</title>\n<style>" + kStyle +
         "</style></head>\n<body>\n" + head(report) + "<h2 id=\"graph\">Dataflow</h2>\n" + legend() +
         graph_html(report) + costs(report) + passes(report) + final_plan(report) + "<script>" + kScript +
         "</script>\n</body></html>\n";
}

}  // namespace spud::app::plan
