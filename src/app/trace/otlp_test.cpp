// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/trace/export.hpp"

namespace spud::app::trace {
namespace {

TEST(OtlpText, IsOneLineWhateverTheTextsInItAre) {
  service::trace::Timeline timeline;
  service::trace::Part part;
  part.job = JobId("j1");
  part.service = "node";
  service::trace::Span span;
  span.name = "attempt";
  span.start_micros = 1;
  span.end_micros = 2;
  span.attributes.push_back({"note", std::string("two\nlines")});
  part.spans = {span, span};
  timeline.parts = {{part, {}}, {part, {}}};
  const auto text = otlp_text(timeline, "1.2.3");
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_EQ(text.back(), '\n');
  const auto spans = nlohmann::json::parse(text)["resourceSpans"][0]["scopeSpans"][0]["spans"];
  ASSERT_EQ(spans.size(), 4u);
  EXPECT_EQ(spans[3]["attributes"].back()["value"]["stringValue"], "two\nlines");
}

}  // namespace
}  // namespace spud::app::trace
