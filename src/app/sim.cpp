// SPDX-License-Identifier: Apache-2.0
// `spud sim` and `spud plan`: programs without services.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "app/verbs.hpp"
#include "base/limits.hpp"
#include "correlation/demand.hpp"
#include "io/file.hpp"
#include "io/npz.hpp"
#include "ir/codec.hpp"
#include "ir/print.hpp"
#include "service/simulate.hpp"
#include "system/crypto/random.hpp"

namespace spud::app {
namespace {

struct Options {
  std::string program, inputs, meta, out, report, link = "none", protocol = "semi2k";
  unsigned parties = 2, ring = 64, fraction_bits = 18;
  std::optional<std::uint64_t> seed;
  bool ir = false, json = false;
};

void add_device_options(CLI::App& verb, Options& o) {
  verb.add_option("--protocol", o.protocol,
                  "How it computes: semi2k, or ref2k, which hides nothing and checks ranges")
      ->capture_default_str();
  verb.add_option("--parties", o.parties, "Parties that compute")->capture_default_str();
  verb.add_option("--ring", o.ring, "Bits of the ring of floats: 32, 64 or 128")->capture_default_str();
  verb.add_option("--fraction-bits", o.fraction_bits, "Fraction bits of floats")->capture_default_str();
}

Result<service::SimulatedDevice> device_of(const Options& o) {
  service::SimulatedDevice device{.protocol = {}, .parties = o.parties, .format = {o.ring, o.fraction_bits}};
  SPUD_ASSIGN(device.protocol, vm::protocol_from_string(o.protocol));
  SPUD_TRY(service::verify(device));
  return device;
}

Status simulate(const Options& o) {
  SPUD_ASSIGN(auto device, device_of(o));
  SPUD_ASSIGN(auto program, io::read_file(o.program, limits::kProgramBytes));
  SPUD_ASSIGN(auto meta, io::read_meta_file(o.meta, device.parties));
  SPUD_ASSIGN(auto arrays, io::read_npz_file(o.inputs));
  SPUD_ASSIGN(auto inputs, io::in_order(std::move(arrays), "in", o.inputs));
  SPUD_TRY(io::check_inputs(meta, inputs, o.inputs));
  SPUD_ASSIGN(auto link, net::LinkShape::parse(o.link));
  crypto::OsRandom os;
  crypto::SeededRandom seeded(o.seed.value_or(0));
  Random& random = o.seed ? static_cast<Random&>(seeded) : os;
  auto result = service::simulate(device, program, meta, inputs, random, link);
  if (!result) return std::unexpected(std::move(result).error().in(o.program));
  SPUD_TRY(io::write_npz_file(o.out, io::numbered(result->outputs, "out"), io::Compression::kStored));
  const nlohmann::json report{{"seconds", result->run_seconds},
                              {"compile_seconds", result->compile_seconds},
                              {"rounds", result->traffic.rounds},
                              {"bytes_sent", result->traffic.payload_bytes * (device.parties - 1)},
                              {"opened_bits", result->traffic.opened_bits},
                              {"tape_bytes", result->tape_bytes}};
  if (!o.report.empty()) {
    const std::string text = report.dump(2) + "\n";
    SPUD_TRY(io::write_file(o.report, as_bytes(text)));
  }
  std::fprintf(stderr, "%s: %.3f s, %llu rounds, %llu bytes sent a party, tape of %llu bytes\n",
               o.out.c_str(), result->run_seconds, static_cast<unsigned long long>(result->traffic.rounds),
               static_cast<unsigned long long>(result->traffic.payload_bytes * (device.parties - 1)),
               static_cast<unsigned long long>(result->tape_bytes));
  return {};
}

Status plan(const Options& o) {
  SPUD_ASSIGN(auto device, device_of(o));
  SPUD_ASSIGN(auto program, io::read_file(o.program, limits::kProgramBytes));
  SPUD_ASSIGN(auto meta, io::read_meta_file(o.meta, device.parties));
  auto compiled = service::compile_for(device, program, meta);
  if (!compiled) return std::unexpected(std::move(compiled).error().in(o.program));
  // Loops may depend on public inputs, so those are needed where the plan has any; secret ones never.
  io::NamedLiterals given;
  if (!o.inputs.empty()) {
    SPUD_ASSIGN(given, io::read_npz_file(o.inputs));
  }
  std::vector<vm::Input> inputs;
  for (const auto& input : compiled->inputs) {
    if (input.info.visibility == ir::Visibility::kPublic) {
      auto found = given.find(input.name);
      if (found == given.end()) {
        return bad_input("the public input " + input.name + " has no value", "--inputs",
                         "an npz file with " + input.name + ": loops may depend on it");
      }
      inputs.emplace_back(found->second);
    } else {
      inputs.emplace_back(
          alu::StoredShare{input.info.type, alu::element_format(input.info.type.dtype, device.format), {}});
    }
  }
  auto forecast = vm::forecast(*compiled, vm::Seat{device.protocol, Rank{0}, device.parties}, inputs);
  if (!forecast) return std::unexpected(std::move(forecast).error().in(o.program));
  const Bytes demand = correlation::encode(forecast->demand);
  if (o.json) {
    const nlohmann::json report{{"program", compiled->program.hex()},
                                {"plan", ir::digest(*compiled).hex()},
                                {"rounds", forecast->traffic.rounds},
                                {"opened_bits", forecast->traffic.opened_bits},
                                {"bytes_sent", forecast->traffic.payload_bytes * (device.parties - 1)},
                                {"tape_bytes", forecast->dealt.tape_bytes},
                                {"dealt_bits", forecast->dealt.dealt_bits},
                                {"demand", correlation::digest(forecast->demand).hex()},
                                {"demand_bytes", demand.size()}};
    std::printf("%s\n", report.dump(2).c_str());
    return {};
  }
  std::printf("%s", ir::to_text(*compiled).c_str());
  std::printf(
      "\nplan    %s\nrounds  %llu\nsent    %llu bytes a party\ntape    %llu bytes to the last party\ndemand  "
      "%zu bytes, %s\n",
      ir::digest(*compiled).hex().c_str(), static_cast<unsigned long long>(forecast->traffic.rounds),
      static_cast<unsigned long long>(forecast->traffic.payload_bytes * (device.parties - 1)),
      static_cast<unsigned long long>(forecast->dealt.tape_bytes), demand.size(),
      correlation::digest(forecast->demand).hex().c_str());
  return {};
}

}  // namespace

void add_sim(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Options>();
  auto* verb = app.add_subcommand("sim", "Run a program with all parties in this process");
  verb->footer(
      "Example: spud sim program.hlo.pb --inputs inputs.npz --meta meta.json --out out.npz --report "
      "report.json");
  verb->add_option("PROGRAM", o->program, "A serialised HLO module")->required();
  verb->add_option("--inputs", o->inputs, "Arrays in0, in1, … (.npz)")->required();
  verb->add_option("--meta", o->meta, "Each input's visibility (.json)")->required();
  verb->add_option("--out", o->out, "File for out0, out1, … (.npz)")->required();
  verb->add_option("--report", o->report, "File for seconds, rounds, bytes (.json)");
  verb->add_option("--seed", o->seed, "Repeat a run exactly; the system's randomness if not given");
  verb->add_option("--link", o->link, "Make links slower: one-way delay and rate, as in 20ms,100mbit");
  add_device_options(*verb, *o);
  verb->callback([o, &exit_code] {
    auto status = simulate(*o);
    exit_code = status ? 0 : report(status.error());
  });
}

void add_plan(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Options>();
  auto* verb = app.add_subcommand("plan", "Compile a program and say what it will cost");
  verb->footer("Example: spud plan program.hlo.pb --meta meta.json --protocol semi2k --parties 2");
  verb->add_option("PROGRAM", o->program, "A serialised HLO module")->required();
  verb->add_option("--meta", o->meta, "Each input's visibility (.json)")->required();
  verb->add_option("--inputs", o->inputs, "The public inputs (.npz)");
  verb->add_flag("--json", o->json, "Print JSON");
  add_device_options(*verb, *o);
  verb->callback([o, &exit_code] {
    auto status = plan(*o);
    exit_code = status ? 0 : report(status.error());
  });
}

}  // namespace spud::app
