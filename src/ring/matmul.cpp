// SPDX-License-Identifier: Apache-2.0
#include "ring/matmul.hpp"

#include "ring/matmul_blocks.hpp"
#include "ring/workers.hpp"

namespace spud::ring {
namespace {

template <class Word>
using Operand = matmul_blocks::Strided<const Word>;
template <class Word>
using Sum = matmul_blocks::Strided<Word>;
using matmul_blocks::Panels;
using matmul_blocks::round_up;

/// Fewer multiplications than this do not repay waking a thread.
constexpr std::int64_t kMinimalWork = 1 << 20;

/// Batches of products of one shape, added to a dense result.
template <class Word>
class Job {
 public:
  Job(const Kernel<Word>& kernel, const Product& product, Tensor& out)
      : kernel_(kernel),
        minus_(product.sign == Product::Sign::kMinus ? static_cast<Word>(~Word{0}) : Word{0}),
        batch_(out.shape()[0]),
        m_(out.shape()[1]),
        n_(out.shape()[2]),
        k_(product.a.shape()[2]),
        a_{product.a.data<Word>(), product.a.strides()[1], product.a.strides()[2]},
        b_{product.b.data<Word>(), product.b.strides()[2], product.b.strides()[1]},
        a_batch_(product.a.strides()[0]),
        b_batch_(product.b.strides()[0]),
        out_(out.writable<Word>()) {}

  void run() {
    if (batch_ * m_ * n_ * k_ == 0) return;
    if (m_ == 1 && n_ != 1) {
      if (with_vector(b_, b_batch_, n_, a_, a_batch_)) return;
    } else if (n_ == 1) {
      if (with_vector(a_, a_batch_, m_, b_, b_batch_)) return;
    }
    with_matrix();
  }

 private:
  /// out += ±matrix·vector, the matrix read where it lies; false if it does not lie along its rows or
  /// columns.
  bool with_vector(const Operand<Word>& matrix, std::int64_t matrix_batch, std::int64_t rows,
                   const Operand<Word>& vector, std::int64_t vector_batch) {
    const bool along_rows = matrix.depth == 1 || k_ == 1;
    if (!along_rows && matrix.lane != 1) return false;
    std::vector<Word> x(static_cast<std::size_t>(batch_ * k_));
    for (std::int64_t i = 0; i < batch_; ++i) {
      for (std::int64_t p = 0; p < k_; ++p) {
        const Word word = vector.first[i * vector_batch + p * vector.depth];
        x[static_cast<std::size_t>(i * k_ + p)] = static_cast<Word>((word ^ minus_) - minus_);
      }
    }
    const std::int64_t grain = (kMinimalWork - 1) / k_ + 1;
    parallel_for(batch_ * rows, grain, [&](std::int64_t begin, std::int64_t end) {
      while (begin < end) {
        const std::int64_t i = begin / rows, row = begin % rows;
        const std::int64_t count = std::min(rows - row, end - begin);
        const Word* from = matrix.first + i * matrix_batch + row * matrix.lane;
        auto add = along_rows ? kernel_.row_dots : kernel_.column_sums;
        add(count, k_, from, along_rows ? matrix.lane : matrix.depth, x.data() + i * k_, out_ + begin);
        begin += count;
      }
    });
    return true;
  }

  /// By blocks; the transposed product bᵀ·aᵀ if tiles fit it better.
  void with_matrix() {
    const std::int64_t upright = m_ * round_up(n_, kernel_.columns),
                       turned = n_ * round_up(m_, kernel_.columns);
    if (turned + turned / 4 < upright) {
      by_parts(b_, b_batch_, a_, a_batch_, {out_, n_, 1}, n_, m_);
    } else {
      by_parts(a_, a_batch_, b_, b_batch_, {out_, 1, n_}, m_, n_);
    }
  }

