// SPDX-License-Identifier: Apache-2.0
#include "service/status/markup.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "base/check.hpp"
#include "base/html.hpp"
#include "service/status/text.hpp"

namespace spud::service::status {

namespace {

constexpr char kNothing[] = "–";

const char* sign_of(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "✓";
    case Tone::kBusy:
      return "▸";
    case Tone::kWarn:
      return "!";
    case Tone::kBad:
      return "✕";
    case Tone::kQuiet:
      return "–";
  }
  return "–";
}

/// One digit after the point is a tenth of a pixel.
std::string coordinate(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

}  // namespace

const char* style_of(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "good";
    case Tone::kBusy:
      return "busy";
    case Tone::kWarn:
      return "warn";
    case Tone::kBad:
      return "bad";
    case Tone::kQuiet:
      return "quiet";
  }
  return "quiet";
}

std::string sign_html(Tone tone) {
  return std::string("<span class=\"sign\" aria-hidden=\"true\">") + sign_of(tone) + "</span>";
}

std::string badge_html(Tone tone, const std::string& text) {
  return std::string("<span class=\"badge ") + style_of(tone) + "\"><span aria-hidden=\"true\">" +
         sign_of(tone) + "</span> " + escape_html(text) + "</span>";
}

std::string span_html(const char* style, const std::string& text) {
  return std::string("<span class=\"") + style + "\">" + escape_html(text) + "</span>";
}

std::string digest_html(const std::string& hex) {
  return "<code title=\"" + escape_html(hex) + "\">" + escape_html(hex.substr(0, kDigestDigits)) + "</code>";
}

std::string moment_html(std::int64_t unix_millis, std::int64_t now_unix_millis) {
  if (unix_millis == 0) return "–";
  const auto ago = heard_text(std::max<std::int64_t>(0, now_unix_millis - unix_millis));
  return "<time datetime=\"" + utc_text(unix_millis / 1000, kUtcStamp) + "\" title=\"" +
         moment_text(unix_millis) + " UTC\">" + ago + "</time>";
}

std::string bar_html(double share, Tone tone) {
  share = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0;
  return std::string("<svg class=\"bar ") + style_of(tone) +
         "\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"bed\" "
         "width=\"100\" height=\"8\"/><rect class=\"fill\" width=\"" +
         coordinate(100 * share) + "\" height=\"8\"/></svg>";
}

std::string curve_html(const Series& series) {
  constexpr double kWidth = 120, kHeight = 28, kMargin = 2;
  const auto& values = series.values;
  if (values.size() < 2) return "";
  const double most = *std::ranges::max_element(values);
  // A level that hardly moves should look like it, so the curve stands on zero.
  const double scale = most > 0 ? (kHeight - 2 * kMargin) / most : 0;
  std::string points;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = kWidth * static_cast<double>(i) / static_cast<double>(values.size() - 1);
    points += (i == 0 ? "" : " ") + coordinate(x) + "," + coordinate(kHeight - kMargin - scale * values[i]);
  }
  const auto span = span_text(static_cast<std::int64_t>(values.size()) * series.step_millis);
  const auto label = series.name + " in the last " + span + ": now " +
                     value_text(values.back(), series.unit) + ", at most " + value_text(most, series.unit);
  return "<svg class=\"curve\" viewBox=\"0 0 120 28\" preserveAspectRatio=\"none\" role=\"img\" "
         "aria-label=\"" +
         escape_html(label) + "\"><title>" + escape_html(label) + "</title><polygon points=\"0,28 " + points +
         " 120,28\"/><polyline points=\"" + points + "\"/></svg>";
}

std::string tile_html(const std::string& name, const std::string& figure, const std::string& note,
                      const std::string& more_html, Tone tone) {
  const bool toned = tone != Tone::kQuiet;
  std::string out = std::string("<div class=\"tile") + (toned ? std::string(" ") + style_of(tone) : "") +
                    "\"><dt>" + escape_html(name) + (toned ? sign_html(tone) : "") + "</dt><dd><b>" +
                    escape_html(figure) + "</b>";
  if (!note.empty()) out += "<small>" + escape_html(note) + "</small>";
  return out + more_html + "</dd></div>\n";
}

TableHtml& TableHtml::row(const std::string& anchor) {
  SPUD_CHECK(rows_ == 0 || cells_ == heads_.size(), "a cell for every head");
  body_ += std::string(rows_ == 0 ? "" : "</tr>\n") + "<tr role=\"row\"" +
           (anchor.empty() ? "" : " id=\"" + escape_html(anchor) + "\"") + ">";
  ++rows_;
  cells_ = 0;
  return *this;
}

TableHtml& TableHtml::cell_html(const std::string& html, const char* style) {
  SPUD_CHECK(rows_ > 0 && cells_ < heads_.size(), "no more cells than heads");
  const bool names_row = cells_ == 0;
  if (std::string_view(style) == "number") numbers_[cells_] = true;
  // A phone leaves out what is empty.
  const bool empty = html.empty() || html == kNothing;
  const auto classes = std::string(style) + (empty ? " empty" : "");
  // The head is said again in each cell, for where there are no columns.
  body_ += names_row ? "<th scope=\"row\" role=\"rowheader\">" + html + "</th>"
                     : "<td role=\"cell\"" + (classes.empty() ? "" : " class=\"" + classes + "\"") +
                           " data-head=\"" + escape_html(heads_[cells_]) + "\"><span>" +
                           (empty ? kNothing : html) + "</span></td>";
  ++cells_;
  return *this;
}

TableHtml& TableHtml::cell(const std::string& text, const char* style) {
  return cell_html(escape_html(text), style);
}

std::string TableHtml::html(std::uint64_t left_out) const {
  if (empty()) return "";
  SPUD_CHECK(cells_ == heads_.size(), "a cell for every head");
  std::string out = "<div class=\"scroll\"><table role=\"table\"><caption>" + escape_html(caption_) +
                    "</caption><thead role=\"rowgroup\"><tr role=\"row\">";
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    out += std::string("<th scope=\"col\" role=\"columnheader\"") + (numbers_[i] ? " class=\"number\"" : "") +
           ">" + escape_html(heads_[i]) + "</th>";
  }
  out += "</tr></thead>\n<tbody role=\"rowgroup\">" + body_ + "</tr></tbody></table></div>\n";
  if (left_out > 0) out += "<p class=\"soft\">and " + std::to_string(left_out) + " more</p>\n";
  return out;
}

std::string fold_html(const char* id, const std::string& line_html, const std::string& html) {
  return std::string("<details id=\"") + id + "\"><summary id=\"" + id + "-line\">" + line_html +
         "</summary>\n" + html + "</details>\n";
}

std::string section_html(const char* id, const char* heading, const std::string& html) {
  return std::string("<section aria-labelledby=\"") + id + "\"><h2 id=\"" + id + "\">" +
         escape_html(heading) + "</h2>\n" + html + "</section>\n";
}

}  // namespace spud::service::status
