// SPDX-License-Identifier: Apache-2.0
#include "app/bench/measure.hpp"

#include "app/bench/crew.hpp"
#include "app/bench/roles.hpp"
#include "app/bench/usage.hpp"
#include "ring/workers.hpp"

namespace spud::app::bench {
namespace {

RoleFigures role_figures(const Json& said) {
  RoleFigures role{said.value("cpu_seconds", 0.0), said.value("peak_rss", std::uint64_t{0}), {}};
  for (const auto& [peer, bytes] : said.at("sent").items()) role.sent_bytes[peer] = bytes;
  return role;
}

class Measurement {
 public:
  Measurement(const Program& program, const Setting& setting, const Deployment& deployment,
              const Progress& progress)
      : program_(program), setting_(setting), deployment_(deployment), progress_(progress) {}

  Status go(Row& row) {
    progress_("compiling");
    SPUD_TRY(start(row));
    for (unsigned run = 0; run <= setting_.runs; ++run) {
      progress_(run == 0 ? "warming up"
                         : "run " + std::to_string(run) + " of " + std::to_string(setting_.runs));
      SPUD_ASSIGN(auto figures, run_once(run));
      if (run > 0) row.runs.push_back(std::move(figures));
    }
    progress_("checking");
    SPUD_TRY(crew_.tell({{"do", "keep"}}));
    SPUD_TRY(crew_.gather(setting_.patience));
    return check(row);
  }

 private:
  // Threads begin in the processes, after the fork.
  Status start(Row& row) {
    for (unsigned p = 0; p < setting_.device.parties; ++p) {
      SPUD_TRY(crew_.start(party_name(p), [&, p](ControlLine& line) {
        ring::set_threads(setting_.threads);
        return be_party(Rank{p}, program_, setting_, deployment_, line);
      }));
    }
    if (deployment_.has_dealer()) {
      SPUD_TRY(crew_.start(kDealerName, [&](ControlLine& line) {
        ring::set_threads(setting_.threads);
        return be_dealer(setting_, deployment_, line);
      }));
    }
    SPUD_ASSIGN(auto ready, crew_.gather(setting_.patience));
    row.compile_seconds = ready[0].value("compile_seconds", 0.0);
    row.dealt_bits = ready[0].value("dealt_bits", std::uint64_t{0});
    Json addresses = Json::array();
    for (const auto& one : ready) addresses.push_back(one.at("address"));
    SPUD_TRY(crew_.tell({{"do", "meet"}, {"addresses", addresses}}));
    SPUD_TRY(crew_.gather(setting_.patience));
    return {};
  }

  Result<RunFigures> run_once(unsigned number) {
    SPUD_TRY(crew_.tell({{"do", "open"}, {"run", number}}));
    SPUD_TRY(crew_.gather(setting_.patience));
    const auto began = now_nanos();
    SPUD_TRY(crew_.tell({{"do", "go"}}));
    SPUD_ASSIGN(auto said, crew_.gather(setting_.patience));
    RunFigures figures;
    for (std::size_t i = 0; i < said.size(); ++i) figures.roles[crew_.name(i)] = role_figures(said[i]);
    for (unsigned p = 0; p < setting_.device.parties; ++p) {
      const auto ended = said[p].value("ended", began);
      figures.seconds = std::max(figures.seconds, 1e-9 * static_cast<double>(ended - began));
      figures.tape_bytes += said[p].value("tape_bytes", std::uint64_t{0});
    }
    figures.rounds = said[0].value("rounds", std::uint64_t{0});
    figures.opened_bits = said[0].value("opened_bits", std::uint64_t{0});
    return figures;
  }

  Status check(Row& row) {
    Crew checker;
    SPUD_TRY(checker.start(
        "checker", [&](ControlLine& line) { return be_checker(program_, setting_, deployment_, line); }));
    SPUD_ASSIGN(auto said, checker.gather(setting_.patience));
    if (said[0].contains("max_abs_err")) row.max_abs_err = said[0].value("max_abs_err", 0.0);
    row.unchecked = said[0].value("unchecked", "");
    return {};
  }

  const Program& program_;
  const Setting& setting_;
  const Deployment& deployment_;
  const Progress& progress_;
  Crew crew_;
};

}  // namespace

Row measure(const Program& program, const Setting& setting, const Deployment& deployment,
            const Progress& progress) {
  Row row;
  row.name = program.name;
  if (auto measured = Measurement(program, setting, deployment, progress).go(row); !measured) {
    row.error = measured.error();
  }
  return row;
}

}  // namespace spud::app::bench
