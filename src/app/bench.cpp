// SPDX-License-Identifier: Apache-2.0
// `spud bench`: what programs cost between processes, dealing and TLS included.
#include <cstdio>

#include <unistd.h>

#include "app/bench/crew.hpp"
#include "app/bench/measure.hpp"
#include "app/verbs.hpp"

namespace spud::app {
namespace {

using namespace bench;

constexpr unsigned kRunsAtMost = 1000;
constexpr unsigned kThreadsAtMost = 256;

struct Options {
  std::vector<std::string> programs;
  std::string protocol = "semi2k", link = "none", tape = "live", out, library = default_library();
  unsigned parties = 2, runs = 5, threads = 1, ring = 64, fraction_bits = 18, patience_seconds = 900;
  bool all = false, json = false;
};

Result<TapeMode> tape_mode_from_string(const std::string& name) {
  for (auto mode : {TapeMode::kLive, TapeMode::kMemory, TapeMode::kStock}) {
    if (name == to_string(mode)) return mode;
  }
  return bad_input("'" + name + "' is no way to bring a tape", "--tape", "live, memory or stock");
}

Result<Setting> setting_of(const Options& o) {
  Setting setting;
  setting.device = {.protocol = {}, .parties = o.parties, .format = {o.ring, o.fraction_bits}};
  SPUD_ASSIGN(setting.device.protocol, vm::protocol_from_string(o.protocol));
  SPUD_TRY(service::verify(setting.device));
  SPUD_ASSIGN(setting.link, net::LinkShape::parse(o.link));
  SPUD_ASSIGN(setting.tape, tape_mode_from_string(o.tape));
  if (o.runs < 1 || o.runs > kRunsAtMost) {
    return bad_input(std::to_string(o.runs) + " runs", "--runs", "1 to " + std::to_string(kRunsAtMost));
  }
  if (o.threads < 1 || o.threads > kThreadsAtMost) {
    return bad_input(std::to_string(o.threads) + " threads", "--threads",
                     "1 to " + std::to_string(kThreadsAtMost));
  }
  if (o.patience_seconds < 1) return bad_input("no time at all", "--patience", "1 second or more");
  setting.runs = o.runs;
  setting.threads = o.threads;
  setting.out = o.out;
  setting.patience = std::chrono::seconds(o.patience_seconds);
  return setting;
}

/// Programs are read before anything is measured: a name that is wrong is known at once.
Result<std::vector<Program>> programs_of(const Options& o) {
  auto names = o.programs;
  if (o.all == !names.empty()) return bad_input("no programs, or too many", "PROGRAM", "programs, or --all");
  if (o.all) {
    SPUD_ASSIGN(names, list_programs(o.library));
  }
  std::vector<Program> programs;
  for (const auto& name : names) {
    SPUD_ASSIGN(auto program, load_program(name, o.library, o.parties));
    programs.push_back(std::move(program));
  }
  return programs;
}

/// On a terminal one line that is written over; elsewhere only how a program ended.
class Narrator {
 public:
  void step(const std::string& name, const std::string& what) const {
    if (terminal_) std::fprintf(stderr, "\r\033[K%s: %s", name.c_str(), what.c_str());
  }
  void end(const Row& row) const {
    if (terminal_) std::fputs("\r\033[K", stderr);
    if (row.error) {
      std::fprintf(stderr, "%s: %s\n", row.name.c_str(), row.error->message().c_str());
    } else {
      std::vector<double> seconds;
      for (const auto& run : row.runs) seconds.push_back(run.seconds);
      std::fprintf(stderr, "%s: %.4f s\n", row.name.c_str(), median(seconds));
    }
  }

 private:
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
};

Result<int> run(const Options& o) {
  SPUD_ASSIGN(const auto setting, setting_of(o));
  SPUD_ASSIGN(const auto programs, programs_of(o));
  const InterruptGuard guard;
  SPUD_ASSIGN(const auto deployment, Deployment::make(setting.device));
  const Narrator narrator;
  std::vector<Row> rows;
  std::size_t failed = 0;
  for (const auto& program : programs) {
    rows.push_back(measure(program, setting, deployment,
                           [&](const std::string& what) { narrator.step(program.name, what); }));
    narrator.end(rows.back());
    failed += rows.back().error ? 1 : 0;
    if (InterruptGuard::interrupted()) return fail(ErrorCode::kCancelled, "interrupted");
  }
  if (o.json) {
    nlohmann::json all = nlohmann::json::array();
    for (const auto& row : rows) all.push_back(to_json(row, setting));
    std::printf("%s\n", nlohmann::json{{"rows", all}}.dump(2).c_str());
  } else {
    std::printf("%s", to_text(rows, setting).c_str());
  }
  // Of all programs some may be beyond what this version runs; a program asked for by name may not.
  return failed == rows.size() || (failed > 0 && !o.all) ? 1 : 0;
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Options>();
  auto* verb = app.add_subcommand("bench", "Measure programs: parties and dealer as processes over TLS");
  verb->footer(
      "Example:\n  spud bench mul_1e6 less_1e6 --runs 5 --json\n  spud bench --all --link 20ms,100mbit");
  verb->add_option(
      "PROGRAM", o->programs,
      "Folders with program.hlo.pb, meta.json and perhaps inputs.npz, program files, or names in "
      "--library; without inputs.npz inputs are drawn from the ranges in meta.json");
  verb->add_flag("--all", o->all, "Every program in --library");
  verb->add_option("--library", o->library, "Folder of programs")->capture_default_str();
  verb->add_option("--protocol", o->protocol, "Protocol: semi2k or ref2k")->capture_default_str();
  verb->add_option("--parties", o->parties, "Compute parties")->capture_default_str();
  verb->add_option("--ring", o->ring, "Bits of the ring: 32, 64 or 128")->capture_default_str();
  verb->add_option("--fraction-bits", o->fraction_bits, "Fraction bits of floats")->capture_default_str();
  verb->add_option("--runs", o->runs, "Measured runs, after one to warm up")->capture_default_str();
  verb->add_option("--threads", o->threads, "Threads each party, and the dealer, computes with")
      ->capture_default_str();
  verb->add_option("--link", o->link, "Make every link slower: one-way delay and rate, e.g. 20ms,100mbit")
      ->capture_default_str();
  verb->add_option(
          "--tape", o->tape,
          "Live; memory: dealt and received before the clock starts; stock: the same, and read from disk")
      ->capture_default_str();
  verb->add_option("--patience", o->patience_seconds, "Seconds after which a step counts as hung")
      ->capture_default_str();
  verb->add_option("--out", o->out, "Folder for inputs.npz and outputs.npz of each program");
  verb->add_flag("--json", o->json, "Figures as json");
  verb->callback([o, &exit_code] {
    auto code = run(*o);
    exit_code = code ? *code : report(code.error());
  });
}

}  // namespace spud::app
