// SPDX-License-Identifier: Apache-2.0
// `spud plan`: what a program is compiled to, how, and what that will cost.
#include <cstdio>
#include <filesystem>

#include "app/device_options.hpp"
#include "app/plan/report.hpp"
#include "app/verbs.hpp"
#include "base/limits.hpp"
#include "io/file.hpp"
#include "io/npz.hpp"
#include "ir/print.hpp"
#include "service/status/text.hpp"

namespace spud::app {
namespace {

struct Options {
  std::string program, inputs, meta, html, step;
  DeviceOptions device;
  bool json = false, steps = false;
};

/// Loops may depend on public inputs, so those are needed where the plan has any; secret ones never.
Result<std::vector<vm::Input>> inputs_of(const Options& o, const ir::Plan& plan,
                                         const alu::NumberFormat& format) {
  io::NamedLiterals given;
  if (!o.inputs.empty()) {
    SPUD_ASSIGN(given, io::read_npz_file(o.inputs));
  }
  std::vector<vm::Input> inputs;
  for (const auto& input : plan.inputs) {
    if (input.info.visibility != ir::Visibility::kPublic) {
      inputs.push_back(vm::shape_of(input, format));
      continue;
    }
    auto found = given.find(input.name);
    if (found == given.end()) {
      return bad_input("the public input " + input.name + " has no value", "--inputs",
                       "an npz file with " + input.name + ": loops may depend on it");
    }
    inputs.emplace_back(found->second);
  }
  return inputs;
}

/// "logreg/program.hlo.pb": corpora call all programs alike.
std::string short_name(const std::string& file) {
  const std::filesystem::path path(file);
  const auto folder = path.parent_path().filename();
  return (folder.empty() ? path.filename() : folder / path.filename()).string();
}

/// Bytes to all other parties, by rank, and the last party's tape.
struct Costs {
  std::vector<std::uint64_t> sent;
  std::uint64_t tape_bytes = 0;
};
Result<Costs> costs_by_rank(const service::SimulatedDevice& device, const ir::Plan& plan,
                            const std::vector<vm::Input>& inputs) {
  Costs costs;
  for (unsigned rank = 0; rank < device.parties; ++rank) {
    SPUD_ASSIGN(auto forecast,
                vm::forecast(plan, vm::Seat{device.protocol, Rank{rank}, device.parties}, inputs));
    costs.sent.push_back(forecast.traffic.payload_bytes * (device.parties - 1));
    costs.tape_bytes = forecast.dealt.tape_bytes;
  }
  return costs;
}

/// The same program with all private inputs shared, beside it.
Result<std::optional<plan::Kept>> compare_with_shared(const Options& o,
                                                      const service::SimulatedDevice& device,
                                                      ByteView program, io::Meta meta, const ir::Plan& plan,
                                                      const std::vector<vm::Input>& inputs) {
  bool has_private = false;
  for (auto& input : meta.inputs) {
    if (!input.owner) continue;
    has_private = true;
    input.owner.reset();
    input.visibility = io::InputVisibility::kSecret;
  }
  if (!has_private) return std::nullopt;
  SPUD_ASSIGN(auto own, costs_by_rank(device, plan, inputs));
  SPUD_ASSIGN(auto shared_plan, service::compile_for(device, program, meta));
  SPUD_ASSIGN(auto shared_inputs, inputs_of(o, shared_plan, device.format));
  SPUD_ASSIGN(auto shared, costs_by_rank(device, shared_plan, shared_inputs));
  plan::Kept kept{std::move(own.sent), 0, shared.tape_bytes};
  for (auto bytes : shared.sent) kept.sent_if_shared += bytes;
  return kept;
}

Status show_plan(const Options& o) {
  SPUD_ASSIGN(auto device, device_of(o.device));
  SPUD_ASSIGN(auto program, io::read_file(o.program, limits::kProgramBytes));
  SPUD_ASSIGN(auto meta, io::read_meta_file(o.meta, device.parties));
  plan::StepLog log;
  const bool wants_steps = o.steps || !o.step.empty() || !o.html.empty();
  auto compiled =
      service::compile_for(device, program, meta, wants_steps ? log.observer() : compiler::StepObserver{});
  if (!compiled) return std::unexpected(std::move(compiled).error().in(o.program));
  const bool only_steps = (o.steps || !o.step.empty()) && !o.json;
  if (only_steps) {
    SPUD_ASSIGN(auto text, plan::steps_text(log.steps(), o.step));
    std::fputs(text.c_str(), stdout);
    if (o.html.empty()) return {};
  }
  SPUD_ASSIGN(auto inputs, inputs_of(o, *compiled, device.format));
  vm::Ledger ledger(*compiled);
  auto forecast =
      vm::forecast(*compiled, vm::Seat{device.protocol, Rank{0}, device.parties}, inputs, &ledger);
  if (!forecast) return std::unexpected(std::move(forecast).error().in(o.program));
  SPUD_ASSIGN(auto kept, compare_with_shared(o, device, program, meta, *compiled, inputs));
  const plan::Report report{short_name(o.program), device,         *compiled,      *forecast, ledger,
                            log.steps(),           ledger.total(), std::move(kept)};
  if (!o.html.empty()) {
    const std::string page = plan::html_text(report);
    SPUD_TRY(io::write_file(o.html, as_bytes(page)));
    std::fprintf(stderr, "%s: %llu rounds, %s sent a party, tape of %s\n", o.html.c_str(),
                 static_cast<unsigned long long>(forecast->traffic.rounds),
                 service::status::bytes_text(report.sent(report.total)).c_str(),
                 service::status::bytes_text(forecast->dealt.tape_bytes).c_str());
  }
  if (o.json) {
    std::fputs(plan::json_text(report, o.steps).c_str(), stdout);
  } else if (o.html.empty()) {
    std::fputs((ir::to_text(*compiled) + "\n" + plan::costs_text(report)).c_str(), stdout);
  }
  return {};
}

}  // namespace

void add_plan(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Options>();
  auto* verb = app.add_subcommand("plan", "Compile a program and say what it will cost");
  verb->footer(
      "Prints the plan, then what each instruction costs, the most expensive first, by one run on shapes:\n"
      "share of all bytes, rounds alone, bits and bytes that a party sends, bytes of the last party's tape,\n"
      "instructions for the dealer. Nothing secret is needed for it.\n\n"
      "Example:\n"
      "  spud plan program.hlo.pb --meta meta.json\n"
      "  spud plan program.hlo.pb --meta meta.json --inputs public.npz --parties 3 --json\n"
      "  spud plan program.hlo.pb --meta meta.json --passes\n"
      "  spud plan program.hlo.pb --meta meta.json --pass 'common subexpressions'\n"
      "  spud plan program.hlo.pb --meta meta.json --html plan.html");
  verb->add_option("PROGRAM", o->program, "A serialised HLO module")->required();
  verb->add_option("--meta", o->meta, "Each input's visibility (.json)")->required();
  verb->add_option("--inputs", o->inputs, "The public inputs (.npz)");
  auto* passes = verb->add_flag("--passes", o->steps, "Print the program after each step that changed it");
  auto* pass =
      verb->add_option("--pass", o->step, "Print the program before and after one step, by its name");
  auto* json = verb->add_flag("--json", o->json, "Print JSON; with --passes the steps as well");
  verb->add_option("--html", o->html, "File for a page with graph, costs and steps");
  pass->excludes(passes)->excludes(json);
  add_device_options(*verb, o->device);
  verb->callback([o, &exit_code] {
    auto status = show_plan(*o);
    exit_code = status ? 0 : report(status.error());
  });
}

}  // namespace spud::app
