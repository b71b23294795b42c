// SPDX-License-Identifier: Apache-2.0
// `spud scheduler`: registry, devices and jobs.
#include "actors/door/ask.hpp"
#include "actors/door/looks.hpp"
#include "actors/scheduler/actor.hpp"
#include "actors/scheduler/serve.hpp"
#include "app/check_config.hpp"
#include "app/service.hpp"
#include "app/status/last_view.hpp"
#include "app/verbs.hpp"

namespace spud::app {
namespace {

Result<service::SchedulerConfig> load(const std::string& file) {
  return service::load_scheduler_config(file, service::process_environment());
}

Status check(const std::string& file) {
  SPUD_ASSIGN(auto config, load(file));
  SPUD_ASSIGN(auto tls, load_own_tls(config, crypto::Role::kScheduler));
  return check_places(config);
}

Status serve(const std::string& file) {
  SPUD_ASSIGN(const auto config, load(file));
  SPUD_ASSIGN(auto process, ServiceProcess::start(config, "scheduler"));
  SPUD_ASSIGN(auto tls, load_own_tls(config, crypto::Role::kScheduler));
  SPUD_ASSIGN(auto store, store::Store::open(config.data, actors::kSchedulerFamilies,
                                             actors::timed({.min_free_bytes = config.min_free_bytes.bytes},
                                                           process->registry())));
  actors::SchedulerSetup setup{tls,
                               *store,
                               process->clock(),
                               process->registry(),
                               process->log(),
                               config.heartbeat_interval,
                               config.registration_timeout,
                               config.peer_silence_limit,
                               static_cast<std::size_t>(config.job_queue_limit),
                               config.reserve_timeout,
                               config.node_gone_after,
                               config.jobs_keep};
  setup.peers = std::make_shared<actors::Peers>(process->registry(), process->clock(), config.tried_within());
  const auto tls_look = actors::look_at_tls(process->registry(), setup.tls);
  const auto store_look = actors::look_at_stores(process->registry(), {store.get()});
  auto state = std::make_shared<actors::SchedulerState>();
  SPUD_TRY(actors::load(*state, setup));

  auto caf_config = actor_config();
  caf::actor_system system(caf_config);
  auto actor = system.spawn<caf::detached>(actors::scheduler_actor, &setup, state);
  auto door = actors::FrontDoor::open(config.listen, tls, process->registry(), process->log(),
                                      [&](const std::shared_ptr<net::Connection>& connection) {
                                        actors::serve_scheduler(system, setup, actor, *connection);
                                      });
  Status opened;
  if (!door) opened = std::unexpected(std::move(door).error());
  LastView<service::status::SchedulerView> view;
  if (opened) {
    opened = process->open_operations(
        [&] {
          return std::vector{store_check(*store), disk_check(*store)};
        },
        [&](service::status::Snapshot& snapshot) {
          snapshot.view = view.ask(system, actor, process->clock(), snapshot);
          snapshot.certificates = certificates_of(setup.tls);
          describe_disk(snapshot, *store, config.min_free_bytes.bytes);
        });
  }
  if (opened) {
    process->follow(
        tls, [config, file] { return service::reread_config(config, file, service::process_environment()); });
    process->log().info("serving", {{"address", (*door)->address().str()}});
    process->wait_for_signal();
    // Running attempts go on at their nodes; the next start asks after them.
    caf::scoped_actor self(system);
    (void)actors::ask<std::uint64_t>(self, actor, config.drain_timeout, actors::Drain{});
    // A courier may wait for minutes for a node that compiles.
    process->end_soon();
    (*door)->close();
  }
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  return opened;
}

}  // namespace

void add_scheduler(CLI::App& app, int& exit_code) {
  auto* verb = app.add_subcommand("scheduler", "Serve as the scheduler of a deployment");
  add_service(*verb, exit_code, {service::explain_scheduler_config, check, serve});
}

}  // namespace spud::app
