// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include "protocol/ref2k/plain.hpp"
#include "protocol/ref2k/ref2k.hpp"
#include "ring/rows.hpp"

namespace spud::protocol::ref2k {
namespace {

/// One that everybody can compute (splitmix64 of the row's number), since there is nothing to hide: but not
/// the identity, so that what follows a shuffle is tried on rows that were moved.
ring::Tensor permutation(std::int64_t batch, std::int64_t rows, std::uint64_t next) {
  ring::Tensor out = ring::Tensor::uninitialised(32, {batch, rows});
  auto* places = out.writable<std::uint32_t>();
  for (std::int64_t b = 0; b < batch; ++b, places += rows) {
    std::iota(places, places + rows, 0u);
    for (std::int64_t i = rows - 1; i > 0; --i) {
      std::uint64_t z = ++next * 0x9e3779b97f4a7c15ull;
      z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
      z = (z ^ z >> 27) * 0x94d049bb133111ebull;
      std::swap(places[i], places[(z ^ z >> 31) % static_cast<std::uint64_t>(i + 1)]);
    }
  }
  return out;
}

}  // namespace

Arith Ref2k::take_rows(const Arith& x, const ring::Tensor& places) {
  return make(ring::take_rows(plain(x), places));
}

Task<std::vector<Arith>> Ref2k::shuffle(std::vector<Arith> columns) {
  SPUD_CHECK(!columns.empty() && columns[0].shape().size() >= 2, "columns are [batch, rows, …]");
  const std::int64_t batch = columns[0].shape()[0], rows = columns[0].shape()[1];
  const ring::Tensor order = permutation(batch, rows, shuffled_);
  shuffled_ += static_cast<std::uint64_t>(batch * rows);
  std::vector<Arith> moved;
  for (const auto& column : columns) moved.push_back(make(ring::take_rows(plain(column), order)));
  co_return moved;
}

Task<ring::BitTensor> Ref2k::reveal_order(Boolean b) {
  co_return plain(b);
}

}  // namespace spud::protocol::ref2k
