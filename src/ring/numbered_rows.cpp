// SPDX-License-Identifier: Apache-2.0
#include "ring/numbered_rows.hpp"

#include <algorithm>

namespace spud::ring {

Tensor pick_rows(const Tensor& x, std::span<const std::int64_t> rows) {
  SPUD_CHECK(x.shape().size() == 2, "rows are taken of a matrix");
  const std::int64_t count = x.shape()[0], width = x.shape()[1];
  const Shape shape{static_cast<std::int64_t>(rows.size()), width};
  if (x.is_phantom()) return Tensor::phantom(x.bits(), shape);
  const Tensor in = x.dense();
  Tensor out = Tensor::uninitialised(x.bits(), shape);
  with_ring(x.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    const Word* from = in.data<Word>();
    Word* to = out.writable<Word>();
    for (auto row : rows) {
      SPUD_CHECK(row < count, "a row that is taken exists");
      if (row < 0) {
        std::fill_n(to, width, Word{0});
      } else {
        std::copy_n(from + row * width, width, to);
      }
      to += width;
    }
  });
  return out;
}

BitTensor pick_rows(const BitTensor& x, std::span<const std::int64_t> rows) {
  SPUD_CHECK(x.shape().size() == 2, "rows are taken of a matrix");
  const Shape shape{static_cast<std::int64_t>(rows.size()), x.shape()[1]};
  if (x.is_phantom()) return BitTensor::phantom(shape);
  // One byte an element: k = 4 words are bytes.
  return bit_of(pick_rows(to_words(x, 4), rows), 0);
}

Tensor sum_rows(const Tensor& x, std::span<const std::int64_t> rows, std::int64_t n) {
  SPUD_CHECK(x.shape().size() == 2 && x.shape()[0] == static_cast<std::int64_t>(rows.size()),
             "every row has a number");
  const std::int64_t width = x.shape()[1];
  const Shape shape{n, width};
  if (x.is_phantom()) return Tensor::phantom(x.bits(), shape);
  const Tensor in = x.dense();
  Tensor out = Tensor::zeros(x.bits(), shape);
  with_ring(x.bits(), [&]<class R>(R) {
    using Word = typename R::Word;
    const Word* from = in.data<Word>();
    Word* to = out.writable<Word>();
    for (auto row : rows) {
      SPUD_CHECK(row < n, "a row that is added to exists");
      for (std::int64_t i = 0; row >= 0 && i < width; ++i) {
        Word& sum = to[row * width + i];
        sum = R::reduce(static_cast<Word>(sum + from[i]));
      }
      from += width;
    }
  });
  return out;
}

}  // namespace spud::ring
