// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace spud::app::top {

/// How a text is meant; a colour where there are colours.
enum class Ink { kPlain, kStrong, kSoft, kGood, kBusy, kWarn, kBad };

/// A text with its colour, which takes no room.
std::string inked(const std::string& text, Ink ink, bool colours);

/// Text of others: printable ASCII stays, everything else is a question mark.
std::string plain(const std::string& text);

/// How many columns a text of ASCII and block characters takes.
std::size_t width_of(const std::string& text);
/// Cut to a width, saying so.
std::string cut(const std::string& text, std::size_t width);

/// Rows under heads, aligned. Where they are too wide, the widest column that may be cut gives way first.
class Columns {
 public:
  struct Head {
    std::string text;
    bool right = false;     ///< figures
    std::size_t least = 0;  ///< may be cut down to so much; 0: may not
  };
  struct Cell {
    std::string text;
    Ink ink = Ink::kPlain;
  };
  explicit Columns(std::vector<Head> heads) : heads_(std::move(heads)) {}

  void row(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  std::size_t rows() const { return rows_.size(); }

  /// The heads and the first rows, `rows` at the most.
  std::vector<std::string> lines(std::size_t width, std::size_t rows, bool colours) const;

 private:
  std::vector<std::size_t> widths(std::size_t width, std::size_t rows) const;

  std::vector<Head> heads_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace spud::app::top
