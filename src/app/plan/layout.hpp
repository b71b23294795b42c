// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace spud::app::plan {

/// A box, placed by its middle across and its top.
struct Box {
  double width = 0, height = 0;
  double x = 0, y = 0;
};

struct Point {
  double x = 0, y = 0;
};

/// From the bottom of one box to the top of a later one, through the layers between.
struct Edge {
  std::size_t from = 0, to = 0;
  std::vector<Point> bends;
};

/// A graph without cycles: every edge leads from a box to one after it.
struct Layout {
  std::vector<Box> boxes;  ///< sizes are given, places are found
  std::vector<Edge> edges;
  double width = 0, height = 0;
};

/// Puts boxes in layers, each below all that it has edges from, orders the layers so that few edges cross,
/// and moves boxes towards their neighbours. What comes from nothing stands just above the first
/// that needs it.
void lay_out(Layout& layout);

}  // namespace spud::app::plan
