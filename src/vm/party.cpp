// SPDX-License-Identifier: Apache-2.0
#include "vm/party.hpp"

#include "base/limits.hpp"
#include "protocol/ref2k/ref2k.hpp"
#include "protocol/semi2k/semi2k.hpp"

namespace spud::vm {

const char* to_string(ProtocolKind kind) {
  return kind == ProtocolKind::kRef2k ? "ref2k" : "semi2k";
}

Result<ProtocolKind> protocol_from_string(const std::string& name) {
  if (name == "ref2k") return ProtocolKind::kRef2k;
  if (name == "semi2k") return ProtocolKind::kSemi2k;
  return bad_input("unknown protocol '" + name + "'", "protocol", "semi2k or ref2k");
}

bool needs_dealer(ProtocolKind kind) {
  return kind == ProtocolKind::kSemi2k;
}

Status verify_parties(ProtocolKind kind, unsigned parties) {
  const unsigned least = kind == ProtocolKind::kRef2k ? 1 : 2;
  if (parties < least || parties > limits::kPartiesPerDevice) {
    return bad_input(std::to_string(parties) + " parties", to_string(kind),
                     std::to_string(least) + " to " + std::to_string(limits::kPartiesPerDevice));
  }
  return {};
}

std::unique_ptr<protocol::Protocol> make_protocol(const Seat& seat, correlation::Source& source,
                                                  protocol::Executor& executor,
                                                  std::optional<protocol::ZeroShares> zeros) {
  if (seat.protocol == ProtocolKind::kRef2k)
    return std::make_unique<protocol::ref2k::Ref2k>(seat.rank, executor);
  return std::make_unique<protocol::semi2k::Semi2k>(seat.rank, seat.parties, source, executor,
                                                    std::move(zeros));
}

}  // namespace spud::vm
