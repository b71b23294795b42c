// SPDX-License-Identifier: Apache-2.0
// What is counted and logged of peers that break the protocol on an attempt's link.
#include <fstream>
#include <future>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "actors/node/links.hpp"
#include "service/wire/session_codec.hpp"
#include "system/crypto/random.hpp"
#include "system/net/test_parties.hpp"
#include "system/store/scratch_folder.hpp"

namespace spud::actors {
namespace {

constexpr LinkTimes kTimes{Millis(50), net::kPatience};

/// One party's links, and a peer that says what a test wants.
class LinkRefusals : public ::testing::Test {
 protected:
  LinkRefusals() {
    device.name = DeviceId("d");
    for (const auto* party : {"alice", "bob"}) {
      const auto id = net::node_of(party);
      device.compute.push_back({id.party, id.name, id.uri(), listener.address().str()});
    }
  }
  service::session::Terms terms(unsigned own, const std::string& job = "j1") const {
    return {JobId(job), 1, device, Rank{own}, {{"job", "j1"}, {"plan", "abc"}}};
  }
  Result<std::unique_ptr<Links>> open(unsigned own) {
    auto tls = parties.context(own == 0 ? "alice" : "bob");
    return Links::open(terms(own), tls, kTimes, control, random, {}, &peers, log);
  }
  /// Bob connects to an alice that answers his hello with this.
  Result<std::unique_ptr<Links>> answered(const wire::LinkFrame& answer) {
    auto opening = std::async(std::launch::async, [&] { return open(1); });
    auto alice = accepted("alice");
    EXPECT_TRUE(alice->receive({}, net::kPatience));
    EXPECT_TRUE(alice->send(wire::encode(answer), net::kPatience));
    return opening.get();
  }
  std::shared_ptr<net::Connection> accepted(const std::string& by) {
    return net::Connection::accept(listener.accept(net::kPatience).value(), parties.context(by),
                                   net::ExpectedPeer::anyone(), net::kPatience)
        .value();
  }
  /// Alice takes a connection of bob's whose hello is this.
  Result<std::unique_ptr<Links>> offered(const wire::Hello& hello) {
    auto connecting = std::async(std::launch::async, [&] {
      return net::Connection::connect(listener.address(), parties.context("bob"), net::ExpectedPeer::anyone(),
                                      net::kPatience);
    });
    auto ours = accepted("alice");
    bob = std::move(connecting.get().value());
    control.offer(std::make_shared<LinkOffer>(LinkOffer{ours, hello}));
    return open(0);
  }
  bool counted(unsigned frames) const {
    const auto line = "spud_refused_frames_total{reason=\"link\"} " + std::to_string(frames) + "\n";
    return registry.text().find(line) != std::string::npos;
  }
  std::vector<nlohmann::json> refused() const {
    std::vector<nlohmann::json> lines;
    std::ifstream file(folder.path() / "log");
    for (std::string line; std::getline(file, line);) {
      auto one = nlohmann::json::parse(line);
      if (one["message"] == "refused a frame") lines.push_back(std::move(one));
    }
    return lines;
  }

  const store::ScratchFolder folder;
  ManualClock clock;
  metrics::Logger log =
      metrics::Logger::open({metrics::Level::kInfo, metrics::LogFormat::kJson, folder.path() / "log"}, clock)
          .value()
          .with({{"job", "j1"}});
  metrics::Registry registry{{"test", "test"}};
  Peers peers{registry, clock};
  net::Parties parties;
  net::Listener listener = net::Listener::bind({"127.0.0.1", 0}).value();
  service::Device device;
  crypto::SeededRandom random{1};
  SessionControl control{{}};
  std::unique_ptr<net::Connection> bob;
};

TEST_F(LinkRefusals, AnAnswerThatIsNoHelloIsCountedAndNamesThePeer) {
  auto links = answered(wire::PairKey{});
  ASSERT_FALSE(links);
  EXPECT_EQ(links.error().code, ErrorCode::kPeerFault);
  EXPECT_TRUE(counted(1)) << registry.text();
  ASSERT_EQ(refused().size(), 1u);
  const auto line = refused().front();
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["peer"], net::node_of("alice").str());
  EXPECT_EQ(line["job"], "j1");
  EXPECT_NE(line["error"].get<std::string>().find("no hello"), std::string::npos) << line;
}

TEST_F(LinkRefusals, AHelloOfAnotherJobIsCountedWhereItIsAccepted) {
  auto links = offered(service::session::hello(terms(1, "j2")));
  ASSERT_FALSE(links);
  EXPECT_EQ(links.error().code, ErrorCode::kPeerFault);
  EXPECT_TRUE(counted(1)) << registry.text();
  ASSERT_EQ(refused().size(), 1u);
  EXPECT_EQ(refused().front()["peer"], net::node_of("bob").str());
}

TEST_F(LinkRefusals, APeerThatSaysWhyItRefusesHasBrokenNothing) {
  auto links = answered(Error{ErrorCode::kPeerFault, "dave broke the protocol", "link", "", "dave", ""});
  ASSERT_FALSE(links);
  EXPECT_EQ(links.error().party, "dave");
  EXPECT_TRUE(counted(0)) << registry.text();
  EXPECT_TRUE(refused().empty());
}

TEST_F(LinkRefusals, AFrameOutOfPlaceOnAnOpenLinkIsCountedAndNamesThePeer) {
  auto links = offered(service::session::hello(terms(1)));
  ASSERT_TRUE(links) << links.error().message();
  ASSERT_TRUE(bob->send(wire::encode(wire::LinkFrame(wire::PairKey{})), net::kPatience));
  const auto end = std::chrono::steady_clock::now() + net::kPatience;
  while (!control.cancelled() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_TRUE(counted(1)) << registry.text();
  ASSERT_EQ(refused().size(), 1u);
  EXPECT_EQ(refused().front()["peer"], net::node_of("bob").str());
}

}  // namespace
}  // namespace spud::actors
