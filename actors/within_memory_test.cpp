// SPDX-License-Identifier: Apache-2.0
#include "actors/within_memory.hpp"

#include <gtest/gtest.h>

namespace spud::actors {
namespace {

TEST(WithinMemory, WhatTheProcessCannotGetIsTheStepsError) {
  auto starved = within_memory("tape", "alice", []() -> Result<int> { throw std::bad_alloc(); });
  ASSERT_FALSE(starved);
  EXPECT_EQ(starved.error().code, ErrorCode::kResource);
  EXPECT_EQ(starved.error().what, "out of memory");
  EXPECT_EQ(starved.error().where, "tape");
  EXPECT_EQ(starved.error().party, "alice");

  auto alone = within_memory("tape", "alice", []() -> Result<int> {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
  });
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().code, ErrorCode::kResource);
  EXPECT_TRUE(alone.error().what.starts_with("cannot start a thread: ")) << alone.error().what;
}

TEST(WithinMemory, WhatElseIsThrownIsADefectAndPasses) {
  EXPECT_THROW((void)within_memory("tape", "alice",
                                   []() -> Result<int> {
                                     throw std::system_error(
                                         std::make_error_code(std::errc::no_such_file_or_directory));
                                   }),
               std::system_error);
}

TEST(WithinMemory, AnAnswerIsItself) {
  EXPECT_EQ(*within_memory("tape", "alice", []() -> Result<int> { return 7; }), 7);
}

}  // namespace
}  // namespace spud::actors
