// SPDX-License-Identifier: Apache-2.0
#include "service/session/hello.hpp"

namespace spud::service::session {

wire::Hello hello(const Terms& terms) {
  return {terms.job, terms.attempt, terms.own, terms.manifest, wire::kLinkVersion};
}

Status check_hello(const Terms& terms, const std::string& peer_identity, const wire::Hello& hello) {
  const std::string where = "link of job " + terms.job.str() + ", attempt " + std::to_string(terms.attempt);
  if (index(hello.rank) >= terms.device.parties() || hello.rank == terms.own) {
    return fail(ErrorCode::kPeerFault, "rank " + std::to_string(index(hello.rank)), where,
                "the rank of a peer", peer_identity);
  }
  const auto& member = terms.device.compute[index(hello.rank)];
  if (member.identity != peer_identity) {
    return fail(ErrorCode::kDenied, peer_identity + " claims rank " + std::to_string(index(hello.rank)),
                where, member.identity, peer_identity);
  }
  if (hello.version != wire::kLinkVersion) {
    return fail(ErrorCode::kUnsupported,
                "it speaks version " + std::to_string(hello.version) + " of the link, this node " +
                    std::to_string(wire::kLinkVersion),
                where, {}, member.party.str(), "all nodes of a device run one release of spud");
  }
  if (hello.job != terms.job || hello.attempt != terms.attempt) {
    return fail(ErrorCode::kPeerFault,
                "the peer is at job " + hello.job.str() + ", attempt " + std::to_string(hello.attempt), where,
                {}, member.party.str());
  }
  return compare_fields(terms.manifest, hello.manifest, "manifest", member.party.str());
}

Error blame(Error error, const Terms& terms) {
  if (error.party.empty()) error.party = terms.device.compute[index(terms.own)].party.str();
  return error;
}

}  // namespace spud::service::session
