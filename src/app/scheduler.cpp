// SPDX-License-Identifier: Apache-2.0
// `spud scheduler`: registry, devices and jobs.
#include "actors/door/ask.hpp"
#include "actors/scheduler/actor.hpp"
#include "actors/scheduler/serve.hpp"
#include "app/service.hpp"
#include "app/verbs.hpp"
#include "service/credentials.hpp"

namespace spud::app {
namespace {

Status serve(const service::SchedulerConfig& config) {
  SPUD_ASSIGN(auto process, ServiceProcess::start(config, "scheduler"));
  SPUD_ASSIGN(auto tls, service::load_tls(config.tls));
  if (tls.self().role != crypto::Role::kScheduler) {
    return bad_input("a certificate of role " + std::string(crypto::to_string(tls.self().role)),
                     config.tls.certificate, "role scheduler");
  }
  SPUD_ASSIGN(auto store, store::Store::open(config.data, actors::kSchedulerFamilies,
                                             {.min_free_bytes = config.min_free_bytes.bytes}));
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
  if (opened)
    opened = process->open_operations([&] {
      return std::vector{store_check(*store), disk_check(*store, process->registry())};
    });
  if (opened) {
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
  add_service(*verb, exit_code, service::explain_scheduler_config, [](const std::string& file) -> Status {
    SPUD_ASSIGN(auto config, service::load_scheduler_config(file, service::process_environment()));
    return serve(config);
  });
}

}  // namespace spud::app
