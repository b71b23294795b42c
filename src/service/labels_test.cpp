// SPDX-License-Identifier: Apache-2.0
#include "service/labels.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace spud::service {
namespace {

TEST(Labels, AreNamesWithValues) {
  auto labels = parse_labels({"zone=eu", "provider=x"}, "labels");
  ASSERT_TRUE(labels) << labels.error().message();
  EXPECT_EQ(*labels, (Labels{{"provider", "x"}, {"zone", "eu"}}));
  EXPECT_EQ(to_string(*labels), "provider=x,zone=eu");
  EXPECT_EQ(to_string(Labels{}), "-");
}

TEST(Labels, RefuseWhatCannotBeToldApart) {
  for (const auto* text : {"zone", "zone=", "=eu", "Zone=eu", "zone=e u", "zone=a=b"}) {
    EXPECT_FALSE(parse_labels({text}, "labels")) << text;
  }
  EXPECT_FALSE(parse_labels({"zone=eu", "zone=us"}, "labels"));
  std::vector<std::string> many;
  for (std::size_t i = 0; i <= limits::kLabelsPerNode; ++i) many.push_back("l" + std::to_string(i) + "=x");
  EXPECT_FALSE(parse_labels(many, "labels"));
}

}  // namespace
}  // namespace spud::service
