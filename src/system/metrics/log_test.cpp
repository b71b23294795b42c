// SPDX-License-Identifier: Apache-2.0
#include "system/metrics/log.hpp"

#include <fstream>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace spud::metrics {
namespace {

using namespace std::string_literals;

// What may not be logged does not compile.
static_assert(std::is_constructible_v<Field, const char*, std::string>);
static_assert(std::is_constructible_v<Field, const char*, JobId>);
static_assert(std::is_constructible_v<Field, const char*, Digest>);
static_assert(!std::is_constructible_v<Field, const char*, Bytes>);
static_assert(!std::is_constructible_v<Field, const char*, ByteView>);
static_assert(!std::is_constructible_v<Field, const char*, std::vector<std::int64_t>>);
static_assert(!std::is_constructible_v<Field, const char*, std::array<std::byte, 32>>);
static_assert(!std::is_constructible_v<Field, const char*, Seed>);
static_assert(!std::is_constructible_v<Field, const char*, std::byte>);
static_assert(!std::is_constructible_v<Field, const char*, const int*>);

class Log : public ::testing::Test {
 protected:
  Log() {
    std::string folder = (std::filesystem::temp_directory_path() / "spud-log-XXXXXX").string();
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  ~Log() override { std::filesystem::remove_all(folder_); }

  Logger open(LogFormat format, Level level = Level::kInfo) {
    auto logger = Logger::open({level, format, folder_ / "log"}, clock_);
    EXPECT_TRUE(logger);
    return *logger;
  }
  std::vector<std::string> lines() const {
    std::ifstream file(folder_ / "log");
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  }
  nlohmann::json only_line() const {
    EXPECT_EQ(lines().size(), 1u);
    return nlohmann::json::parse(lines().at(0));
  }

  std::filesystem::path folder_;
  ManualClock clock_;
};

TEST_F(Log, JsonCarriesEveryKindOfFieldWithItsType) {
  clock_.advance(Millis(45));
  Digest digest;
  digest.bytes[0] = std::byte{0xab};
  open(LogFormat::kJson)
      .info("attempt started", {{"job", JobId("j1")},
                                {"attempt", 2},
                                {"bytes", std::uint64_t{1} << 63},
                                {"seconds", 0.25},
                                {"live", true},
                                {"rank", Rank{1}},
                                {"program", digest}});
  auto line = only_line();
  EXPECT_EQ(line["time"], "2023-11-14T22:13:20.045Z");
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["message"], "attempt started");
  EXPECT_EQ(line["job"], "j1");
  EXPECT_EQ(line["attempt"], 2);
  EXPECT_EQ(line["bytes"], std::uint64_t{1} << 63);
  EXPECT_EQ(line["seconds"], 0.25);
  EXPECT_EQ(line["live"], true);
  EXPECT_EQ(line["rank"], 1);
  EXPECT_EQ(line["program"], digest.hex());
}

TEST_F(Log, JsonEscapesWhateverAStringHolds) {
  const std::string nasty = "a\"b\\c\n{\"level\":\"error\"}\0\x01\x7f\t\xe2\x82\xac"s;
  open(LogFormat::kJson).warning(nasty, {{"value", nasty}, {nasty, 1}});
  auto line = only_line();
  EXPECT_EQ(line["message"], nasty);
  EXPECT_EQ(line["value"], nasty);
  EXPECT_EQ(line[nasty], 1);
  EXPECT_EQ(line["level"], "warning");
}

TEST_F(Log, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  open(LogFormat::kJson).info("x", {{"value", "a\xff!"}});
  EXPECT_EQ(only_line()["value"], "a\xef\xbf\xbd!");
}

TEST_F(Log, FieldsCannotTakeThePlaceOfTimeLevelOrMessage) {
  open(LogFormat::kJson).info("real", {{"message", "forged"}, {"level", "error"}});
  auto line = only_line();
  EXPECT_EQ(line["message"], "real");
  EXPECT_EQ(line["message_"], "forged");
  EXPECT_EQ(line["level"], "info");
}

TEST_F(Log, NumbersThatAreNotFiniteStayValidJson) {
  open(LogFormat::kJson).info("x", {{"value", std::numeric_limits<double>::infinity()}});
  EXPECT_TRUE(only_line()["value"].is_null());
}

TEST_F(Log, TextIsOneLineWithQuotedValues) {
  open(LogFormat::kText)
      .error("cannot\nstart", {{"file", "a b"}, {"node", "alice-0"}, {"count", 3}, {"none", ""}});
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_EQ(lines()[0],
            R"(2023-11-14T22:13:20.000Z error   cannot\nstart file="a b" node=alice-0 count=3 none="")");
}

TEST_F(Log, LinesBelowTheLevelAreNotWritten) {
  Logger logger = open(LogFormat::kText, Level::kWarning);
  logger.debug("a");
  logger.info("b");
  logger.warning("c");
  logger.error("d");
  EXPECT_EQ(lines().size(), 2u);
}

TEST_F(Log, ContextIsOnEveryLineOfTheCopyOnly) {
  Logger logger = open(LogFormat::kJson);
  Logger job = logger.with({{"job", "j1"}}).with({{"attempt", 1}});
  job.info("in");
  logger.info("out");
  auto all = lines();
  ASSERT_EQ(all.size(), 2u);
  auto in = nlohmann::json::parse(all[0]), out = nlohmann::json::parse(all[1]);
  EXPECT_EQ(in["job"], "j1");
  EXPECT_EQ(in["attempt"], 1);
  EXPECT_FALSE(out.contains("job"));
}

TEST_F(Log, ErrorsAreSpreadOverFields) {
  open(LogFormat::kJson)
      .error("attempt failed", Error{ErrorCode::kPeerFault, "sent round 7", "link", "round 6", "bob", ""},
             {{"job", "j1"}});
  auto line = only_line();
  EXPECT_EQ(line["error"], "sent round 7");
  EXPECT_EQ(line["code"], "peer-fault");
  EXPECT_EQ(line["where"], "link");
  EXPECT_EQ(line["expected"], "round 6");
  EXPECT_EQ(line["party"], "bob");
  EXPECT_EQ(line["job"], "j1");
  EXPECT_FALSE(line.contains("hint"));
}

TEST_F(Log, AppendsToAFileThatIsThere) {
  open(LogFormat::kText).info("first");
  open(LogFormat::kText).info("second");
  EXPECT_EQ(lines().size(), 2u);
}

TEST_F(Log, RefusesAFileThatCannotBeOpened) {
  auto logger = Logger::open({.file = folder_}, clock_);
  ASSERT_FALSE(logger);
  EXPECT_EQ(logger.error().code, ErrorCode::kBadInput);
  EXPECT_NE(logger.error().where.find(folder_.string()), std::string::npos);
}

TEST_F(Log, ALoggerThatWasNotOpenedIsSilent) {
  Logger().with({{"a", 1}}).info("nothing");
  EXPECT_TRUE(lines().empty());
}

TEST_F(Log, LevelsAndFormatsHaveNames) {
  EXPECT_EQ(parse_level("warning"), Level::kWarning);
  EXPECT_EQ(parse_level("loud"), std::nullopt);
  EXPECT_EQ(parse_log_format("json"), LogFormat::kJson);
  EXPECT_EQ(parse_log_format("xml"), std::nullopt);
}

}  // namespace
}  // namespace spud::metrics
