// SPDX-License-Identifier: Apache-2.0
#include "app/service.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <malloc.h>

#include "system/metrics/memory_limit.hpp"

namespace spud::app {

namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : signals) sigaddset(&set, signal);
  return set;
}

sigset_t ending_signals() {
  return set_of({SIGTERM, SIGINT});
}

/// SIGUSR1 and SIGUSR2 mean nothing here, and whoever takes them for a request must not end the process.
sigset_t all_signals() {
  return set_of({SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2});
}

/// The next signal of `set`; 0 if none came within `limit`, which is without end if it is 0.
int next_signal(const sigset_t& set, Millis limit) {
  const timespec time{limit.count() / 1000, limit.count() % 1000 * 1'000'000};
  for (;;) {
    const int signal = limit.count() == 0 ? sigwaitinfo(&set, nullptr) : sigtimedwait(&set, nullptr, &time);
    if (signal > 0) return signal;
    if (errno == EAGAIN) return 0;
  }
}

/// glibc gives threads up to eight heaps a core, and each keeps the most that it ever held: a service whose
/// attempts come on threads of their own would grow to eight times what it needs.
void share_heaps() {
  constexpr unsigned kLeast = 4;
  ::mallopt(M_ARENA_MAX, static_cast<int>(std::max(kLeast, 2 * std::thread::hardware_concurrency())));
}

}  // namespace

Result<std::unique_ptr<ServiceProcess>> ServiceProcess::start(const service::ServiceConfig& config,
                                                              const std::string& role) {
  const auto set = all_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  share_heaps();
  std::unique_ptr<ServiceProcess> process(new ServiceProcess(config, role));
  SPUD_ASSIGN(auto log, metrics::Logger::open(config.log(), process->clock_));
  process->log_ = log.with({{"service", role}, {"name", config.name}, {"own_party", config.party}});
  process->registry_ = std::make_unique<metrics::Registry>(metrics::BuildInfo{kVersion, role});
  process->registry_->touch(role == "scheduler" ? metrics::kScheduler
                            : role == "dealer"  ? metrics::kDealer
                                                : metrics::kNode);
  process->memory_look_ = process->registry_->look(
      [limit = process->registry_->gauge(metrics::family::kProcessMemoryLimit)]() mutable {
        limit.set(static_cast<double>(metrics::process_memory_limit()));
      });
  return process;
}

Status ServiceProcess::open_operations(Checks checks, StatusPage::Describe describe) {
  auto ready = [this, checks = std::move(checks)] {
    auto all = checks();
    if (draining_) all.push_back({"draining", false, "it is shutting down"});
    return all;
  };
  service::status::Snapshot self;
  self.role = role_;
  self.name = config_.name.str();
  self.party = config_.party.str();
  self.version = kVersion;
  status_ = std::make_unique<StatusPage>(self, clock_, *registry_, ready, std::move(describe));
  metrics::OperationsOptions options;
  options.host = config_.operations.host;
  options.port = config_.operations.port;
  options.documents = status_->documents();
  SPUD_ASSIGN(operations_, metrics::OperationsServer::start(options, *registry_, std::move(ready)));
  return {};
}

void ServiceProcess::follow(net::TlsContext tls, Reloader::Reread reread) {
  reloader_.emplace(config_, std::move(tls), std::move(reread), *registry_, log_);
}

void ServiceProcess::wait_for_signal() {
  const auto set = all_signals();
  int signal = 0;
  while (signal != SIGTERM && signal != SIGINT) {
    signal = next_signal(set, reloader_ ? config_.tls_look_interval : Millis(0));
    if (signal == SIGHUP && reloader_) reloader_->reload();
    if (signal == 0) reloader_->look();
    if (signal == SIGUSR1 || signal == SIGUSR2)
      log_.info("a signal that means nothing here", {{"signal", signal}});
  }
  draining_ = true;
  log_.info("draining", {{"signal", signal}, {"limit_ms", config_.drain_timeout.count()}});
  // Neither returns nor is waited for: it needs nothing that ends with this object.
  std::thread([log = log_] {
    const auto again = ending_signals();
    int second = 0;
    sigwait(&again, &second);
    log.warning("ended at once by a second signal", {{"signal", second}});
    std::_Exit(128 + second);
  }).detach();
}

bool ServiceProcess::drain(Millis limit, const std::function<std::uint64_t()>& busy) {
  const auto end = clock_.now() + limit;
  while (busy() != 0) {
    if (clock_.now() >= end) return false;
    std::this_thread::sleep_for(Millis(50));
  }
  return true;
}

void ServiceProcess::end_soon() {
  // First: what follows waits for requests under way, which may wait for a disk.
  std::thread([log = log_] {
    std::this_thread::sleep_for(kLastWords);
    log.warning("something did not end in time and was left");
    std::_Exit(0);
  }).detach();
  operations_.reset();
  status_.reset();
}

caf::actor_system_config actor_config() {
  caf::actor_system_config config;
  // The default policy polls and costs a network round trip 200 microseconds.
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", 2);
  return config;
}

}  // namespace spud::app
