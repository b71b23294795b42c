// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/shape.hpp"

namespace spud::ops::plain {

/// Steps in elements between neighbours along each dimension; 0 repeats, negative walks backwards.
using Strides = std::vector<std::int64_t>;

/// Walks N strided views of one shape together, row by row in row-major order. Calls row(offsets, length)
/// with the offset of each view's first element of the row; within a row, view v advances by
/// strides[v].back() (0 for a scalar).
template <std::size_t N, class Row>
void for_each_row(const Shape& shape, const std::array<Strides, N>& strides,
                  std::array<std::int64_t, N> offsets, Row&& row) {
  for (const auto& s : strides) SPUD_CHECK(s.size() == shape.size(), "a view has one stride a dimension");
  SPUD_CHECK(shape.size() <= limits::kTensorRank, "shapes are verified before they are walked");
  for (auto size : shape) {
    if (size == 0) return;
  }
  if (shape.empty()) {
    row(offsets, std::int64_t{1});
    return;
  }
  std::size_t outer = shape.size() - 1;
  std::array<std::int64_t, limits::kTensorRank> index{};
  while (true) {
    row(offsets, shape[outer]);
    std::size_t d = outer;
    while (true) {
      if (d == 0) return;
      --d;
      for (std::size_t v = 0; v < N; ++v) offsets[v] += strides[v][d];
      if (++index[d] < shape[d]) break;
      for (std::size_t v = 0; v < N; ++v) offsets[v] -= strides[v][d] * shape[d];
      index[d] = 0;
    }
  }
}

inline std::int64_t inner_stride(const Strides& strides) {
  return strides.empty() ? 0 : strides.back();
}

/// A strided view of a buffer.
struct View {
  Strides strides;
  std::int64_t offset = 0;
};

/// to[view] = from[view], over `shape`.
template <class T>
void copy_rows(const Shape& shape, T* to, const View& to_view, const T* from, const View& from_view) {
  std::int64_t to_step = inner_stride(to_view.strides);
  std::int64_t from_step = inner_stride(from_view.strides);
  for_each_row<2>(shape, {to_view.strides, from_view.strides}, {to_view.offset, from_view.offset},
                  [&](const std::array<std::int64_t, 2>& at, std::int64_t length) {
                    T* out = to + at[0];
                    const T* in = from + at[1];
                    if (to_step == 1 && from_step == 1) {
                      for (std::int64_t i = 0; i < length; ++i) out[i] = in[i];
                    } else {
                      for (std::int64_t i = 0; i < length; ++i) out[i * to_step] = in[i * from_step];
                    }
                  });
}

}  // namespace spud::ops::plain
