// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/pki.hpp"

#include <map>

#include "base/check.hpp"

namespace spud::sim {

namespace {

constexpr crypto::Validity kAlways{0, 4'000'000'000};
const char* const kParties[] = {"alice", "bob", "chloe", "dora", "erin"};

const std::map<std::string, crypto::Credential>& authorities() {
  static const auto all = [] {
    std::map<std::string, crypto::Credential> made;
    for (const auto* party : kParties)
      made.emplace(party, crypto::create_ca(PartyId(party), kAlways).value());
    return made;
  }();
  return all;
}

}  // namespace

crypto::Identity identity_of(const std::string& party, crypto::Role role, const std::string& name) {
  return {PartyId(party), crypto::development_domain(PartyId(party)), role, NodeId(name)};
}

const crypto::Credential& credential_of(const crypto::Identity& identity) {
  static std::map<std::string, crypto::Credential> issued;
  auto found = issued.find(identity.uri());
  if (found == issued.end()) {
    auto fresh = crypto::issue(authorities().at(identity.party.str()), identity, kAlways).value();
    found = issued.emplace(identity.uri(), std::move(fresh)).first;
  }
  return found->second;
}

const net::TlsContext& context_of(const crypto::Identity& identity) {
  static const ManualClock clock;
  static std::map<std::string, net::TlsContext> made;
  auto found = made.find(identity.uri());
  if (found == made.end()) {
    crypto::Trust trust;
    for (const auto& [party, authority] : authorities()) {
      const auto domain = crypto::development_domain(PartyId(party));
      SPUD_CHECK(trust.add({PartyId(party), domain, {authority.certificate}}).has_value(), "a bundle");
    }
    auto context = net::TlsContext::make(credential_of(identity), std::move(trust), &clock).value();
    found = made.emplace(identity.uri(), std::move(context)).first;
  }
  return found->second;
}

}  // namespace spud::sim
