// SPDX-License-Identifier: Apache-2.0
#include "app/plan/layout.hpp"

#include <algorithm>
#include <limits>

namespace spud::app::plan {
namespace {

constexpr double kBetweenBoxes = 18, kBetweenLayers = 34, kBendWidth = 6;
constexpr std::size_t kMostBends = 6000;  // beyond, edges go straight
constexpr int kSweeps = 12;
constexpr double kWeightOfEnds = 0.02;
constexpr double kPull = 0.05;  // to the middle, or long drawings would drift away

/// A box, or the place where a long edge crosses a layer.
struct Place {
  double width = 0, x = 0;
  std::size_t layer = 0;
  std::vector<std::size_t> above, below;  ///< neighbours in the layers next to it
};

class Layers {
 public:
  explicit Layers(Layout& layout) : layout_(layout) {
    choose_layers();
    place_bends();
    for (std::size_t i = 0; i < places_.size(); ++i) layers_[places_[i].layer].push_back(i);
  }

  void arrange() {
    for (auto& layer : layers_) spread(layer, {});
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      const bool down = sweep % 2 == 0;
      for (std::size_t l = 0; l < layers_.size(); ++l)
        order(layers_[down ? l : layers_.size() - 1 - l], down);
    }
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      const bool down = sweep % 2 == 0;
      for (std::size_t l = 0; l < layers_.size(); ++l) {
        auto& layer = layers_[down ? l : layers_.size() - 1 - l];
        std::vector<double> wishes;
        for (auto p : layer) wishes.push_back(wish(places_[p], down || sweep + 2 >= kSweeps, !down));
        spread(layer, wishes);
      }
    }
  }

  void write_back() {
    double left = std::numeric_limits<double>::max(), right = 0;
    for (const auto& place : places_) left = std::min(left, place.x - place.width / 2);
    std::vector<double> tops, bottoms;
    double y = 0;
    for (const auto& layer : layers_) {
      double height = 0;
      for (auto p : layer) height = std::max(height, p < boxes() ? layout_.boxes[p].height : 0);
      tops.push_back(y);
      bottoms.push_back(y + height);
      y += height + kBetweenLayers;
    }
    for (std::size_t p = 0; p < places_.size(); ++p) {
      places_[p].x -= left;
      right = std::max(right, places_[p].x + places_[p].width / 2);
    }
    for (std::size_t b = 0; b < boxes(); ++b) {
      layout_.boxes[b].x = places_[b].x;
      layout_.boxes[b].y = tops[places_[b].layer];
    }
    for (const auto& [edge, p] : bends_) {
      // Straight past the boxes of the layer.
      layout_.edges[edge].bends.push_back({places_[p].x, tops[places_[p].layer]});
      layout_.edges[edge].bends.push_back({places_[p].x, bottoms[places_[p].layer]});
    }
    layout_.width = right;
    layout_.height = bottoms.empty() ? 0 : bottoms.back();
  }

 private:
  std::size_t boxes() const { return layout_.boxes.size(); }

  void choose_layers() {
    places_.resize(boxes());
    std::vector<std::size_t> first_user(boxes(), std::numeric_limits<std::size_t>::max());
    std::vector<std::vector<std::size_t>> from(boxes());
    for (const auto& edge : layout_.edges) from[edge.to].push_back(edge.from);
    std::size_t count = 1;
    for (std::size_t b = 0; b < boxes(); ++b) {
      places_[b].width = layout_.boxes[b].width;
      for (auto f : from[b]) places_[b].layer = std::max(places_[b].layer, places_[f].layer + 1);
      count = std::max(count, places_[b].layer + 1);
    }
    // What has one use, and comes from nothing or from one such: it can sink.
    std::vector<std::size_t> uses(boxes(), 0);
    for (const auto& edge : layout_.edges) ++uses[edge.from];
    std::vector<bool> sinks(boxes());
    for (std::size_t b = 0; b < boxes(); ++b) {
      sinks[b] = from[b].empty() || (from[b].size() == 1 && sinks[from[b][0]] && uses[from[b][0]] == 1);
    }
    for (std::size_t b = boxes(); b-- > 0;) {
      if (sinks[b] && first_user[b] <= count) places_[b].layer = first_user[b] - 1;
      for (auto f : from[b]) first_user[f] = std::min(first_user[f], places_[b].layer);
    }
    layers_.resize(boxes() == 0 ? 0 : count);
  }

