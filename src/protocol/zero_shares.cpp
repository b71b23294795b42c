// SPDX-License-Identifier: Apache-2.0
#include "protocol/zero_shares.hpp"

#include "ring/dense_bits.hpp"
#include "ring/map.hpp"

namespace spud::protocol {

ZeroShares::ZeroShares(Rank rank, std::map<Rank, Seed> keys) : rank_(rank) {
  for (auto& [peer, key] : keys) pairs_.emplace(peer, crypto::Prg(key));
}

ring::Tensor ZeroShares::words(unsigned ring_bits, const Shape& shape) {
  ring::Tensor total = ring::Tensor::zeros(ring_bits, shape);
  for (auto& [peer, prg] : pairs_) {
    ring::Tensor pad = ring::Tensor::uninitialised(ring_bits, shape);
    prg.fill(next_stream_, pad.writable_bytes());
    // The lower rank adds what the higher one subtracts.
    if (rank_ < peer) {
      total = ring::map([](auto a, auto b) { return decltype(a)(a + b); }, total, pad);
    } else {
      total = ring::map([](auto a, auto b) { return decltype(a)(a - b); }, total, pad);
    }
  }
  ++next_stream_;
  return total;
}

ring::BitTensor ZeroShares::bits(const Shape& shape) {
  ring::BitTensor total = ring::BitTensor::zeros(shape);
  for (auto& [peer, prg] : pairs_) {
    Bytes pad(ring::packed_bytes(element_count(shape), 1));
    prg.fill(next_stream_, pad);
    total = total ^ ring::BitTensor::from_bytes(shape, pad);
  }
  ++next_stream_;
  return total;
}

}  // namespace spud::protocol
