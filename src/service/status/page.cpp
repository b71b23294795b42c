// SPDX-License-Identifier: Apache-2.0
#include "service/status/page.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/html.hpp"
#include "service/status/markup.hpp"
#include "service/status/needs.hpp"
#include "service/status/page_sections.hpp"
#include "service/status/page_style.hpp"
#include "service/status/text.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::service::status {

namespace {

std::string digest_of(const std::string& text) {
  const Digest digest = crypto::sha256(as_bytes(text));
  return "'sha256-" + base64(digest.bytes) + "'";
}

/// Whether it takes work; green only if nothing that it knows of needs anybody.
std::string state_html(const Snapshot& snapshot, bool well) {
  if (snapshot.draining) return badge_html(Tone::kWarn, "draining");
  if (!snapshot.ready()) return badge_html(Tone::kBad, "not ready");
  return well ? badge_html(Tone::kGood, "ready") : badge_html(Tone::kWarn, "ready, but see below");
}

/// What did not answer may need somebody.
std::string needs_html(const std::vector<Need>& needs, bool current) {
  if (needs.empty()) return current ? "<p class=\"well\">Nothing here needs anybody.</p>\n" : "";
  std::string list = "<ul class=\"needs\">\n";
  for (std::size_t i = 0; i < needs.size(); ++i) {
    const auto& need = needs[i];
    list += std::string("<li class=\"") + style_of(need.tone) + "\">" + sign_html(need.tone) +
            "<a id=\"need-" + std::to_string(i) + "\" href=\"#" + need.anchor + "\">" +
            escape_html(need.text) + "</a></li>\n";
  }
  return section_html("needs", "Needs somebody", list + "</ul>\n");
}

std::string head_html(const Snapshot& snapshot, const std::vector<Need>& needs) {
  std::string out = std::string("<header><h1>") + kMark + "<span>" + escape_html(snapshot.name) +
                    (snapshot.name == snapshot.role ? "" : " " + span_html("role", snapshot.role)) +
                    "</span></h1>" + state_html(snapshot, needs.empty() && snapshot.current()) +
                    "</header>\n<p class=\"facts\"><span>party " + escape_html(snapshot.party) +
                    "</span><span>spud " + escape_html(snapshot.version) + "</span><span>up " +
                    span_text(snapshot.up_millis) + "</span><span>" + moment_text(snapshot.unix_millis) +
                    " UTC</span></p>\n";
  if (!snapshot.current()) {
    out += "<p class=\"notice\" role=\"status\">" +
           (snapshot.heard ? "This is as it was " + span_text(snapshot.age_millis) + " ago"
                           : std::string("Not all of it has answered yet")) +
           (snapshot.silence.empty() ? "" : ": " + escape_html(snapshot.silence)) + "</p>\n";
  }
  return out + needs_html(needs, snapshot.current());
}

std::string curves_html(const Snapshot& snapshot) {
  std::string out;
  for (const auto& series : snapshot.series) {
    if (series.values.empty()) continue;
    const auto most = *std::ranges::max_element(series.values);
    out += tile_html(series.name, value_text(series.values.back(), series.unit),
                     "at most " + value_text(most, series.unit), curve_html(series));
  }
  return out;
}

std::string checks_html(const Snapshot& snapshot) {
  TableHtml table("What must hold before it takes work", {"Check", "State"});
  for (const auto& check : snapshot.checks) {
    table.row(anchor_of(check)).cell(check.name);
    table.cell_html(check.ok ? badge_html(Tone::kGood, "holds")
                             : badge_html(Tone::kBad, "fails") + " " + escape_html(check.reason),
                    "wide");
  }
  return table.empty() ? "" : section_html("checks", "Readiness", table.html());
}

std::string ends_text(const CertificateRow& row) {
  return utc_text(row.valid.not_after, kUtcDate);
}

/// Those that need nobody are folded away: they are many and say the same.
std::string certificates_html(const Snapshot& snapshot) {
  if (snapshot.certificates.empty()) return "";
  TableHtml due("Those that are due for renewal", {"Certificate", "Ends", "In"});
  TableHtml fine("Its own, and of each authority that it believes", {"Certificate", "Ends", "In"});
  const CertificateRow* first = nullptr;
  std::size_t count = 0;
  for (const auto& row : snapshot.certificates) {
    const auto tone = tone_of(row, snapshot.unix_millis);
    const auto left = row.valid.not_after * 1000 - snapshot.unix_millis;
    auto& table = tone == Tone::kGood ? fine : due;
    table.row(anchor_of(row)).cell(row.name).cell(ends_text(row));
    table.cell_html(badge_html(tone, left <= 0 ? "has ended" : span_text(left)));
    if (tone != Tone::kGood) continue;
    ++count;
    if (first == nullptr || row.valid.not_after < first->valid.not_after) first = &row;
  }
  auto html = due.html();
  if (first != nullptr) {
    const auto line = count == 1 ? "holds until " : "hold, the first until ";
    html += fold_html("certificates-fine",
                      badge_html(Tone::kGood, std::to_string(count)) + " " + line + "<time>" +
                          ends_text(*first) + "</time>",
                      fine.html());
  }
  return section_html("certificates", "Certificates", html);
}

std::string disks_html(const Snapshot& snapshot) {
  TableHtml table("What the disk under each store has left; with less than it needs no new work is taken",
                  {"Store", "Free", "Needs"});
  for (const auto& disk : snapshot.disks) {
    table.row(anchor_of(disk)).cell(disk.name);
    const auto free = bytes_text(static_cast<double>(disk.free_bytes));
    table.cell_html(is_low(disk) ? badge_html(Tone::kBad, free) : free, "number");
    table.number(bytes_text(static_cast<double>(disk.min_free_bytes)));
  }
  return table.empty() ? "" : section_html("disks", "Stores", table.html());
}

std::string peers_html(const Snapshot& snapshot) {
  TableHtml table("Links, opened as the peer likes where incoming; bytes since it started",
                  {"Peer", "State", "Round trip", "Sent", "Received"});
  for (const auto& peer : snapshot.peers) {
    table.row(anchor_of(peer)).cell(peer.peer);
    const auto tone = !peer.up ? Tone::kQuiet : *peer.up ? Tone::kGood : Tone::kBad;
    table.cell_html(badge_html(tone, link_text(peer, snapshot.role)));
    table.number(peer.round_trip_seconds ? round_trip_text(*peer.round_trip_seconds) : "–");
    table.number(bytes_text(static_cast<double>(peer.sent_bytes)));
    table.number(bytes_text(static_cast<double>(peer.received_bytes)));
  }
  return table.empty() ? "" : section_html("peers", "Peers", table.html());
}

Sections sections_of(std::monostate, const Snapshot&) {
  return {};
}

}  // namespace

