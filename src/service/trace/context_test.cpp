// SPDX-License-Identifier: Apache-2.0
#include "service/trace/context.hpp"

#include <gtest/gtest.h>

#include "service/job.hpp"
#include "system/crypto/random.hpp"

namespace spud::service::trace {
namespace {

const std::string kExample = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, ReadsWhatTheSpecificationShows) {
  const auto context = parse_traceparent(kExample, "test");
  ASSERT_TRUE(context) << context.error().message();
  EXPECT_EQ(context->trace.hex(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(context->span.hex(), "00f067aa0ba902b7");
  EXPECT_EQ(traceparent(*context), kExample);
  const auto later =
      parse_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", "test");
  EXPECT_TRUE(later) << "a later version may say more";
}

TEST(TraceContext, RefusesWhatIsNone) {
  const std::string trace(32, '0'), span(16, '0');
  for (const auto& text : {std::string(), std::string("00"), kExample + "-more", kExample.substr(0, 54),
                           "ff" + kExample.substr(2), "00-" + trace + "-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-" + span + "-01",
                           std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
                           std::string("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                           std::string("00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"),
                           std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x")}) {
    const auto context = parse_traceparent(text, "--traceparent");
    ASSERT_FALSE(context) << text;
    EXPECT_EQ(context.error().code, ErrorCode::kBadInput);
    EXPECT_EQ(context.error().where, "--traceparent");
  }
}

TEST(TraceContext, IsMadeUpAlikeByAllAndDiffersByJob) {
  EXPECT_EQ(made_up(JobId("a")), made_up(JobId("a")));
  EXPECT_NE(made_up(JobId("a")), made_up(JobId("b")));
  EXPECT_TRUE(made_up(JobId("a")).is_set());
  const auto trace = made_up(JobId("a"));
  EXPECT_NE(span_id(trace, "x", 1), span_id(trace, "x", 2));
  EXPECT_NE(span_id(trace, "x"), span_id(made_up(JobId("b")), "x"));
}

TEST(TraceContext, IsNoPartOfARequestsDigest) {
  JobRequest request;
  request.id = JobId("a");
  auto traced = request;
  crypto::SeededRandom random(1);
  traced.trace = fresh(random).value();
  EXPECT_TRUE(traced.trace.trace.is_set());
  EXPECT_FALSE(traced.trace.span.is_set()) << "nothing is above a job of its own trace";
  EXPECT_EQ(digest(request), digest(traced));
  EXPECT_EQ(trace_of(request), made_up(JobId("a")));
  EXPECT_EQ(trace_of(traced), traced.trace.trace);
}

}  // namespace
}  // namespace spud::service::trace
