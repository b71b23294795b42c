// SPDX-License-Identifier: Apache-2.0
#include "service/client/client.hpp"

#include "service/credentials.hpp"

namespace spud::service::client {

namespace {
constexpr Millis kConnect{10'000};
}

Result<Client> Client::open(const ClientContext& context) {
  SPUD_ASSIGN(auto tls, load_tls(context.tls));
  if (tls.self().role != crypto::Role::kClient) {
    return bad_input("a certificate of a " + std::string(crypto::to_string(tls.self().role)),
                     context.tls.certificate, "one of role client");
  }
  SPUD_ASSIGN(auto key, crypto::PrivateKey::read(context.tls.key));
  SPUD_ASSIGN(auto scheduler, with_party(*context.scheduler_identity, tls.trust()));
  return Client(context, std::move(tls), std::move(key), std::move(scheduler));
}

Result<net::Connection*> Client::scheduler_connection() {
  if (!scheduler_) {
    auto connected =
        net::Connection::connect(context_.scheduler, tls_, net::ExpectedPeer::exactly(expected_), kConnect);
    if (!connected) return std::unexpected(std::move(connected).error().in("scheduler"));
    scheduler_ = std::move(*connected);
  }
  return scheduler_.get();
}

Result<net::Connection*> Client::connect(const Member& member) {
  auto found = nodes_.find(member.identity);
  if (found != nodes_.end()) return found->second.get();
  SPUD_ASSIGN(auto address, net::Address::parse(member.address));
  SPUD_ASSIGN(auto identity, crypto::parse_uri(member.identity));
  SPUD_ASSIGN(identity, with_party(identity, tls_.trust()));
  auto connected = net::Connection::connect(address, tls_, net::ExpectedPeer::exactly(identity),
                                            context_.peer_silence_limit);
  if (!connected) {
    auto error = std::move(connected).error();
    if (error.party.empty()) error.party = member.party.str();
    return std::unexpected(std::move(error).in("node " + member.node.str()));
  }
  return (nodes_[member.identity] = std::move(*connected)).get();
}

Result<Device> Client::show_device(const DeviceId& name) {
  SPUD_ASSIGN(auto device, scheduler<Device>(wire::ShowDevice{name}));
  if (device.name != name)
    return fail(ErrorCode::kPeerFault, "another device", "scheduler", name.str(), "the scheduler");
  // The scheduler could put one party's node under another party's name.
  auto check = [&](const Member& member, crypto::Role role) -> Status {
    SPUD_ASSIGN(auto identity, crypto::parse_uri(member.identity));
    SPUD_ASSIGN(identity, with_party(identity, tls_.trust()));
    if (identity.party == member.party && identity.role == role && identity.name == member.node) return {};
    return fail(ErrorCode::kPeerFault, member.identity + " is not a node of " + member.party.str(),
                "device " + name.str(), {}, "the scheduler");
  };
  for (const auto& member : device.compute) SPUD_TRY(check(member, crypto::Role::kCompute));
  for (const auto& member : device.dealers) SPUD_TRY(check(member, crypto::Role::kDealer));
  return device;
}

Result<Device> Client::device(const DeviceId& name) {
  SPUD_ASSIGN(auto device, show_device(name));
  SPUD_ASSIGN(auto pinned, pins());
  SPUD_TRY(pinned.check(device));
  return device;
}

}  // namespace spud::service::client
