// SPDX-License-Identifier: Apache-2.0
#include "app/top/columns.hpp"

#include <algorithm>
#include <numeric>

#include "base/check.hpp"

namespace spud::app::top {

namespace {

constexpr std::size_t kGap = 2;

const char* code_of(Ink ink) {
  switch (ink) {
    case Ink::kPlain:
      return "";
    case Ink::kStrong:
      return "\033[1m";
    case Ink::kSoft:
      return "\033[2m";
    case Ink::kGood:
      return "\033[32m";
    case Ink::kBusy:
      return "\033[36m";
    case Ink::kWarn:
      return "\033[33m";
    case Ink::kBad:
      return "\033[31m";
  }
  return "";
}

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

}  // namespace

std::string inked(const std::string& text, Ink ink, bool colours) {
  return !colours || ink == Ink::kPlain || text.empty() ? text : code_of(ink) + text + "\033[0m";
}

std::string plain(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (begins_character(c)) out += c >= ' ' && c <= '~' ? c : '?';
  }
  return out;
}

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string cut(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return text;
  if (width == 0) return "";
  std::string out;
  std::size_t taken = 0;
  for (char c : text) {
    if (begins_character(c) && ++taken == width) break;
    out += c;
  }
  return out + "~";
}

std::vector<std::size_t> Columns::widths(std::size_t width, std::size_t rows) const {
  std::vector<std::size_t> widths;
  for (std::size_t h = 0; h < heads_.size(); ++h) {
    std::size_t widest = width_of(heads_[h].text);
    for (std::size_t r = 0; r < std::min(rows, rows_.size()); ++r)
      widest = std::max(widest, width_of(rows_[r][h].text));
    widths.push_back(widest);
  }
  auto total = [&] { return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1)); };
  while (total() > width) {
    std::size_t widest = heads_.size();
    for (std::size_t h = 0; h < heads_.size(); ++h) {
      const bool gives = heads_[h].least > 0 && widths[h] > heads_[h].least;
      if (gives && (widest == heads_.size() || widths[h] > widths[widest])) widest = h;
    }
    if (widest == heads_.size()) break;  // the end of the line is cut
    --widths[widest];
  }
  return widths;
}

std::vector<std::string> Columns::lines(std::size_t width, std::size_t rows, bool colours) const {
  const auto columns = widths(width, rows);
  auto line = [&](const std::vector<Cell>& cells) {
    SPUD_CHECK(cells.size() == heads_.size(), "a cell for every head");
    std::string out;
    std::size_t used = 0;
    for (std::size_t c = 0; c < cells.size() && used < width; ++c) {
      const auto room = std::min(columns[c], width - used);
      const auto text = cut(cells[c].text, room);
      const std::string space(room - width_of(text), ' ');
      const bool last = c + 1 == cells.size();
      if (heads_[c].right) out += space;
      out += inked(text, cells[c].ink, colours);
      if (!heads_[c].right && !last) out += space;
      used += room;
      if (!last) out += std::string(std::min(kGap, width - used), ' ');
      used += kGap;
    }
    if (const auto end = out.find_last_not_of(' '); end != std::string::npos) out.resize(end + 1);
    return out;
  };
  std::vector<Cell> heads;
  for (std::size_t h = 0; h < heads_.size(); ++h)
    heads.push_back({heads_[h].text, h == 0 ? Ink::kStrong : Ink::kSoft});
  std::vector<std::string> out{line(heads)};
  for (std::size_t r = 0; r < std::min(rows, rows_.size()); ++r) out.push_back(line(rows_[r]));
  return out;
}

}  // namespace spud::app::top
