// SPDX-License-Identifier: Apache-2.0
#include "system/metrics/operations_server.hpp"

#include <chrono>

#include <gmock/gmock.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

namespace spud::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Operations : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = OperationsServer::start(
        {.documents = {{"/",
                        [] {
                          return Document{"text/html", "default-src 'none'", "<p>it lives</p>"};
                        }}}},
        registry_, [this] { return checks_; });
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(*started);
  }
  httplib::Result get(const std::string& path) {
    return httplib::Client("127.0.0.1", server_->port()).Get(path);
  }

  Registry registry_{{"1.2.3", "node"}};
  std::vector<Check> checks_;
  std::unique_ptr<OperationsServer> server_;
};

TEST_F(Operations, ServesMetricsInThePrometheusFormat) {
  auto reply = get("/metrics");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_THAT(reply->get_header_value("Content-Type"), HasSubstr("version=0.0.4"));
  EXPECT_THAT(reply->body, HasSubstr("# TYPE spud_build_info gauge"));
}

TEST_F(Operations, IsHealthyEvenWhenNotReady) {
  checks_ = {{"store", false, "disk is full"}};
  auto reply = get("/healthz");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
}

TEST_F(Operations, ReadinessNamesWhatIsMissing) {
  checks_ = {{"store", true, ""}, {"scheduler", false, "no answer from \"sched:7000\""}};
  auto reply = get("/readyz");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  auto json = nlohmann::json::parse(reply->body);
  EXPECT_EQ(json["ready"], false);
  EXPECT_EQ(json["checks"][0], (nlohmann::json{{"name", "store"}, {"ok", true}}));
  EXPECT_EQ(json["checks"][1]["reason"], "no answer from \"sched:7000\"");
  checks_[1].ok = true;
  reply = get("/readyz");
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(nlohmann::json::parse(reply->body)["ready"], true);
}

TEST_F(Operations, ServesTheDocumentsItIsGiven) {
  auto reply = get("/");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "<p>it lives</p>");
  EXPECT_EQ(reply->get_header_value("Content-Type"), "text/html");
  EXPECT_EQ(reply->get_header_value("Content-Security-Policy"), "default-src 'none'");
}

TEST_F(Operations, NothingIsCachedOrTakenForAnotherType) {
  for (const auto* path : {"/", "/metrics", "/readyz", "/healthz", "/nothing"}) {
    auto reply = get(path);
    ASSERT_TRUE(reply) << path;
    EXPECT_EQ(reply->get_header_value("Cache-Control"), "no-store") << path;
    EXPECT_EQ(reply->get_header_value("X-Content-Type-Options"), "nosniff") << path;
  }
}

TEST_F(Operations, AnswersAnUnknownPathWithNotFound) {
  EXPECT_EQ(get("/secrets")->status, 404);
}

TEST_F(Operations, RefusesAPortInUseNamingTheAddress) {
  auto second =
      OperationsServer::start({.port = server_->port()}, registry_, [] { return std::vector<Check>{}; });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_THAT(second.error().message(), HasSubstr("127.0.0.1:" + std::to_string(server_->port())));
}

TEST_F(Operations, RefusesAHostThatIsNotOurs) {
  auto other = OperationsServer::start({.host = "192.0.2.1"}, registry_, [] { return std::vector<Check>{}; });
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kUnavailable) << "it may come";
  EXPECT_THAT(other.error().message(), HasSubstr("192.0.2.1:0"));
}

TEST_F(Operations, StopsWithinASecondWhileClientsSaySlowThingsOrNothing) {
  httplib::Client warm("127.0.0.1", server_->port());
  ASSERT_TRUE(warm.Get("/healthz"));
  std::vector<int> sockets;
  for (int i = 0; i < 6; ++i) {  // more than there are threads
    int one = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(one, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const std::string said = i % 2 == 0 ? "GET /hea" : "";
    ASSERT_EQ(::send(one, said.data(), said.size(), 0), static_cast<ssize_t>(said.size()));
    sockets.push_back(one);
  }
  auto begin = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  for (int one : sockets) ::close(one);
  server_->stop();
}

TEST_F(Operations, FreesItsPortWhenItEnds) {
  std::uint16_t port = server_->port();
  server_.reset();
  auto again = OperationsServer::start({.port = port}, registry_, [] { return std::vector<Check>{}; });
  EXPECT_TRUE(again) << again.error().message();
}

TEST_F(Operations, AReadinessThatThrowsIsAnInternalErrorWithoutDetails) {
  auto server = OperationsServer::start({}, registry_,
                                        []() -> std::vector<Check> { throw std::runtime_error("secret"); });
  ASSERT_TRUE(server);
  auto reply = httplib::Client("127.0.0.1", (*server)->port()).Get("/readyz");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 500);
  EXPECT_THAT(reply->body, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace spud::metrics
