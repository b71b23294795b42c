// SPDX-License-Identifier: Apache-2.0
// A convolution is a matrix product whose second factor has a column a position of the window and a row an
// element of the window. Over an operand with its zeros in place, element (row, column) lies at the sum of an
// offset of the row and one of the column; so the product packs it from two lists of offsets, and it is never
// written down.
#include "ring/convolution.hpp"

#include <algorithm>

#include "ring/matmul_blocks.hpp"
#include "ring/workers.hpp"

namespace spud::ring {
namespace {

using Offsets = std::vector<std::int64_t>;

/// Fewer multiplications than this do not repay waking a thread.
constexpr std::int64_t kMinimalWork = 1 << 20;

std::int64_t dilated(std::int64_t size, std::int64_t dilation) {
  return size == 0 ? 0 : (size - 1) * dilation + 1;
}
std::int64_t padded(std::int64_t size, const Convolution::Axis& axis) {
  return std::max<std::int64_t>(0, axis.low + dilated(size, axis.operand_dilation) + axis.high);
}

/// Offsets of all indices of a box, row-major: base + Σ index[d]·step[d].
Offsets offsets(const Shape& box, const Offsets& step, std::int64_t base) {
  Offsets out{base};
  for (std::size_t d = 0; d < box.size(); ++d) {
    Offsets inner;
    inner.reserve(out.size() * static_cast<std::size_t>(box[d]));
    for (auto outer : out) {
      for (std::int64_t i = 0; i < box[d]; ++i) inner.push_back(outer + i * step[d]);
    }
    out = std::move(inner);
  }
  return out;
}

/// Copies dimensions d… of `from` to where they lie in the padded operand.
template <class Word>
void copy_padded(const Tensor& from, const Tensor& to, const Convolution& how, std::size_t d,
                 const Word* source, Word* target) {
  const Convolution::Axis axis = d < 2 ? Convolution::Axis{} : how.axes[d - 2];
  const std::int64_t step = axis.operand_dilation, size = to.shape()[d];
  const std::int64_t first = axis.low >= 0 ? 0 : (-axis.low + step - 1) / step;
  const std::int64_t last = std::min(from.shape()[d], (size - axis.low + step - 1) / step);
  const std::int64_t source_step = from.strides()[d], target_step = step * to.strides()[d],
                     target_first = axis.low * to.strides()[d];
  if (d + 1 == from.shape().size()) {
    for (std::int64_t i = first; i < last; ++i)
      target[target_first + i * target_step] = source[i * source_step];
    return;
  }
  for (std::int64_t i = first; i < last; ++i) {
    copy_padded(from, to, how, d + 1, source + i * source_step, target + target_first + i * target_step);
  }
}

/// The operand with its padding and dilation in memory; itself if it has none.
Tensor with_zeros(const Tensor& x, const Convolution& how) {
  Shape shape = x.shape();
  for (std::size_t d = 0; d < how.axes.size(); ++d) shape[d + 2] = padded(shape[d + 2], how.axes[d]);
  const bool plain = std::ranges::all_of(how.axes, [](const Convolution::Axis& axis) {
    return axis.low == 0 && axis.high == 0 && axis.operand_dilation == 1;
  });
  if (plain) return x;
  Tensor out = Tensor::zeros(x.bits(), std::move(shape));
  if (x.elements() == 0 || out.elements() == 0) return out;
  with_ring(x.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    copy_padded(x, out, how, 0, x.data<Word>(), out.writable<Word>());
  });
  return out;
}

template <class Word>
void convolve_into(const Kernel<Word>& kernel, Tensor& out, Word minus, const Tensor& x, const Tensor& w,
                   const Convolution& how) {
  const std::int64_t groups = how.feature_groups * how.batch_groups;
  const std::int64_t batch = out.shape()[0], features = out.shape()[1] / groups;
  const Shape positions(out.shape().begin() + 2, out.shape().end());
  const Shape window(w.shape().begin() + 1, w.shape().end());  // with the features it meets
  const std::int64_t n = batch * element_count(positions), k = element_count(window);
  if (groups * features * n * k == 0) return;

  Shape columns{batch}, column_in_x{x.strides()[0]}, column_in_out{out.strides()[0]};
  Offsets row_in_x{x.strides()[1]}, row_in_w(w.strides().begin() + 1, w.strides().end());
  std::int64_t first = 0;
  for (std::size_t d = 0; d < how.axes.size(); ++d) {
    const auto& axis = how.axes[d];
    std::int64_t step = axis.window_dilation * x.strides()[d + 2];
    if (axis.window == Convolution::Window::kReversed) {
      first += (window[d + 1] - 1) * step;
      step = -step;
    }
    row_in_x.push_back(step);
    columns.push_back(positions[d]);
    column_in_x.push_back(axis.stride * x.strides()[d + 2]);
    column_in_out.push_back(out.strides()[d + 2]);
  }
  const Offsets x_lanes = offsets(columns, column_in_x, 0), x_depths = offsets(window, row_in_x, first),
                w_lanes = offsets({features}, {w.strides()[0]}, 0), w_depths = offsets(window, row_in_w, 0),
                out_lanes = offsets(columns, column_in_out, 0),
                out_depths = offsets({features}, {out.strides()[1]}, 0);

  // Groups follow each other along one dimension of each tensor.
  const std::int64_t x_group = how.batch_groups > 1 ? batch * x.strides()[0] : w.shape()[1] * x.strides()[1],
                     w_group = features * w.strides()[0], out_group = features * out.strides()[1];
  const std::int64_t wanted = std::min<std::int64_t>(threads(), groups * features * n * k / kMinimalWork);
  const std::int64_t parts = std::max<std::int64_t>(1, (wanted + groups - 1) / groups);
  const std::int64_t part_columns = matmul_blocks::round_up((n + parts - 1) / parts, kernel.columns);
  parallel_for(groups * parts, wanted > 1 ? 1 : groups * parts, [&](std::int64_t begin, std::int64_t end) {
    matmul_blocks::Panels<Word> panels(kernel, features, k, std::min(n, part_columns));
    for (std::int64_t part = begin; part < end; ++part) {
      const std::int64_t group = part / parts, j = part % parts * part_columns;
      if (j >= n) continue;
      using Operand = matmul_blocks::Scattered<const Word>;
      const Operand left{w.data<Word>() + group * w_group, w_lanes.data(), w_depths.data()};
      const Operand right{x.data<Word>() + group * x_group, x_lanes.data() + j, x_depths.data()};
      const matmul_blocks::Scattered<Word> to{out.writable<Word>() + group * out_group, out_lanes.data() + j,
                                              out_depths.data()};
      matmul_blocks::multiply(kernel, panels, left, right, minus, to, features, std::min(part_columns, n - j),
                              k);
    }
  });
}

}  // namespace

