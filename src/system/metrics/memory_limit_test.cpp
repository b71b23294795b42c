// SPDX-License-Identifier: Apache-2.0
#include "system/metrics/memory_limit.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace spud::metrics {
namespace {

namespace fs = std::filesystem;

struct Groups : testing::Test {
  const fs::path root = fs::temp_directory_path() / ("groups-" + std::to_string(::getpid()));
  Groups() { fs::create_directories(root / "a" / "b"); }
  ~Groups() override { fs::remove_all(root); }
  void limit(const fs::path& group, const char* text) { std::ofstream(root / group / "memory.max") << text; }
};

TEST_F(Groups, TheLeastLimitOnTheWayCounts) {
  limit("", "max\n");
  limit("a", "1000\n");
  limit("a/b", "2000\n");
  EXPECT_EQ(group_memory_limit(root, "/a/b", 5000), 1000u);
  limit("a/b", "max\n");
  EXPECT_EQ(group_memory_limit(root, "/a/b", 5000), 1000u);
  EXPECT_EQ(group_memory_limit(root, "/", 5000), 5000u);
  EXPECT_EQ(group_memory_limit(root, "/a", 500), 500u) << "no group has more than the machine";
}

TEST(ProcessMemory, IsSomething) {
  EXPECT_GT(process_memory_limit(), 1u << 20);
}

}  // namespace
}  // namespace spud::metrics
