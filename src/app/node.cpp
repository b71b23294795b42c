// SPDX-License-Identifier: Apache-2.0
// `spud node`: a compute node of a party.
#include <cstdlib>
#include <optional>
#include <vector>

#include "actors/door/announcer.hpp"
#include "actors/door/ask.hpp"
#include "actors/door/looks.hpp"
#include "actors/node/actor.hpp"
#include "actors/node/looks.hpp"
#include "actors/node/serve.hpp"
#include "actors/node/share_store.hpp"
#include "app/check_config.hpp"
#include "app/node_list.hpp"
#include "app/service.hpp"
#include "app/status/last_view.hpp"
#include "app/verbs.hpp"
#include "compiler/version.hpp"
#include "ring/workers.hpp"
#include "service/credentials.hpp"
#include "service/wire/frame.hpp"
#include "system/crypto/random.hpp"
#include "system/metrics/memory_limit.hpp"
#include "system/store/look.hpp"

namespace spud::app {
namespace {

/// What attempts may take: their rest is the process's own, its store's, and what estimates leave out.
std::uint64_t memory_of(const service::NodeConfig& config) {
  return config.memory.bytes != 0 ? config.memory.bytes : metrics::process_memory_limit() / 4 * 3;
}

/// What devices may be placed by.
service::wire::NodeFacts facts(const service::NodeConfig& config, const actors::NodeSetup& setup,
                               const service::Labels& labels) {
  service::wire::NodeFacts facts;
  facts.labels = labels;
  facts.cores = ring::threads();
  facts.memory_bytes = setup.memory;
  facts.protocols = {service::Protocol::kSemi2k};
  if (config.insecure) facts.protocols.push_back(service::Protocol::kRef2k);
  facts.wire_version = service::wire::kVersion;
  facts.slots = setup.slots;
  facts.running = *setup.running;
  return facts;
}

/// For the status page.
std::optional<service::status::TapesView> tapes_of(const actors::NodeSetup& setup,
                                                   const service::NodeConfig& config) {
  if (setup.vault == nullptr) return std::nullopt;
  service::status::TapesView view;
  for (const auto& tape : setup.vault->list()) ++view.by_state[to_string(tape.state)];
  view.bytes = setup.vault->bytes();
  view.limit_bytes = config.stock_bytes.bytes;
  view.epoch = setup.vault->epoch();
  return view;
}

/// The node's actors and doors, until a signal has ended them.
Status run(const service::NodeConfig& config, const service::Labels& labels, const actors::NodeSetup& setup,
           ServiceProcess& process, std::shared_ptr<actors::ShareDesk> desk, actors::TapeDesk* tapes) {
  auto caf_config = actor_config();
  caf::actor_system system(caf_config);
  auto store = system.spawn<caf::detached>(actors::share_store, &setup, std::move(desk));
  auto node = system.spawn(actors::compute_node, &setup, store);
  std::atomic<bool> draining{false};
  std::atomic<std::uint64_t> answering{0};
  const actors::NodeDoor way{system,
                             node,
                             store,
                             process.registry(),
                             process.log(),
                             tapes,
                             config.heartbeat_interval,
                             config.party,
                             config.name,
                             &draining,
                             &answering,
                             setup.peers.get()};
  auto served = [&]() -> Status {
    SPUD_ASSIGN(auto door,
                actors::FrontDoor::open(config.listen, setup.tls, process.registry(), process.log(),
                                        [&](const std::shared_ptr<net::Connection>& connection) {
                                          actors::serve_node(way, connection);
                                        }));
    const auto more = [tapes, &setup, &config, &labels](service::wire::Announce& announcement) {
      announcement.facts = facts(config, setup, labels);
      if (tapes != nullptr) tapes->announce(announcement);
    };
    actors::Announcer announcer(
        {config.scheduler, setup.scheduler, config.advertise->str(), compiler::kCompilerVersion,
         config.heartbeat_interval, more, &process.clock(), setup.peers.get()},
        setup.tls, process.log());
    LastView<service::status::WorkView> work;
    LastView<service::status::HoldingsView> holdings;
    const auto describe = [&](service::status::Snapshot& snapshot) {
      snapshot.view = service::status::NodeView{work.ask(system, node, process.clock(), snapshot),
                                                holdings.ask(system, store, process.clock(), snapshot),
                                                tapes_of(setup, config)};
      snapshot.certificates = certificates_of(setup.tls);
      describe_disk(snapshot, *setup.store.rows, config.min_free_bytes.bytes);
    };
    const auto checks = [&] {
      std::vector checks{store_check(*setup.store.rows), disk_check(*setup.store.rows), announcer.check()};
      if (setup.vault != nullptr) {
        checks.push_back(store_check(*setup.vault));
        checks.back().name = "stock";
      }
      return checks;
    };
    SPUD_TRY(process.open_operations(checks, describe));
    process.log().info("serving", {{"address", door->address().str()}});
    process.wait_for_signal();

    draining = true;
    announcer.drain();
    // A tape that is being made is nobody's yet.
    if (tapes != nullptr) tapes->close();
    caf::scoped_actor self(system);
    auto busy = [&] {
      return actors::ask<std::uint64_t>(self, node, kLastWords, actors::Drain{}).value_or(1);
    };
    if (!process.drain(config.drain_timeout, busy)) {
      caf::anon_send(node, actors::GiveUp{});
      if (!process.drain(kLastWords, busy)) {
        // A session that computes cannot be interrupted, and need not be waited for: what counts is on disk.
        process.log().warning("attempts did not end in time");
        std::_Exit(0);
      }
    }
    // How the last attempts ended is on its way to the scheduler.
    process.drain(kLastWords, [&] { return answering.load(); });
    process.end_soon();
    door->close();
    return {};
  }();
  caf::anon_send_exit(node, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(store, caf::exit_reason::user_shutdown);
  return served;
}

/// What its configuration names, read.
struct Papers {
  net::TlsContext tls;
  crypto::Identity scheduler;
  service::stock::StockKeys stock_keys;
  service::Labels labels;
};

Result<Papers> read_papers(const service::NodeConfig& config) {
  SPUD_ASSIGN(auto tls, load_own_tls(config, crypto::Role::kCompute));
  SPUD_ASSIGN(auto scheduler, service::with_party(*config.scheduler_identity, tls.trust()));
  SPUD_ASSIGN(auto keys, service::stock::StockKeys::load(config.stock_keys));
  SPUD_ASSIGN(auto labels, service::parse_labels(config.labels, "labels"));
  return Papers{std::move(tls), std::move(scheduler), std::move(keys), std::move(labels)};
}

store::StoreOptions store_options(const service::NodeConfig& config, ServiceProcess& process) {
  return actors::timed({.min_free_bytes = config.min_free_bytes.bytes}, process.registry());
}

/// What metrics look at, as long as the handles are there.
std::vector<metrics::Registry::Looking> look(const actors::NodeSetup& setup) {
  std::vector<metrics::Registry::Looking> looks;
  std::vector<const store::Store*> stores{setup.store.rows.get()};
  if (setup.vault != nullptr) {
    stores.push_back(&setup.vault->store());
    looks.push_back(actors::look_at_vault(setup.registry, *setup.vault));
  }
  looks.push_back(actors::look_at_stores(setup.registry, std::move(stores)));
  looks.push_back(actors::look_at_tls(setup.registry, setup.tls));
  looks.push_back(actors::look_at_operations(setup.registry, *setup.operations));
  return looks;
}

/// The tapes made ahead, if there is a key for them.
Result<std::unique_ptr<service::stock::TapeVault>> open_vault(const service::NodeConfig& config,
                                                              service::stock::StockKeys keys,
                                                              ServiceProcess& process, Random& random) {
  if (keys.empty()) return nullptr;
  const service::stock::VaultLimits limits{config.stock_bytes.bytes, config.stock_ttl,
                                           config.stock_rate.bytes};
  SPUD_ASSIGN(auto vault, service::stock::TapeVault::open(config.data / service::stock::kVaultFolder,
                                                          std::move(keys), limits, process.clock(), random,
                                                          store_options(config, process)));
  const auto& recovered = vault->recovered();
  if (recovered.copied)
    process.log().warning("the stock of tapes is a copy: none of it is used", {{"epoch", vault->epoch()}});
  if (recovered.burnt > 0) process.log().warning("tapes in doubt were burnt", {{"tapes", recovered.burnt}});
  return vault;
}

Result<service::NodeConfig> load(const std::string& file) {
  return service::load_node_config(file, service::process_environment());
}

Status check(const std::string& file) {
  SPUD_ASSIGN(auto config, load(file));
  SPUD_ASSIGN(auto papers, read_papers(config));
  SPUD_TRY(check_places(config));
  if (papers.stock_keys.empty()) return {};
  return store::look_at(config.data / service::stock::kVaultFolder);
}

Status serve(const std::string& file) {
  SPUD_ASSIGN(const auto config, load(file));
  SPUD_ASSIGN(auto process, ServiceProcess::start(config, "node"));
  SPUD_ASSIGN(auto papers, read_papers(config));
  SPUD_ASSIGN(auto store, actors::NodeStore::open(config.data, store_options(config, *process)));
  crypto::OsRandom random;
  SPUD_ASSIGN(auto vault, open_vault(config, std::move(papers.stock_keys), *process, random));
  actors::NodeSetup setup{papers.tls,
                          *store,
                          process->clock(),
                          random,
                          process->registry(),
                          process->log(),
                          papers.scheduler,
                          config.heartbeat_interval,
                          config.peer_silence_limit,
                          config.insecure,
                          vault.get(),
                          config.results_keep,
                          config.results_keep_fetched,
                          config.round_limit,
                          config.uploads_expire,
                          memory_of(config),
                          static_cast<std::uint32_t>(config.slots)};
  setup.peers = std::make_shared<actors::Peers>(process->registry(), process->clock(), config.tried_within());
  const auto looks = look(setup);
  ring::set_threads(static_cast<unsigned>(config.threads));
  auto desk = std::make_shared<actors::ShareDesk>(setup);
  SPUD_TRY(desk->load());
  std::optional<actors::TapeDesk> tapes;
  if (vault) tapes.emplace(setup);
  process->follow(papers.tls, [config, file] {
    return service::reread_config(config, file, service::process_environment());
  });
  return run(config, papers.labels, setup, *process, std::move(desk), tapes ? &*tapes : nullptr);
}

}  // namespace

void add_node(CLI::App& app, int& exit_code) {
  auto* verb = app.add_subcommand("node", "Serve as a compute node of a party");
  add_service(*verb, exit_code, {service::explain_node_config, check, serve});
  add_node_list(*verb, "list", exit_code);
}

}  // namespace spud::app
