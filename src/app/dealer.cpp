// SPDX-License-Identifier: Apache-2.0
// `spud dealer`: deals correlations to the nodes of devices that its party takes no other part in.
#include <optional>

#include "actors/dealer/actor.hpp"
#include "actors/dealer/serve.hpp"
#include "actors/door/announcer.hpp"
#include "actors/door/ask.hpp"
#include "actors/door/looks.hpp"
#include "app/check_config.hpp"
#include "app/service.hpp"
#include "app/status/last_view.hpp"
#include "app/verbs.hpp"
#include "service/credentials.hpp"
#include "system/crypto/random.hpp"

namespace spud::app {
namespace {

constexpr Millis kAnswer{2000};

/// What its configuration names, read.
struct Papers {
  net::TlsContext tls;
  std::optional<crypto::Identity> scheduler;
};

Result<Papers> read_papers(const service::DealerConfig& config) {
  SPUD_ASSIGN(auto tls, load_own_tls(config, crypto::Role::kDealer));
  Papers papers{std::move(tls), std::nullopt};
  if (config.scheduler) {
    SPUD_ASSIGN(papers.scheduler, service::with_party(*config.scheduler_identity, papers.tls.trust()));
  }
  return papers;
}

Status run(const service::DealerConfig& config, const Papers& papers, const actors::DealerSetup& setup,
           ServiceProcess& process, caf::actor_system& system, const actors::DealerActor& dealer) {
  SPUD_ASSIGN(auto door, actors::FrontDoor::open(config.listen, setup.tls, process.registry(), process.log(),
                                                 [&](const std::shared_ptr<net::Connection>& connection) {
                                                   actors::serve_dealer(system, dealer, setup, *connection);
                                                 }));
  std::optional<actors::Announcer> announcer;
  if (papers.scheduler) {
    announcer.emplace(actors::Announcer::Options{*config.scheduler,
                                                 *papers.scheduler,
                                                 config.advertise->str(),
                                                 "",
                                                 config.heartbeat_interval,
                                                 {},
                                                 &process.clock(),
                                                 setup.peers.get()},
                      setup.tls, process.log());
  }
  LastView<service::status::DealerView> view;
  const auto describe = [&](service::status::Snapshot& snapshot) {
    auto shown = view.ask(system, dealer, process.clock(), snapshot);
    shown.serving = door->serving();
    for (const auto& sample : process.registry().samples()) {
      if (sample.family == metrics::family::kTapeBytesDealt.name)
        shown.dealt_bytes += static_cast<std::uint64_t>(sample.value);
    }
    snapshot.view = shown;
    snapshot.certificates = certificates_of(setup.tls);
    describe_disk(snapshot, setup.store, config.min_free_bytes.bytes);
  };
  const auto checks = [&] {
    std::vector checks{store_check(setup.store), disk_check(setup.store)};
    if (announcer) checks.push_back(announcer->check());
    return checks;
  };
  SPUD_TRY(process.open_operations(checks, describe));
  process.log().info("serving", {{"address", door->address().str()}});
  process.wait_for_signal();

  if (announcer) announcer->drain();
  caf::scoped_actor self(system);
  // Every connection is a tape on its way.
  const auto busy = [&] {
    (void)actors::ask<std::uint64_t>(self, dealer, kAnswer, actors::Drain{});
    return std::uint64_t{door->serving()};
  };
  if (!process.drain(config.drain_timeout, busy)) {
    // Nodes are told why, those that take nothing at the moment by the end of the connection alone.
    setup.under_way->give_up();
    process.drain(kLastWords, busy);
  }
  process.end_soon();
  door->close();
  return {};
}

Result<service::DealerConfig> load(const std::string& file) {
  return service::load_dealer_config(file, service::process_environment());
}

Status check(const std::string& file) {
  SPUD_ASSIGN(auto config, load(file));
  SPUD_ASSIGN(auto papers, read_papers(config));
  return check_places(config);
}

Status serve(const std::string& file) {
  SPUD_ASSIGN(const auto config, load(file));
  SPUD_ASSIGN(auto process, ServiceProcess::start(config, "dealer"));
  SPUD_ASSIGN(auto papers, read_papers(config));
  SPUD_ASSIGN(auto store, store::Store::open(config.data, actors::kDealerFamilies,
                                             actors::timed({.min_free_bytes = config.min_free_bytes.bytes},
                                                           process->registry())));
  crypto::OsRandom random;
  actors::TapesUnderWay under_way;
  actors::DealerSetup setup{
      papers.tls,          *store,         process->clock(),          random,
      process->registry(), process->log(), config.peer_silence_limit, config.tape_buffer.bytes,
      &under_way};
  setup.peers = std::make_shared<actors::Peers>(process->registry(), process->clock(), config.tried_within());
  const auto tls_look = actors::look_at_tls(process->registry(), setup.tls);
  const auto store_look = actors::look_at_stores(process->registry(), {store.get()});
  SPUD_ASSIGN(auto ledger, actors::load_ledger(*store, papers.tls.self(), process->clock()));
  if (ledger.epoch.copied) {
    process->log().warning("the data folder is a copy: tapes are numbered anew in a later epoch",
                           {{"epoch", ledger.epoch.number}});
  }
  auto caf_config = actor_config();
  caf::actor_system system(caf_config);
  auto dealer = system.spawn<caf::detached>(actors::dealer_actor, &setup,
                                            std::make_shared<actors::DealerLedger>(std::move(ledger)));
  process->follow(papers.tls, [config, file] {
    return service::reread_config(config, file, service::process_environment());
  });
  auto served = run(config, papers, setup, *process, system, dealer);
  caf::anon_send_exit(dealer, caf::exit_reason::user_shutdown);
  return served;
}

}  // namespace

void add_dealer(CLI::App& app, int& exit_code) {
  auto* verb = app.add_subcommand("dealer", "Serve as a dealer of correlations");
  add_service(*verb, exit_code, {service::explain_dealer_config, check, serve});
}

}  // namespace spud::app
