// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <random>

#include "ring/tensor.hpp"

namespace spud::ring {

/// Uniform elements, a function of the seed.
inline Tensor random_tensor_for_tests(unsigned bits, const Shape& shape, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  Bytes bytes(static_cast<std::size_t>(element_count(shape)) * word_bytes(bits));
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    const std::uint64_t word = rng();
    std::memcpy(bytes.data() + i, &word, std::min<std::size_t>(8, bytes.size() - i));
  }
  return Tensor::from_bytes(bits, shape, bytes);
}

}  // namespace spud::ring
