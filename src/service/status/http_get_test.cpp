// SPDX-License-Identifier: Apache-2.0
#include "service/status/http_get.hpp"

#include <future>

#include <gtest/gtest.h>

#include "system/metrics/operations_server.hpp"
#include "system/net/listener.hpp"

namespace spud::service::status {
namespace {

constexpr Millis kPatience{20'000};
constexpr std::size_t kBytes = 1 << 16;

TEST(HttpGet, GetsWhatAnOperationsPortHas) {
  const metrics::Registry registry({"test", "test"});
  metrics::OperationsOptions options;
  options.host = "127.0.0.1";
  options.port = 0;
  const std::string body(kBytes / 2, 'x');
  options.documents = {{"/status.json", [&] { return metrics::Document{"application/json", "", body}; }}};
  auto server =
      metrics::OperationsServer::start(options, registry, [] { return std::vector<metrics::Check>{}; });
  ASSERT_TRUE(server) << server.error().message();
  const net::Address address{"127.0.0.1", (*server)->port()};
  auto answer = http_get(address, "/status.json", kPatience, kBytes);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, body);
  EXPECT_EQ(http_get(address, "/none", kPatience, kBytes)->status, 404);
  EXPECT_EQ(http_get(address, "/status.json", kPatience, kBytes / 2).error().code, ErrorCode::kResource);
}

class HttpGetOf : public ::testing::Test {
 protected:
  /// What comes of a server that answers with these bytes and, unless `stays`, hangs up.
  Result<HttpAnswer> of(const std::string& bytes, bool stays = false, Millis patience = kPatience) {
    auto serving = std::async(std::launch::async, [&] {
      auto socket = listener.accept(kPatience).value();
      std::array<std::byte, 1024> request;
      EXPECT_TRUE(socket.receive_some(request, net::Deadline::after(kPatience)));
      EXPECT_TRUE(socket.send_all(as_bytes(bytes), net::Deadline::after(kPatience)));
      // Until the other side is gone.
      if (stays) (void)socket.receive_some(request, net::Deadline::after(kPatience));
    });
    return http_get(listener.address(), "/status.json", patience, kBytes);
  }
  net::Listener listener = net::Listener::bind({"127.0.0.1", 0}).value();
};

TEST_F(HttpGetOf, AnAnswerEndsWithItsConnection) {
  auto answer = of("HTTP/1.1 503 Service Unavailable\r\nX: y\r\n\r\nnot ready");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "not ready");
  EXPECT_EQ(of("HTTP/1.0 200 OK\r\ncontent-LENGTH:  2\r\n\r\nok")->body, "ok");
}

TEST_F(HttpGetOf, WhatIsNoAnswerIsRefused) {
  for (const auto* bytes :
       {"", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 \r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"}) {
    auto answer = of(bytes);
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().code, ErrorCode::kPeerFault) << answer.error().message();
  }
}

TEST_F(HttpGetOf, NeitherAHeadNorSilenceIsWithoutEnd) {
  EXPECT_EQ(of("HTTP/1.1 200 OK\r\n" + std::string(kBytes, 'x')).error().code, ErrorCode::kResource);
  EXPECT_EQ(of("HTTP/1.1 200 OK\r\n", true, Millis(200)).error().code, ErrorCode::kTimeout);
}

TEST_F(HttpGetOf, AnAddressWhereNobodyIsIsUnavailable) {
  const auto nowhere = net::Listener::bind({"127.0.0.1", 0}).value().address();
  const auto answer = http_get(nowhere, "/status.json", kPatience, kBytes);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace spud::service::status