Shape convolution_shape(const Shape& x, const Shape& w, const Convolution& how) {
  const std::size_t rank = how.axes.size() + 2;
  SPUD_CHECK(x.size() == rank && w.size() == rank, "a convolution has an axis a spatial dimension");
  SPUD_CHECK(
      how.feature_groups >= 1 && how.batch_groups >= 1 && (how.feature_groups == 1 || how.batch_groups == 1),
      "a convolution has groups of features or of items");
  SPUD_CHECK(x[1] == w[1] * how.feature_groups && w[0] % (how.feature_groups * how.batch_groups) == 0 &&
                 x[0] % how.batch_groups == 0,
             "a convolution's operand, window and groups agree in features and items");
  Shape out{x[0] / how.batch_groups, w[0]};
  for (std::size_t d = 0; d < how.axes.size(); ++d) {
    const auto& axis = how.axes[d];
    SPUD_CHECK(axis.stride >= 1 && axis.operand_dilation >= 1 && axis.window_dilation >= 1,
               "strides and dilations are positive");
    const std::int64_t room = padded(x[d + 2], axis) - dilated(w[d + 2], axis.window_dilation);
    out.push_back(room < 0 ? 0 : room / axis.stride + 1);
  }
  return out;
}

void add_convolution(Tensor& out, Product::Sign sign, const Tensor& x, const Tensor& w,
                     const Convolution& how) {
  SPUD_CHECK(out.shape() == convolution_shape(x.shape(), w.shape(), how) && x.bits() == w.bits() &&
                 out.bits() == x.bits() && out.is_dense(),
             "a convolution is added to a dense tensor of its ring and shape");
  if (x.is_phantom() || w.is_phantom() || out.is_phantom()) {
    out = Tensor::phantom(out.bits(), out.shape());
    return;
  }
  const Tensor filled = with_zeros(x, how);
  with_ring(out.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    const Word minus = sign == Product::Sign::kMinus ? static_cast<Word>(~Word{0}) : Word{0};
    convolve_into<Word>(kernel_of<Word>(), out, minus, filled, w, how);
    if constexpr (R::kBits == 4) {
      Word* words = out.writable<Word>();
      for (std::int64_t i = 0; i < out.elements(); ++i) words[i] = R::reduce(words[i]);
    }
  });
}

Tensor convolve(const Tensor& x, const Tensor& w, const Convolution& how) {
  Shape shape = convolution_shape(x.shape(), w.shape(), how);
  if (x.is_phantom() || w.is_phantom()) return Tensor::phantom(x.bits(), std::move(shape));
  Tensor out = Tensor::zeros(x.bits(), std::move(shape));
  add_convolution(out, Product::Sign::kPlus, x, w, how);
  return out;
}

}  // namespace spud::ring