  /// Cuts each product into a grid of `down` × `across` parts.
  void by_parts(const Operand<Word>& a, std::int64_t a_batch, const Operand<Word>& b, std::int64_t b_batch,
                const Sum<Word>& c, std::int64_t m, std::int64_t n) {
    const std::int64_t work = batch_ * m * n * k_;
    const std::int64_t wanted = std::min<std::int64_t>(threads(), work / kMinimalWork);
    const std::int64_t each = std::max<std::int64_t>(1, (wanted + batch_ - 1) / batch_);
    // Each part packs the operands it needs: of all ways to cut, take the one with the least to pack.
    std::int64_t down = 1, least = -1;
    for (std::int64_t d = 1; d <= each; ++d) {
      const std::int64_t packed = d * n + each / d * m;
      if (each % d == 0 && (least < 0 || packed < least)) least = packed, down = d;
    }
    const std::int64_t across = each / down;
    const std::int64_t rows = round_up((m + down - 1) / down, kernel_.rows),
                       columns = round_up((n + across - 1) / across, kernel_.columns);
    const std::int64_t grain = wanted > 1 ? 1 : batch_ * each;
    parallel_for(batch_ * each, grain, [&](std::int64_t begin, std::int64_t end) {
      Panels<Word> panels(kernel_, std::min(rows, m), k_, std::min(columns, n));
      for (std::int64_t part = begin; part < end; ++part) {
        const std::int64_t item = part / each, i = part % each / across * rows, j = part % across * columns;
        if (i >= m || j >= n) continue;
        const Operand<Word> left{a.first + item * a_batch, a.lane, a.depth},
            right{b.first + item * b_batch, b.lane, b.depth};
        const Sum<Word> to{c.first + item * m * n, c.lane, c.depth};
        matmul_blocks::multiply(kernel_, panels, left.from(i, 0), right.from(j, 0), minus_, to.from(j, i),
                                std::min(rows, m - i), std::min(columns, n - j), k_);
      }
    });
  }

  Kernel<Word> kernel_;
  Word minus_;  ///< all ones to subtract
  std::int64_t batch_, m_, n_, k_;
  Operand<Word> a_, b_;
  std::int64_t a_batch_, b_batch_;  ///< strides
  Word* out_;
};

Shape shape_of(const Tensor& a, const Tensor& b) {
  const Shape &left = a.shape(), &right = b.shape();
  SPUD_CHECK(left.size() == 3 && right.size() == 3 && left[0] == right[0] && left[2] == right[1] &&
                 a.bits() == b.bits(),
             "matmul takes [b, m, k] and [b, k, n] of one ring");
  return {left[0], left[1], right[2]};
}

}  // namespace

void add_product(Tensor& out, const Product& product) {
  SPUD_CHECK(
      out.shape() == shape_of(product.a, product.b) && out.bits() == product.a.bits() && out.is_dense(),
      "a product is added to a dense tensor of its ring and shape");
  if (product.a.is_phantom() || product.b.is_phantom() || out.is_phantom()) {
    out = Tensor::phantom(out.bits(), out.shape());
    return;
  }
  with_ring(out.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    Job<Word>(kernel_of<Word>(), product, out).run();
    if constexpr (R::kBits == 4) {
      for (std::int64_t i = 0; i < out.elements(); ++i)
        out.writable<Word>()[i] = R::reduce(out.data<Word>()[i]);
    }
  });
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  Shape shape = shape_of(a, b);
  if (a.is_phantom() || b.is_phantom()) return Tensor::phantom(a.bits(), std::move(shape));
  Tensor out = Tensor::zeros(a.bits(), std::move(shape));
  add_product(out, {Product::Sign::kPlus, a, b});
  return out;
}

Tensor matmul_sum(const Tensor& plus, std::span<const Product> products) {
  Tensor out = plus.is_phantom() ? plus : Tensor::uninitialised(plus.bits(), plus.shape());
  if (!plus.is_phantom()) {
    with_ring(plus.bits(), [&]<class R>(R) {
      using Word = typename R::Word;
      Word* to = out.writable<Word>();
      for_each_strided<Word>(plus, [&](const Word* from) { *to++ = *from; });
    });
  }
  for (const auto& product : products) add_product(out, product);
  return out;
}

}  // namespace spud::ring