  void place_bends() {
    std::size_t needed = 0;
    for (const auto& edge : layout_.edges) needed += places_[edge.to].layer - places_[edge.from].layer - 1;
    for (std::size_t e = 0; e < layout_.edges.size(); ++e) {
      const auto& edge = layout_.edges[e];
      std::size_t last = edge.from;
      if (needed <= kMostBends) {
        for (std::size_t l = places_[edge.from].layer + 1; l < places_[edge.to].layer; ++l) {
          places_.push_back({kBendWidth, 0, l, {}, {}});
          bends_.emplace_back(e, places_.size() - 1);
          join(last, places_.size() - 1);
          last = places_.size() - 1;
        }
      }
      join(last, edge.to);
    }
  }

  void join(std::size_t upper, std::size_t lower) {
    places_[upper].below.push_back(lower);
    places_[lower].above.push_back(upper);
  }

  /// Where its neighbours would have it; where it is if it has none there.
  double wish(const Place& place, bool by_above, bool by_below) const {
    double sum = 0, weight = 0;
    auto take = [&](std::size_t n, bool is_end) {
      // Ends come to their neighbours, or chains would drift after their inputs.
      const double w = is_end ? kWeightOfEnds : 1;
      sum += w * places_[n].x;
      weight += w;
    };
    if (by_above) {
      for (auto n : place.above) take(n, places_[n].above.empty());
    }
    if (by_below) {
      for (auto n : place.below) take(n, places_[n].below.empty());
    }
    return weight == 0 ? place.x : sum / (weight + kPull);
  }

  void order(std::vector<std::size_t>& layer, bool down) {
    std::vector<std::pair<double, std::size_t>> wishes;
    for (auto p : layer) wishes.emplace_back(wish(places_[p], down, !down), p);
    std::ranges::stable_sort(wishes, [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < layer.size(); ++i) layer[i] = wishes[i].second;
    spread(layer, {});
  }

  /// Places a layer in its order without overlaps, as near to the wishes as can be: the mean of those that
  /// push each other. Without wishes, side by side around the middle.
  void spread(const std::vector<std::size_t>& layer, const std::vector<double>& wishes) {
    std::vector<double> offsets;
    double at = 0;
    for (std::size_t i = 0; i < layer.size(); ++i) {
      const double half = places_[layer[i]].width / 2;
      if (i > 0) at += kBetweenBoxes + half;
      offsets.push_back(at + (i == 0 ? half : 0));
      at = offsets.back() + half;
    }
    if (wishes.empty()) {
      for (std::size_t i = 0; i < layer.size(); ++i) places_[layer[i]].x = offsets[i] - at / 2;
      return;
    }
    struct Group {
      double sum;
      std::size_t count;
      double mean() const { return sum / static_cast<double>(count); }
    };
    std::vector<Group> groups;
    for (std::size_t i = 0; i < layer.size(); ++i) {
      groups.push_back({wishes[i] - offsets[i], 1});
      while (groups.size() > 1 && groups[groups.size() - 2].mean() > groups.back().mean()) {
        const Group last = groups.back();
        groups.pop_back();
        groups.back().sum += last.sum;
        groups.back().count += last.count;
      }
    }
    std::size_t i = 0;
    for (const auto& group : groups) {
      for (std::size_t k = 0; k < group.count; ++k, ++i) places_[layer[i]].x = group.mean() + offsets[i];
    }
  }

  Layout& layout_;
  std::vector<Place> places_;  ///< boxes first, then bends
  std::vector<std::vector<std::size_t>> layers_;
  std::vector<std::pair<std::size_t, std::size_t>> bends_;  ///< edge and place, from top to bottom
};

}  // namespace

void lay_out(Layout& layout) {
  if (layout.boxes.empty()) return;
  Layers layers(layout);
  layers.arrange();
  layers.write_back();
}

}  // namespace spud::app::plan
