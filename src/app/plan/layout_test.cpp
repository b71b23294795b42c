// SPDX-License-Identifier: Apache-2.0
#include "app/plan/layout.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace spud::app::plan {
namespace {

Layout layout_of(std::size_t boxes, const std::vector<std::pair<std::size_t, std::size_t>>& edges) {
  Layout layout;
  for (std::size_t b = 0; b < boxes; ++b)
    layout.boxes.push_back({40 + 7.0 * static_cast<double>(b % 5), 30, 0, 0});
  for (const auto& [from, to] : edges) layout.edges.push_back({from, to, {}});
  lay_out(layout);
  return layout;
}

void expect_drawable(const Layout& layout) {
  const auto& boxes = layout.boxes;
  for (std::size_t a = 0; a < boxes.size(); ++a) {
    EXPECT_GE(boxes[a].x - boxes[a].width / 2, -1e-6);
    EXPECT_LE(boxes[a].x + boxes[a].width / 2, layout.width + 1e-6);
    EXPECT_LE(boxes[a].y + boxes[a].height, layout.height + 1e-6);
    for (std::size_t b = 0; b < a; ++b) {
      const bool apart_across = std::abs(boxes[a].x - boxes[b].x) >= (boxes[a].width + boxes[b].width) / 2;
      const bool apart_down = std::abs(boxes[a].y - boxes[b].y) >= 30;
      EXPECT_TRUE(apart_across || apart_down) << a << " lies on " << b;
    }
  }
  for (const auto& edge : layout.edges) {
    double y = boxes[edge.from].y + boxes[edge.from].height;
    EXPECT_LT(y, boxes[edge.to].y) << "edges lead down";
    for (const auto& bend : edge.bends) {
      EXPECT_GE(bend.y, y);
      y = bend.y;
    }
  }
}

TEST(Layout, PutsBoxesBelowWhatTheyComeFrom) {
  expect_drawable(layout_of(0, {}));
  expect_drawable(layout_of(3, {}));
  expect_drawable(layout_of(4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}}));
}

TEST(Layout, OfAChainIsStraightAndItsShortcutBends) {
  const auto layout = layout_of(3, {{0, 1}, {1, 2}, {0, 2}});
  EXPECT_TRUE(layout.edges[0].bends.empty());
  EXPECT_EQ(layout.edges[2].bends.size(), 2u) << "past the box between";
}

TEST(Layout, PutsASourceAboveTheFirstThatNeedsIt) {
  // 4 is a source that only 5, at the end of a chain, needs.
  const auto layout = layout_of(6, {{0, 1}, {1, 2}, {2, 3}, {3, 5}, {4, 5}});
  EXPECT_EQ(layout.boxes[4].y, layout.boxes[3].y);
}

TEST(Layout, OfManyBoxesKeepsThemApartAndNear) {
  std::vector<std::pair<std::size_t, std::size_t>> edges;
  constexpr std::size_t kBoxes = 300;
  for (std::size_t b = 3; b < kBoxes; ++b) {
    edges.emplace_back(b - 1 - b % 3, b);
    if (b % 7 == 0) edges.emplace_back(b / 2, b);
  }
  const auto layout = layout_of(kBoxes, edges);
  expect_drawable(layout);
  EXPECT_LT(layout.width, 6000);
}

}  // namespace
}  // namespace spud::app::plan
