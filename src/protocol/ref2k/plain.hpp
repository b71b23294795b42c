// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/share.hpp"
#include "ring/bit_tensor.hpp"

namespace spud::protocol::ref2k {

/// A "share" of the reference: the value itself.
class PlainWords final : public ShareBody {
 public:
  explicit PlainWords(ring::Tensor v) : value(std::move(v)) {}
  ring::Tensor value;
};
class PlainBits final : public ShareBody {
 public:
  explicit PlainBits(ring::BitTensor v) : value(std::move(v)) {}
  ring::BitTensor value;
};

inline Arith make(ring::Tensor value) {
  auto bits = value.bits();
  auto shape = value.shape();
  return Arith(bits, std::move(shape), std::make_shared<PlainWords>(std::move(value)));
}
inline Boolean make(ring::BitTensor value) {
  auto shape = value.shape();
  return Boolean(std::move(shape), std::make_shared<PlainBits>(std::move(value)));
}
inline const ring::Tensor& plain(const Arith& x) {
  return static_cast<PlainWords&>(*x.body()).value;
}
inline const ring::BitTensor& plain(const Boolean& x) {
  return static_cast<PlainBits&>(*x.body()).value;
}

/// The number an element of Z_2^k stands for.
template <class Word>
__int128 number(Word word, unsigned k) {
  auto wide = static_cast<unsigned __int128>(word);
  const unsigned up = 128 - k;
  return static_cast<__int128>(wide << up) >> up;
}

}  // namespace spud::protocol::ref2k
