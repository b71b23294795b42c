// SPDX-License-Identifier: Apache-2.0
#include "ring/turned_sum.hpp"

#include <random>

#include <gtest/gtest.h>

#include "ring/simd.hpp"

namespace spud::ring {
namespace {

/// Against the definition, for sizes that fill words and blocks or do not.
TEST(TurnedSum, IsItsDefinitionOnEveryInstructionSet) {
  std::mt19937_64 rng(1);
  for (unsigned width : {1u, 3u, 6u, 7u, 8u}) {
    for (std::int64_t count : {1, 5, 63, 64, 65, 512, 700}) {
      for (std::size_t tables : {1u, 3u, 5u}) {
        const std::size_t entries = std::size_t{1} << width;
        std::vector<std::uint8_t> bits(entries * static_cast<std::size_t>(count));
        for (auto& b : bits) b = rng() & 1;
        std::vector<std::uint64_t> place(static_cast<std::size_t>(count));
        for (auto& p : place) p = rng();
        std::vector<std::vector<std::uint64_t>> lists(tables, std::vector<std::uint64_t>(entries));
        std::vector<Tensor> public_tables;
        for (auto& list : lists) {
          for (auto& entry : list) entry = rng();
          public_tables.push_back(Tensor::of<std::uint64_t>(64, {static_cast<std::int64_t>(entries)}, list));
        }
        const BitTensor packed = BitTensor::pack({count, static_cast<std::int64_t>(entries)}, bits);
        const Tensor places = Tensor::of<std::uint64_t>(64, {count}, place);
        for (SimdPath path : simd_paths()) {
          set_simd_path(path);
          const auto sums = turned_sums(packed, places, public_tables);
          ASSERT_EQ(sums.size(), tables);
          for (std::size_t t = 0; t < tables; ++t) {
            const auto* got = sums[t].data<std::uint64_t>();
            for (std::size_t i = 0; i < place.size(); ++i) {
              std::uint64_t want = 0;
              for (std::size_t v = 0; v < entries; ++v) {
                if (bits[i * entries + v] != 0) want += lists[t][(place[i] - v) & (entries - 1)];
              }
              ASSERT_EQ(got[i], want)
                  << to_string(path) << " width " << width << " element " << i << " of " << count;
            }
          }
        }
        set_simd_path(simd_paths().front());
      }
    }
  }
}

}  // namespace
}  // namespace spud::ring
