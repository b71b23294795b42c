// SPDX-License-Identifier: Apache-2.0
// `spud sim`: a run without services.
#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "app/device_options.hpp"
#include "app/verbs.hpp"
#include "base/limits.hpp"
#include "io/file.hpp"
#include "io/npz.hpp"
#include "service/simulate.hpp"
#include "system/crypto/random.hpp"

namespace spud::app {
namespace {

struct Options {
  std::string program, inputs, meta, out, report, link = "none";
  DeviceOptions device;
  std::optional<std::uint64_t> seed;
};

Status simulate(const Options& o) {
  SPUD_ASSIGN(auto device, device_of(o.device));
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
  // Who keeps inputs to itself sends more than the others.
  const auto& busiest =
      *std::ranges::max_element(result->traffic, {}, [](const auto& one) { return one.payload_bytes; });
  const std::uint64_t peers = device.parties - 1;
  std::vector<std::uint64_t> sent;
  for (const auto& one : result->traffic) sent.push_back(one.payload_bytes * peers);
  const nlohmann::json report{
      {"seconds", result->run_seconds},  {"compile_seconds", result->compile_seconds},
      {"rounds", busiest.rounds},        {"bytes_sent", busiest.payload_bytes * peers},
      {"bytes_sent_by_party", sent},     {"opened_bits", busiest.opened_bits},
      {"tape_bytes", result->tape_bytes}};
  if (!o.report.empty()) {
    const std::string text = report.dump(2) + "\n";
    SPUD_TRY(io::write_file(o.report, as_bytes(text)));
  }
  std::fprintf(stderr, "%s: %.3f s, %llu rounds, %llu bytes sent a party, tape of %llu bytes\n",
               o.out.c_str(), result->run_seconds, static_cast<unsigned long long>(busiest.rounds),
               static_cast<unsigned long long>(busiest.payload_bytes * peers),
               static_cast<unsigned long long>(result->tape_bytes));
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
  add_device_options(*verb, o->device);
  verb->callback([o, &exit_code] {
    auto status = simulate(*o);
    exit_code = status ? 0 : report(status.error());
  });
}

}  // namespace spud::app
