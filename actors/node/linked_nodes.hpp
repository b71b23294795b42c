// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "actors/node/links.hpp"
#include "system/crypto/random.hpp"
#include "system/net/test_parties.hpp"

/// For tests and benchmarks.
namespace spud::actors {

/// Nodes of one attempt in one process, each with an authority and a listener of its own.
class LinkedNodes {
 public:
  explicit LinkedNodes(unsigned parties) {
    std::vector<crypto::Credential> authorities;
    crypto::Trust trust;
    device_.name = DeviceId("d");
    for (unsigned i = 0; i < parties; ++i) {
      const auto id = net::node_of("p" + std::to_string(i));
      authorities.push_back(crypto::create_ca(id.party, net::valid_now()).value());
      trust.add({id.party, id.party.str() + ".spud", {authorities[i].certificate}}).value();
      listeners_.push_back(net::Listener::bind({"127.0.0.1", 0}).value());
      device_.compute.push_back({id.party, id.name, id.uri(), listeners_[i].address().str()});
    }
    for (unsigned i = 0; i < parties; ++i) {
      auto leaf =
          crypto::issue(authorities[i], net::node_of("p" + std::to_string(i)), net::valid_now()).value();
      tls_.push_back(net::TlsContext::make(leaf, trust).value());
      controls_.push_back(std::make_unique<SessionControl>([](const Error&) {}));
    }
    std::vector<std::future<std::unique_ptr<Links>>> opening;
    std::vector<std::thread> doors;
    for (unsigned i = 0; i < parties; ++i) {
      doors.emplace_back([this, i, parties] {
        for (unsigned peer = i + 1; peer < parties; ++peer) admit(i);
      });
      opening.push_back(std::async(std::launch::async, [this, i] {
        crypto::SeededRandom random(i);
        const service::session::Terms terms{JobId("j1"), 1, device_, Rank{i}, {{"job", "j1"}}};
        return Links::open(terms, tls_[i], {Millis(1000), net::kPatience, net::kForever}, *controls_[i],
                           random)
            .value();
      }));
    }
    for (auto& door : doors) door.join();
    for (auto& links : opening) links_.push_back(links.get());
  }
  Links& links(unsigned rank) { return *links_[rank]; }

 private:
  void admit(unsigned at) {
    auto socket = listeners_[at].accept(net::kPatience).value();
    std::shared_ptr<net::Connection> connection =
        net::Connection::accept(std::move(socket), tls_[at], net::ExpectedPeer::anyone(), net::kPatience)
            .value();
    auto hello = wire::decode_link_frame(connection->receive({}, net::kPatience)->header).value();
    controls_[at]->offer(
        std::make_shared<LinkOffer>(LinkOffer{connection, std::get<wire::Hello>(std::move(hello))}));
  }

  service::Device device_;
  std::vector<net::Listener> listeners_;
  std::vector<net::TlsContext> tls_;
  std::vector<std::unique_ptr<SessionControl>> controls_;
  std::vector<std::unique_ptr<Links>> links_;
};

}  // namespace spud::actors
