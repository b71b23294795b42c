// SPDX-License-Identifier: Apache-2.0
#include "actors/node/planning.hpp"

#include "base/limits.hpp"
#include "compiler/compile.hpp"
#include "ir/canonical.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::actors {

vm::Seat seat_of(const service::Device& device, Rank own) {
  return {static_cast<vm::ProtocolKind>(device.protocol), own, device.parties()};
}

Result<Planned> plan_for(const service::Device& device, Rank own, ByteView program,
                         const std::vector<PlannedInput>& inputs, const std::string& where) {
  compiler::CompileRequest order{program, {}, device.format.ring_bits, device.format.fraction_bits};
  std::vector<vm::Input> shapes;
  for (const auto& input : inputs) {
    if (input.keeper && index(*input.keeper) >= device.parties()) {
      return bad_input("an input is kept by rank " + std::to_string(index(*input.keeper)), where,
                       "below " + std::to_string(device.parties()));
    }
    order.parameters.push_back(
        {input.open ? ir::Visibility::kPublic : ir::Visibility::kSecret, input.type, input.keeper});
    if (input.open) {
      shapes.emplace_back(*input.open);
    } else if (input.keeper) {
      shapes.emplace_back(vm::PrivateInput{*input.keeper, input.type, std::nullopt});
    } else {
      shapes.emplace_back(
          alu::StoredShare{input.type, alu::element_format(input.type.dtype, device.format), {}});
    }
  }
  Planned planned;
  SPUD_ASSIGN(planned.plan, compiler::compile(order));
  // All seats ask for the same, which the manifests then compare.
  SPUD_ASSIGN(auto forecast, vm::forecast(planned.plan, seat_of(device, own), shapes));
  planned.demand = correlation::encode(forecast.demand);
  planned.rounds = forecast.traffic.rounds;
  planned.instructions = forecast.instructions;
  planned.sent_bytes = forecast.traffic.payload_bytes;
  planned.tape_bytes = forecast.dealt.tape_bytes;
  planned.peak_bytes = forecast.peak_bytes + kPlanPerProgram * program.size();
  if (planned.demand.size() > limits::kPayloadBytesPerRequest) {
    return fail(ErrorCode::kResource, "its demand takes " + std::to_string(planned.demand.size()) + " bytes",
                where, "at most " + std::to_string(limits::kPayloadBytesPerRequest));
  }
  planned.digest = ir::digest(planned.plan);
  planned.demand_digest = crypto::sha256(planned.demand);
  return planned;
}

}  // namespace spud::actors