std::string progress_html(const JobProgress& progress) {
  const auto rest = rest_text(progress);
  return bar_html(share_done(progress)) + escape_html(step_text(progress)) +
         (rest.empty() ? "" : span_html("soft", rest));
}

std::string content_policy() {
  return "default-src 'none'; style-src " + digest_of(kStyle) + "; script-src " + digest_of(kScript) +
         "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

std::string page(const Snapshot& snapshot) {
  const auto sections =
      std::visit([&](const auto& view) { return sections_of(view, snapshot); }, snapshot.view);
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width,initial-scale=1\"><title>spud " +
         escape_html(snapshot.role + " " + snapshot.name) + "</title><link rel=\"icon\" href=\"" + kIcon +
         "\"><noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript><style>" + kStyle +
         "</style></head><body>\n<div id=\"page\">" + head_html(snapshot, needs_of(snapshot)) +
         "<main>\n<dl class=\"tiles\">\n" + sections.tiles + curves_html(snapshot) + "</dl>\n" +
         sections.sections + peers_html(snapshot) + "<div class=\"columns\">\n" + sections.small +
         checks_html(snapshot) + certificates_html(snapshot) + disks_html(snapshot) +
         "</div>\n</main></div>\n<p class=\"notice\" id=\"silent\" role=\"status\" hidden></p>\n<footer><a "
         "href=\"/status.json\">status.json</a><a href=\"/metrics\">metrics</a><a "
         "href=\"/readyz\">readyz</a><a "
         "href=\"/healthz\">healthz</a><button id=\"pause\" type=\"button\" aria-pressed=\"false\" "
         "hidden>Pause</button></footer>\n<script>" +
         kScript + "</script></body></html>\n";
}

}  // namespace spud::service::status
