// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "service/status/view.hpp"

/// Pieces of a page. What is called html is markup; whatever is called text is escaped here.
namespace spud::service::status {

/// How a state is meant. Each has a sign and a colour, and words beside them.
enum class Tone { kGood, kBusy, kWarn, kBad, kQuiet };
std::string badge_html(Tone tone, const std::string& text);
/// The name of its style, "good".
const char* style_of(Tone tone);
/// Its sign alone, where the words stand beside it.
std::string sign_html(Tone tone);

/// "<span class=soft>text</span>" and the like.
std::string span_html(const char* style, const std::string& text);
/// Of a digest that are shown at once.
inline constexpr std::size_t kDigestDigits = 12;
/// The first digits of a digest, the rest on demand.
std::string digest_html(const std::string& hex);
/// A moment, UTC, and how long ago.
std::string moment_html(std::int64_t unix_millis, std::int64_t now_unix_millis);

/// How much of something there is, 0 to 1; words must stand beside it.
std::string bar_html(double share, Tone tone = Tone::kBusy);

/// A curve without axes; its words are in its label.
std::string curve_html(const Series& series);

/// A figure that should be seen at once. `more_html` may be a bar or a curve; a tone says whether it is as it
/// should be, kQuiet that nobody can tell.
std::string tile_html(const std::string& name, const std::string& figure, const std::string& note,
                      const std::string& more_html = {}, Tone tone = Tone::kQuiet);

/// A table that becomes one card a row where there is no room for columns. The first column names the row.
class TableHtml {
 public:
  TableHtml(const char* caption, std::vector<const char*> heads)
      : caption_(caption), heads_(std::move(heads)), numbers_(heads_.size()) {}

  /// Begins a row. `anchor` is where links to it lead.
  TableHtml& row(const std::string& anchor = {});
  TableHtml& cell_html(const std::string& html, const char* style = "");
  TableHtml& cell(const std::string& text, const char* style = "");
  TableHtml& number(const std::string& text) { return cell(text, "number"); }

  bool empty() const { return rows_ == 0; }
  /// With a line that says how many rows were left out.
  std::string html(std::uint64_t left_out = 0) const;

 private:
  const char* caption_;
  std::vector<const char*> heads_;
  std::vector<bool> numbers_;  ///< by column
  std::string body_;
  std::size_t rows_ = 0, cells_ = 0;
};

/// What is there for whoever wants it: a line, and behind it the rest. The script keeps it open by its id.
std::string fold_html(const char* id, const std::string& line_html, const std::string& html);

/// A section of the page under a heading.
std::string section_html(const char* id, const char* heading, const std::string& html);

}  // namespace spud::service::status
