// SPDX-License-Identifier: Apache-2.0
// SPUD_SIMD=portable, avx2 or avx512: this suite with another instruction set than the best, as `spud` takes
// it.
#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

#include "ring/simd.hpp"

namespace spud::contract {
namespace {

class InstructionSet : public testing::Environment {
  void SetUp() override {
    const char* wish = std::getenv("SPUD_SIMD");
    if (wish == nullptr) return;
    const auto path = ring::simd_path_from_string(wish);
    const auto& have = ring::simd_paths();
    ASSERT_TRUE(path && std::ranges::find(have, *path) != have.end()) << "SPUD_SIMD=" << wish;
    ring::set_simd_path(*path);
  }
};

const auto* const registered = testing::AddGlobalTestEnvironment(new InstructionSet);

TEST(InstructionSet, IsTheOneThatWasAskedFor) {
  ASSERT_NE(registered, nullptr);
  const char* wish = std::getenv("SPUD_SIMD");
  EXPECT_STREQ(ring::to_string(ring::simd_path()),
               wish != nullptr ? wish : ring::to_string(ring::simd_paths()[0]));
}

}  // namespace
}  // namespace spud::contract
