// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "ops/plain/element.hpp"
#include "ops/plain/families.hpp"
#include "ops/plain/rows.hpp"

namespace spud::ops::plain {
namespace {

/// One operand seen as [batch, rows, columns], each group of dimensions in the order that its list gives.
struct Matrix {
  Shape shape;      // of the walk: batch dimensions, then row dimensions, then column dimensions
  Strides strides;  // in the operand
  std::int64_t batch = 1, rows = 1, columns = 1;
};

std::vector<std::int64_t> free_dimensions(std::size_t rank, const std::vector<std::int64_t>& contracting,
                                          const std::vector<std::int64_t>& batch) {
  std::vector<std::int64_t> out;
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(rank); ++d) {
    if (std::ranges::find(contracting, d) == contracting.end() &&
        std::ranges::find(batch, d) == batch.end()) {
      out.push_back(d);
    }
  }
  return out;
}

Matrix as_matrix(const Shape& shape, const std::vector<std::int64_t>& batch,
                 const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& columns) {
  SPUD_CHECK(batch.size() + rows.size() + columns.size() == shape.size(),
             "a dot names each dimension at most once");
  Strides own = dense_strides(shape);
  Matrix out;
  auto take = [&](const std::vector<std::int64_t>& group, std::int64_t& count) {
    for (auto d : group) {
      SPUD_CHECK(d >= 0 && static_cast<std::size_t>(d) < shape.size(), "a dot's dimension exists");
      out.shape.push_back(shape[d]);
      out.strides.push_back(own[d]);
      count *= shape[d];
    }
  };
  take(batch, out.batch);
  take(rows, out.rows);
  take(columns, out.columns);
  return out;
}

/// Dense copy in walk order, widened to what sums are held in.
template <class Element, class Sum>
std::vector<Sum> gather(const Literal& x, const Matrix& matrix) {
  std::vector<Sum> out(static_cast<std::size_t>(x.elements()));
  auto from = x.as<typename Element::Storage>();
  std::size_t next = 0;
  std::int64_t step = inner_stride(matrix.strides);
  for_each_row<1>(matrix.shape, {matrix.strides}, {0},
                  [&](const std::array<std::int64_t, 1>& at, std::int64_t length) {
                    for (std::int64_t i = 0; i < length; ++i)
                      out[next++] = static_cast<Sum>(Element::load(from[at[0] + i * step]));
                  });
  return out;
}

}  // namespace

Literal dot(const Literal& lhs, const Literal& rhs, const DotDimensions& dimensions,
            const TensorType& result) {
  SPUD_CHECK(lhs.dtype() == rhs.dtype() && lhs.dtype() == result.dtype, "a dot is of one element type");
  Matrix a = as_matrix(lhs.shape(), dimensions.lhs_batch,
                       free_dimensions(lhs.shape().size(), dimensions.lhs_contracting, dimensions.lhs_batch),
                       dimensions.lhs_contracting);
  Matrix b = as_matrix(rhs.shape(), dimensions.rhs_batch, dimensions.rhs_contracting,
                       free_dimensions(rhs.shape().size(), dimensions.rhs_contracting, dimensions.rhs_batch));
  SPUD_CHECK(a.batch == b.batch && a.columns == b.rows, "a dot's batch and contracting dimensions agree");
  SPUD_CHECK(result.elements() == a.batch * a.rows * b.columns, "a dot's result is batch, rows, columns");
  Literal out(result);
  visit_element(result.dtype, [&]<class Element>() {
    // Integers and pred are summed modulo 2^64, of which the result is the low bits (pred: whether any
    // product is true).
    using Sum = std::conditional_t<kIsFloat<Element>, double, std::uint64_t>;
    auto left = gather<Element, Sum>(lhs, a);
    auto right = gather<Element, Sum>(rhs, b);
    auto to = out.writable<typename Element::Storage>();
    auto n = static_cast<std::size_t>(b.columns);
    auto k = static_cast<std::size_t>(b.rows);
    std::vector<Sum> sums(n);
    for (std::size_t i = 0; i < static_cast<std::size_t>(a.batch * a.rows); ++i) {
      const Sum* row = left.data() + i * k;
      const Sum* block = right.data() + i / static_cast<std::size_t>(a.rows) * k * n;
      std::ranges::fill(sums, Sum{0});
      // The sum of one element runs over the contracted dimensions in order, whatever the compiler
      // vectorises.
      for (std::size_t c = 0; c < k; ++c) {
        for (std::size_t j = 0; j < n; ++j) sums[j] += row[c] * block[c * n + j];
      }
      for (std::size_t j = 0; j < n; ++j)
        to[i * n + j] = Element::store(
            static_cast<std::conditional_t<kIsFloat<Element>, double, typename Element::Value>>(sums[j]));
    }
  });
  return out;
}

}  // namespace spud::ops::plain
