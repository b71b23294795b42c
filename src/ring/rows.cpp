// SPDX-License-Identifier: Apache-2.0
#include "ring/rows.hpp"

#include <cstring>

#include "ring/workers.hpp"

namespace spud::ring {
namespace {

/// As many rows as a thread takes at least.
constexpr std::int64_t kRowsAtOnce = 8192;

template <class Word>
void copy_words(const std::byte* from, std::byte* to, const std::uint32_t* at, std::int64_t begin,
                std::int64_t end) {
  const auto* in = reinterpret_cast<const Word*>(from);
  auto* out = reinterpret_cast<Word*>(to);
  for (std::int64_t i = begin; i < end; ++i) out[i] = in[at[i]];
}

}  // namespace

Tensor take_rows(const Tensor& x, const Tensor& places) {
  SPUD_CHECK(places.bits() == 32 && places.shape().size() == 2 && x.shape().size() >= 2 &&
                 places.shape()[0] == x.shape()[0],
             "rows are taken batch by batch, by numbers of 32 bits");
  const std::int64_t batch = x.shape()[0], rows = x.shape()[1], count = places.shape()[1];
  Shape shape = x.shape();
  shape[1] = count;
  if (x.is_phantom() || places.is_phantom()) return Tensor::phantom(x.bits(), std::move(shape));
  Tensor out = Tensor::uninitialised(x.bits(), std::move(shape));
  if (out.elements() == 0) return out;
  const Tensor dense = x.dense(), numbers = places.dense();
  const auto* at = numbers.data<std::uint32_t>();
  std::uint32_t most = 0;
  for (std::int64_t i = 0; i < numbers.elements(); ++i) most = most < at[i] ? at[i] : most;
  SPUD_CHECK(most < rows, "a row that is taken exists");
  const std::size_t row = static_cast<std::size_t>(out.elements() / (batch * count)) * word_bytes(x.bits());
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::byte* from = dense.bytes().data() + static_cast<std::size_t>(b * rows) * row;
    std::byte* to = out.writable_bytes().data() + static_cast<std::size_t>(b * count) * row;
    const std::uint32_t* mine = at + b * count;
    parallel_for(count, kRowsAtOnce, [&](std::int64_t begin, std::int64_t end) {
      if (row == 4) return copy_words<std::uint32_t>(from, to, mine, begin, end);
      if (row == 8) return copy_words<std::uint64_t>(from, to, mine, begin, end);
      if (row == 16) return copy_words<unsigned __int128>(from, to, mine, begin, end);
      for (std::int64_t i = begin; i < end; ++i)
        std::memcpy(to + static_cast<std::size_t>(i) * row, from + mine[i] * row, row);
    });
  }
  return out;
}

}  // namespace spud::ring
