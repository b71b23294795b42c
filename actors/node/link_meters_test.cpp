// SPDX-License-Identifier: Apache-2.0
#include "actors/node/link_meters.hpp"

#include <gmock/gmock.h>

#include "system/net/test_parties.hpp"

namespace spud::actors {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class LinkMetersTest : public testing::Test {
 protected:
  const net::Parties parties_;
  net::Handshake both_{net::shake_hands(parties_.context("alice"), parties_.context("bob"))};
  metrics::Registry registry_{{"test", "test"}};
  ManualClock clock_;
  Peers peers_{registry_, clock_};
  LinkMeters meters_{peers_, {PartyId("bob"), NodeId("bob-0"), "", ""}};
};

TEST_F(LinkMetersTest, OnlyWhoComesAfterUsIsWaitedFor) {
  meters_.round(milliseconds(500));
  meters_.round(milliseconds(-3000));
  meters_.round(milliseconds(250));
  EXPECT_THAT(registry_.text(), HasSubstr("spud_link_rounds_total{peer=\"bob/compute/bob-0\"} 3\n"));
  EXPECT_THAT(registry_.text(), HasSubstr("spud_link_wait_seconds_total{peer=\"bob/compute/bob-0\"} 0.75\n"));
}

TEST_F(LinkMetersTest, APeerWorksAsLongAsItSends) {
  const std::string up = "spud_peer_up{peer=\"bob/compute/bob-0\"} ";
  auto &client = **both_.client, &server = **both_.server;
  const auto hear = [&] {
    ASSERT_TRUE(server.send(as_bytes("alive"), net::kPatience));
    ASSERT_TRUE(client.receive({}, net::kPatience));
  };
  hear();
  meters_.watch(client);
  EXPECT_THAT(registry_.text(), HasSubstr(up + "1\n"));
  meters_.failed();
  meters_.watch(client);
  EXPECT_THAT(registry_.text(), HasSubstr(up + "0\n")) << "nothing new has come";
  hear();
  meters_.watch(client);
  EXPECT_THAT(registry_.text(), HasSubstr(up + "1\n"));
  meters_.refused();
  EXPECT_THAT(registry_.text(), HasSubstr("spud_refused_frames_total{reason=\"link\"} 1\n"));
}

}  // namespace
}  // namespace spud::actors
