// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/stock_agreement.hpp"

namespace spud::service::scheduler {

namespace {

constexpr const char* kAgreed[] = {"device digest", "compiler", "plan", "demand"};

Fields agreed(const Fields& answer) {
  Fields fields;
  for (const auto* name : kAgreed) fields.push_back({name, find_field(answer, name)});
  return fields;
}

Fields describe(const stock::StockTape& tape) {
  return {{"tape", tape.id.str()},
          {"device digest", tape.device.hex()},
          {"demand", tape.demand.hex()},
          {"digest", tape.digest.hex()}};
}

Result<Digest> digest_of(const Fields& fields, const std::string& name, const Member& member) {
  if (auto digest = Digest::from_hex(find_field(fields, name))) return *digest;
  return fail(ErrorCode::kPeerFault, "no digest of its " + name, "node " + member.node.str(), {},
              member.party.str());
}

}  // namespace

Result<StockPlan> agree_on_plan(const Device& device, const Digest& program,
                                const std::vector<Fields>& answers) {
  const auto first = agreed(answers.at(0));
  for (unsigned i = 1; i < device.parties(); ++i) {
    SPUD_TRY(compare_fields(first, agreed(answers.at(i)), "plan of stock", device.compute[i].party.str()));
  }
  const auto& member = device.compute[0];
  SPUD_ASSIGN(auto named, digest_of(first, "device digest", member));
  if (named != digest(device)) {
    return fail(ErrorCode::kPeerFault, "prepared for another device", "node " + member.node.str(),
                "device digest " + digest(device).hex(), member.party.str());
  }
  SPUD_ASSIGN(auto demand, digest_of(first, "demand", member));
  SPUD_ASSIGN(auto plan, digest_of(first, "plan", member));
  return StockPlan{demand, plan, program};
}

Result<stock::StockTape> agree_on_tape(const Device& device, const Member& dealer, const Digest& demand,
                                       const std::vector<stock::StockTape>& answers) {
  const auto first = describe(answers.at(0));
  for (unsigned i = 1; i < device.parties(); ++i) {
    SPUD_TRY(compare_fields(first, describe(answers.at(i)), "tape of stock", device.compute[i].party.str()));
  }
  const auto& tape = answers.at(0);
  const auto& member = device.compute[0];
  auto wrong = [&](const std::string& what, const std::string& expected) {
    return fail(ErrorCode::kPeerFault, what, "node " + member.node.str(), expected, member.party.str());
  };
  if (tape.device != digest(device)) return wrong("a tape of another device", digest(device).hex());
  if (tape.demand != demand) return wrong("a tape of another demand", demand.hex());
  if (tape.id.party != dealer.party || tape.id.node != dealer.node) {
    return wrong("a tape of another dealer", "one of " + dealer.identity);
  }
  return tape;
}

}  // namespace spud::service::scheduler
