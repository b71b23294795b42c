// SPDX-License-Identifier: Apache-2.0
#include "actors/door/peers.hpp"

#include <gmock/gmock.h>

#include "system/net/test_parties.hpp"

namespace spud::actors {
namespace {

using testing::HasSubstr;
using testing::Not;

class PeersTest : public testing::Test {
 protected:
  PeersTest() : both_(net::shake_hands(parties_.context("alice"), parties_.context("bob"))) {
    EXPECT_TRUE(both_.client && both_.server);
  }
  net::Connection& to_bob() { return **both_.client; }
  net::Connection& to_alice() { return **both_.server; }

  const net::Parties parties_;
  net::Handshake both_;
  metrics::Registry registry_{{"test", "test"}};
  ManualClock clock_;
  Peers peers_{registry_, clock_};
};

TEST_F(PeersTest, ClientsOfAPartyAreOneAndServicesAreThemselves) {
  EXPECT_EQ(Peers::name_of(net::node_of("bob")), "bob/compute/bob-0");
  EXPECT_EQ(Peers::name_of(net::node_of("bob", crypto::Role::kClient)), "bob/client");
}

TEST_F(PeersTest, BytesAreCountedByPeerAndKindAsTheyGo) {
  peers_.count(to_bob(), Carries::kTape);
  ASSERT_TRUE(to_bob().send(as_bytes("header"), net::kPatience));
  ASSERT_TRUE(to_alice().receive({}, net::kPatience));
  const auto text = registry_.text();
  EXPECT_THAT(text, HasSubstr("spud_sent_bytes_total{kind=\"tape\",peer=\"bob/compute/bob-0\"} 22\n"));
  EXPECT_THAT(text, HasSubstr("spud_received_bytes_total{kind=\"tape\",peer=\"bob/compute/bob-0\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("kind=\"session\"")));
}

TEST_F(PeersTest, APeerIsUpDownAndThenForgotten) {
  const std::string up = "spud_peer_up{peer=\"bob/compute/bob-0\"} ";
  const std::string round_trip = "spud_peer_round_trip_seconds{peer=\"bob/compute/bob-0\"} ";
  EXPECT_THAT(registry_.text(), Not(HasSubstr(up)));
  peers_.worked(to_bob());
  EXPECT_THAT(registry_.text(), HasSubstr(up + "1\n"));
  EXPECT_THAT(registry_.text(), HasSubstr(round_trip));
  peers_.failed("bob/compute/bob-0");
  EXPECT_THAT(registry_.text(), HasSubstr(up + "0\n"));
  EXPECT_THAT(registry_.text(), Not(HasSubstr(round_trip))) << "it is as far as nobody knows";
  peers_.worked("carol/dealer/carol-0");
  clock_.advance(service::PeerBook::kMissed - Millis(1));
  EXPECT_THAT(registry_.text(), HasSubstr(up + "0\n"));
  clock_.advance(Millis(1));
  EXPECT_THAT(registry_.text(), Not(HasSubstr(up)));
  EXPECT_THAT(registry_.text(), HasSubstr("spud_peer_up{peer=\"carol/dealer/carol-0\"} 1\n"));
  clock_.advance(service::PeerBook::kKept);
  EXPECT_THAT(registry_.text(), Not(HasSubstr("{peer=")));
}

}  // namespace
}  // namespace spud::actors
