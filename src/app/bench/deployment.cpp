// SPDX-License-Identifier: Apache-2.0
#include "app/bench/deployment.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace spud::app::bench {
namespace {

constexpr std::int64_t kValidSeconds = 30 * 86'400;
constexpr std::int64_t kClockSkewSeconds = 300;

}  // namespace

Result<TemporaryFolder> TemporaryFolder::make() {
  std::error_code error;
  std::string name = (std::filesystem::temp_directory_path(error) / "spud-bench-XXXXXX").string();
  if (error || ::mkdtemp(name.data()) == nullptr) {
    return bad_input(std::string("no folder can be made: ") + std::strerror(errno), name,
                     "a folder for temporary files, as TMPDIR names it");
  }
  return TemporaryFolder(name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<Deployment> Deployment::make(const service::SimulatedDevice& device) {
  SPUD_ASSIGN(auto folder, TemporaryFolder::make());
  Deployment deployment(std::move(folder));
  const std::int64_t now = SystemClock().unix_millis() / 1000;
  const crypto::Validity validity{now - kClockSkewSeconds, now + kValidSeconds};
  std::error_code error;
  std::filesystem::create_directories(deployment.folder() / "bundles", error);

  auto& made = deployment.device_;
  made.name = DeviceId("bench");
  made.protocol = static_cast<service::Protocol>(device.protocol);
  made.format = device.format;
  made.owner = PartyId(party_name(0));
  for (unsigned i = 0; i < device.parties; ++i) {
    SPUD_TRY(deployment.add(party_name(i), crypto::Role::kCompute, validity));
  }
  if (vm::needs_dealer(device.protocol)) {
    SPUD_TRY(deployment.add(kDealerName, crypto::Role::kDealer, validity));
  }
  return deployment;
}

Status Deployment::add(const std::string& party, crypto::Role role, crypto::Validity validity) {
  const crypto::Identity identity{PartyId(party), crypto::development_domain(PartyId(party)), role,
                                  NodeId(party + "-0")};
  SPUD_ASSIGN(auto authority, crypto::create_ca(identity.party, validity));
  SPUD_ASSIGN(auto leaf, crypto::issue(authority, identity, validity));
  SPUD_TRY(leaf.key.write(folder() / (party + ".key")));
  SPUD_TRY(leaf.certificate.write(folder() / (party + ".pem")));
  const crypto::TrustBundle bundle{identity.party, identity.domain, {authority.certificate}};
  SPUD_TRY(bundle.write(folder() / "bundles" / (party + ".pem")));
  service::Member member{identity.party, identity.name, identity.uri(), ""};
  if (role == crypto::Role::kDealer) {
    device_.dealers = {std::move(member)};
  } else {
    device_.compute.push_back(std::move(member));
  }
  return {};
}

Result<net::TlsContext> Deployment::tls(const PartyId& party) const {
  return net::TlsContext::load(
      {folder() / (party.str() + ".pem"), folder() / (party.str() + ".key"), folder() / "bundles"});
}

}  // namespace spud::app::bench
