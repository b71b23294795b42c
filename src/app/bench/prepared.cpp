// SPDX-License-Identifier: Apache-2.0
#include "app/bench/prepared.hpp"

#include "app/bench/draw.hpp"
#include "app/bench/usage.hpp"
#include "io/npz.hpp"
#include "io/split.hpp"
#include "system/crypto/random.hpp"

namespace spud::app::bench {
namespace {

constexpr std::uint64_t kInputSeed = 8718;
constexpr std::uint64_t kSplitSeed = 8719;

}  // namespace

Result<Prepared> prepare(const Program& program, const Setting& setting) {
  const auto began = now_nanos();
  Prepared prepared;
  SPUD_ASSIGN(prepared.plan, service::compile_for(setting.device, program.hlo, program.meta));
  // Loops may depend on public inputs; of secret ones only the shape is looked at.
  SPUD_ASSIGN(auto drawn, fixed_inputs(program));
  std::vector<vm::Input> shapes;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (program.meta.inputs[i].visibility == io::InputVisibility::kPublic) {
      shapes.emplace_back(drawn[i]);
    } else {
      shapes.push_back(vm::shape_of(prepared.plan.inputs[i], setting.device.format));
    }
  }
  // From rank 0's seat on every party: all must ask the dealer for the same.
  const vm::Seat seat{setting.device.protocol, Rank{0}, setting.device.parties};
  SPUD_ASSIGN(auto forecast, vm::forecast(prepared.plan, seat, shapes));
  prepared.demand = correlation::encode(forecast.demand);
  prepared.dealt = forecast.dealt;
  prepared.compile_seconds = 1e-9 * static_cast<double>(now_nanos() - began);
  return prepared;
}

Result<std::vector<Literal>> fixed_inputs(const Program& program) {
  if (!program.inputs_file.empty()) {
    SPUD_ASSIGN(auto arrays, io::read_npz_file(program.inputs_file));
    SPUD_ASSIGN(auto inputs, io::in_order(std::move(arrays), "in", program.inputs_file));
    SPUD_TRY(io::check_inputs(program.meta, inputs, program.inputs_file));
    return inputs;
  }
  crypto::SeededRandom random(kInputSeed);
  return draw_inputs(program.meta, random);
}

Result<std::vector<vm::Input>> inputs_of(Rank rank, const Program& program, const Setting& setting) {
  SPUD_ASSIGN(auto drawn, fixed_inputs(program));
  crypto::SeededRandom random(kSplitSeed);
  std::vector<vm::Input> inputs;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (program.meta.inputs[i].visibility == io::InputVisibility::kPublic) {
      inputs.emplace_back(drawn[i]);
      continue;
    }
    if (const auto owner = program.meta.inputs[i].owner) {
      const auto own = *owner == rank ? std::optional(drawn[i]) : std::nullopt;
      inputs.emplace_back(vm::PrivateInput{*owner, drawn[i].type(), own});
      continue;
    }
    const auto format = alu::element_format(drawn[i].dtype(), setting.device.format);
    auto encoded = io::encode(drawn[i], format);
    if (!encoded) return std::unexpected(std::move(encoded).error().in(program.meta.inputs[i].name));
    if (setting.device.parties == 1) {
      const auto words = encoded->words.view();
      inputs.emplace_back(alu::StoredShare{drawn[i].type(), format, Bytes(words.begin(), words.end())});
      continue;
    }
    SPUD_ASSIGN(auto split, io::split(*encoded, setting.device.parties, random));
    const bool last = index(rank) + 1 == setting.device.parties;
    inputs.emplace_back(last ? std::move(split.last)
                             : io::expand_share(split.seeds[index(rank)], drawn[i].type(), format));
  }
  return inputs;
}

}  // namespace spud::app::bench
