// SPDX-License-Identifier: Apache-2.0
#include "service/simulate.hpp"

#include <chrono>

#include "io/encode.hpp"
#include "io/split.hpp"

namespace spud::service {
namespace {

using Seconds = std::chrono::duration<double>;

/// Every party's share of one input.
Result<std::vector<alu::StoredShare>> share_out(const SimulatedDevice& device, const Literal& input,
                                                Random& random) {
  const auto format = alu::element_format(input.dtype(), device.format);
  SPUD_ASSIGN(auto encoded, io::encode(input, format));
  std::vector<alu::StoredShare> shares;
  if (device.parties == 1) {
    shares.push_back({input.type(), format, Bytes(encoded.words.view().begin(), encoded.words.view().end())});
    return shares;
  }
  SPUD_ASSIGN(auto split, io::split(encoded, device.parties, random));
  for (const auto& seed : split.seeds) shares.push_back(io::expand_share(seed, input.type(), format));
  shares.push_back(std::move(split.last));
  return shares;
}

}  // namespace

Status verify(const SimulatedDevice& device) {
  SPUD_TRY(vm::verify_parties(device.protocol, device.parties));
  const unsigned k = device.format.ring_bits, f = device.format.fraction_bits;
  if (k != 32 && k != 64 && k != 128) return bad_input(std::to_string(k) + " bits", "ring", "32, 64 or 128");
  if (f < 1 || 2 * f + 2 >= k) {
    return bad_input(std::to_string(f) + " fraction bits", "fraction-bits",
                     "1 to " + std::to_string((k - 3) / 2) + " in a ring of " + std::to_string(k) + " bits");
  }
  return {};
}

Result<ir::Plan> compile_for(const SimulatedDevice& device, ByteView program, const io::Meta& meta,
                             const compiler::StepObserver& observer) {
  compiler::CompileRequest request{.program = program,
                                   .parameters = {},
                                   .ring_bits = device.format.ring_bits,
                                   .fraction_bits = device.format.fraction_bits};
  for (const auto& input : meta.inputs) {
    compiler::Parameter parameter;
    parameter.owner = input.owner;
    parameter.visibility =
        input.visibility == io::InputVisibility::kPublic ? ir::Visibility::kPublic : ir::Visibility::kSecret;
    if (input.dtype && input.shape) parameter.type = TensorType{*input.dtype, *input.shape};
    request.parameters.push_back(std::move(parameter));
  }
  return compiler::compile(request, observer);
}

Result<Simulation> simulate(const SimulatedDevice& device, ByteView program, const io::Meta& meta,
                            const std::vector<Literal>& inputs, Random& random, const net::LinkShape& link) {
  SPUD_TRY(verify(device));
  Simulation result;
  const auto start = std::chrono::steady_clock::now();
  SPUD_ASSIGN(auto plan, compile_for(device, program, meta));
  const auto compiled = std::chrono::steady_clock::now();
  result.compile_seconds = Seconds(compiled - start).count();

  std::vector<std::vector<vm::Input>> by_rank(device.parties);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (meta.inputs[i].visibility == io::InputVisibility::kPublic) {
      for (auto& of_rank : by_rank) of_rank.emplace_back(inputs[i]);
      continue;
    }
    if (const auto owner = meta.inputs[i].owner) {
      for (unsigned p = 0; p < device.parties; ++p) {
        const auto own = Rank{p} == *owner ? std::optional(inputs[i]) : std::nullopt;
        by_rank[p].emplace_back(vm::PrivateInput{*owner, inputs[i].type(), own});
      }
      continue;
    }
    auto shares = share_out(device, inputs[i], random);
    if (!shares) return std::unexpected(std::move(shares).error().in(meta.inputs[i].name));
    for (unsigned p = 0; p < device.parties; ++p) by_rank[p].emplace_back(std::move((*shares)[p]));
  }
  SPUD_ASSIGN(auto run, vm::run_all(plan, device.protocol, device.parties, random, by_rank, link));
  for (std::size_t o = 0; o < plan.main.results.size(); ++o) {
    if (const auto* open = std::get_if<Literal>(&run.outputs_by_rank[0][o])) {
      result.outputs.push_back(*open);
      continue;
    }
    std::vector<alu::StoredShare> shares;
    for (auto& of_rank : run.outputs_by_rank)
      shares.push_back(std::move(std::get<alu::StoredShare>(of_rank[o])));
    if (shares.size() == 1) {
      result.outputs.push_back(io::decode(shares[0].type, shares[0].format, shares[0].data));
      continue;
    }
    SPUD_ASSIGN(auto value, io::reconstruct(shares));
    result.outputs.push_back(std::move(value));
  }
  result.run_seconds = Seconds(std::chrono::steady_clock::now() - compiled).count();
  result.traffic = run.traffic;
  result.tape_bytes = run.tape_bytes;
  return result;
}

}  // namespace spud::service
