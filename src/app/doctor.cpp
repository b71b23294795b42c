// SPDX-License-Identifier: Apache-2.0
// `spud doctor`: a check-up of a client or a service, and of the machine it is on.
#include <cstdio>

#include <unistd.h>

#include "app/check_config.hpp"
#include "app/client_verb.hpp"
#include "app/doctor/credentials.hpp"
#include "app/doctor/disk.hpp"
#include "app/doctor/host.hpp"
#include "app/doctor/reach.hpp"
#include "app/top/columns.hpp"
#include "app/top/terminal.hpp"
#include "service/labels.hpp"
#include "service/stock/stock_keys.hpp"
#include "service/stock/tape_vault.hpp"
#include "system/store/look.hpp"

namespace spud::app {
namespace {

struct Options {
  std::string context, scheduler, node, dealer;
  bool json = false;
};

void print(const Finding& finding) {
  const bool terminal = ::isatty(STDOUT_FILENO) != 0 && top::wants_colours();
  const char* colour = finding.verdict == Verdict::kOk        ? "\033[32m"
                       : finding.verdict == Verdict::kWarning ? "\033[33m"
                                                              : "\033[31m";
  std::printf("%s%-8s%s %-18s %s\n", terminal ? colour : "", to_string(finding.verdict),
              terminal ? "\033[0m" : "", top::plain(finding.check).c_str(), top::plain(finding.says).c_str());
  if (!finding.hint.empty()) std::printf("%-8s %-18s -> %s\n", "", "", top::plain(finding.hint).c_str());
  std::fflush(stdout);
}

std::int64_t now_seconds() {
  return SystemClock().unix_millis() / 1000;
}

/// What a start would refuse, and the disk under its data.
void check_data(Findings& findings, const service::ServiceConfig& config) {
  if (auto usable = store::look_at(config.data); !usable) {
    findings.fail("data", usable.error());
  } else {
    check_disk(findings, config.data, config.min_free_bytes.bytes);
  }
  if (auto log = check_log_file(config); !log) findings.fail("log", log.error());
}

/// The tapes made ahead, and the keys that they lie under.
void check_stock(Findings& findings, const service::NodeConfig& config) {
  if (config.stock_keys.empty()) return;
  if (auto keys = service::stock::StockKeys::load(config.stock_keys); !keys) {
    findings.fail("stock keys", keys.error());
  } else {
    findings.ok("stock keys", std::to_string(config.stock_keys.size()) + " can be read");
  }
  if (auto vault = store::look_at(config.data / service::stock::kVaultFolder); !vault)
    findings.fail("stock", vault.error());
}

void check_service(Findings& findings, const service::ServiceConfig& config, const net::TlsContext& tls) {
  check_own_door(findings, tls, config.advertise.value_or(config.listen));
}

Status check_context(Findings& findings, const std::string& file) {
  SPUD_ASSIGN(auto context, service::load_client_context(file, service::process_environment()));
  if (check_credentials(findings, context.tls, crypto::Role::kClient, now_seconds()))
    check_deployment(findings, context);
  return {};
}

Status check_scheduler_config(Findings& findings, const std::string& file) {
  SPUD_ASSIGN(auto config, service::load_scheduler_config(file, service::process_environment()));
  check_data(findings, config);
  if (auto tls = check_credentials(findings, config.tls, crypto::Role::kScheduler, now_seconds()))
    check_service(findings, config, *tls);
  return {};
}

Status check_node_config(Findings& findings, const std::string& file) {
  SPUD_ASSIGN(auto config, service::load_node_config(file, service::process_environment()));
  check_data(findings, config);
  check_stock(findings, config);
  if (auto labels = service::parse_labels(config.labels, "labels"); !labels)
    findings.fail("labels", labels.error());
  auto tls = check_credentials(findings, config.tls, crypto::Role::kCompute, now_seconds());
  if (!tls) return {};
  check_scheduler(findings, *tls, config.scheduler, *config.scheduler_identity);
  check_service(findings, config, *tls);
  return {};
}

Status check_dealer_config(Findings& findings, const std::string& file) {
  SPUD_ASSIGN(auto config, service::load_dealer_config(file, service::process_environment()));
  check_data(findings, config);
  auto tls = check_credentials(findings, config.tls, crypto::Role::kDealer, now_seconds());
  if (!tls) return {};
  if (config.scheduler) check_scheduler(findings, *tls, *config.scheduler, *config.scheduler_identity);
  check_service(findings, config, *tls);
  return {};
}

constexpr int kWell = 0, kInTheWay = 1, kUnreadable = 2;

/// The exit code.
int examine(const Options& o) {
  Findings findings(o.json ? [](const Finding&) {} : print);
  check_host(findings);
  const std::pair<const std::string&, Status (*)(Findings&, const std::string&)> files[] = {
      {o.scheduler, check_scheduler_config},
      {o.node, check_node_config},
      {o.dealer, check_dealer_config},
      {o.context, check_context}};
  bool named = false, readable = true;
  for (const auto& [file, check] : files) {
    if (file.empty()) continue;
    named = true;
    if (auto read = check(findings, file); !read) {
      readable = false;
      findings.fail("configuration", read.error());
    }
  }
  if (!named) {
    findings.warn("deployment", "no context and no configuration was named",
                  "name one (--context, --scheduler, --node, --dealer) to look at more than this machine");
  }
  const auto failed = findings.count(Verdict::kFailed), warnings = findings.count(Verdict::kWarning);
  if (o.json) {
    auto rows = nlohmann::json::array();
    for (const auto& finding : findings.all()) {
      rows.push_back({{"check", finding.check},
                      {"verdict", to_string(finding.verdict)},
                      {"says", finding.says},
                      {"hint", finding.hint}});
    }
    print_json({{"findings", rows}, {"failed", failed}, {"warnings", warnings}});
  } else {
    std::printf("%zu checks, %zu failed, %zu with a warning\n", findings.all().size(), failed, warnings);
  }
  if (!readable) return kUnreadable;
  return failed == 0 ? kWell : kInTheWay;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Options>();
  auto* verb =
      app.add_subcommand("doctor", "Check network, clock, certificates and disk, and say what to do");
  verb->add_option("--context", o->context, "A client's context: its way to scheduler, nodes and devices")
      ->envname("SPUD_CONTEXT");
  verb->add_option("--scheduler", o->scheduler, "A scheduler's configuration");
  verb->add_option("--node", o->node, "A compute node's configuration");
  verb->add_option("--dealer", o->dealer, "A dealer's configuration");
  verb->add_flag("--json", o->json, "Print JSON");
  verb->footer(
      "Starts nothing and changes nothing; the service may be running. Run it on the machine, and as the "
      "user, that\n"
      "it is about. Exit code 1 if something is in the way, 2 if a file that was named is no configuration.\n"
      "Example: spud doctor --node node.yaml");
  verb->callback([o, &exit_code] { exit_code = examine(*o); });
}

}  // namespace spud::app
