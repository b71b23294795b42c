// SPDX-License-Identifier: Apache-2.0
#include "actors/door/request_line.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "service/wire/node_codec.hpp"
#include "service/wire/scheduler_codec.hpp"
#include "system/net/test_parties.hpp"
#include "system/store/scratch_folder.hpp"

namespace spud::actors {
namespace {

namespace wire = service::wire;

static_assert(short_name<wire::ListData>() == "ListData");
static_assert(short_name<int>() == "int");

template <class Request>
nlohmann::json line_of(const Request& request, metrics::Level level = metrics::Level::kDebug) {
  const store::ScratchFolder folder;
  const ManualClock clock;
  {
    const auto log =
        metrics::Logger::open({level, metrics::LogFormat::kJson, folder.path() / "log"}, clock).value();
    const RequestLine line(log, net::node_of("alice"), request);
  }
  std::ifstream file(folder.path() / "log");
  std::string text;
  return std::getline(file, text) ? nlohmann::json::parse(text) : nlohmann::json();
}

TEST(RequestLine, SaysWhatWasAskedByWhomAndWhatItIsAbout) {
  auto line = line_of(wire::AwaitAttempt{JobId("j1"), 2, 0});
  EXPECT_EQ(line["level"], "debug");
  EXPECT_EQ(line["message"], "request");
  EXPECT_EQ(line["kind"], "AwaitAttempt");
  EXPECT_EQ(line["by"], net::node_of("alice").str());
  EXPECT_EQ(line["job"], "j1");
  EXPECT_EQ(line["attempt"], 2);
  EXPECT_GE(line["seconds"].get<double>(), 0);
  wire::SubmitJob submit;
  submit.request.id = JobId("j2");
  EXPECT_EQ(line_of(submit)["job"], "j2");
  EXPECT_EQ(line_of(wire::ShowJob{JobId("j3")})["job"], "j3");
  EXPECT_EQ(line_of(wire::CancelJob{JobId("j4")})["job"], "j4");
  line = line_of(wire::ListData{});
  EXPECT_EQ(line["kind"], "ListData");
  EXPECT_FALSE(line.contains("job"));
}

TEST(RequestLine, IsWrittenAtDebugLevelOnly) {
  EXPECT_TRUE(line_of(wire::ListData{}, metrics::Level::kInfo).is_null());
}

}  // namespace
}  // namespace spud::actors
