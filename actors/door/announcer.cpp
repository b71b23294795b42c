// SPDX-License-Identifier: Apache-2.0
#include "actors/door/announcer.hpp"

#include "service/rpc.hpp"

namespace spud::actors {

namespace wire = service::wire;

namespace {
constexpr Millis kPatience{5000}, kLastWords{1000};
}

Announcer::Announcer(Options options, net::TlsContext tls, metrics::Logger log)
    : options_(std::move(options)), tls_(std::move(tls)), log_(std::move(log)), thread_([this] { run(); }) {}

Announcer::~Announcer() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void Announcer::drain() {
  std::lock_guard lock(mutex_);
  draining_ = true;
  changed_.notify_all();
}

Status Announcer::announce(bool draining, Millis patience) {
  if (!connection_) {
    SPUD_ASSIGN(connection_,
                net::Connection::connect(options_.scheduler, tls_,
                                         net::ExpectedPeer::exactly(options_.identity), patience));
    if (options_.peers != nullptr) options_.peers->count(*connection_, Carries::kRequest);
  }
  wire::Announce announcement{options_.advertise, options_.compiler, draining};
  if (options_.more) options_.more(announcement);
  if (options_.clock != nullptr) announcement.unix_millis = options_.clock->unix_millis();
  SPUD_TRY(
      service::expect<wire::Heartbeat>(service::ask(*connection_, announcement, patience), *connection_));
  if (options_.peers != nullptr) options_.peers->worked(*connection_);
  return {};
}

metrics::Check Announcer::check() const {
  std::lock_guard lock(mutex_);
  return {"scheduler", reach_.reached(), reach_.reason()};
}

void Announcer::tell(const Status& announced) {
  const auto now = options_.clock != nullptr ? options_.clock->now() : Millis(0);
  std::unique_lock lock(mutex_);
  const auto say = reach_.tried(announced, now);
  const auto away = reach_.away(now).count();
  lock.unlock();
  const auto scheduler = options_.scheduler.str();
  if (say == Reach::Say::kReached) log_.info("registered", {{"scheduler", scheduler}});
  if (say == Reach::Say::kBack) log_.info("registered again", {{"scheduler", scheduler}, {"away_ms", away}});
  if (announced) {
    log_.debug("announced", {{"scheduler", scheduler}});
    return;
  }
  const auto level = say == Reach::Say::kNotReached ? metrics::Level::kWarning : metrics::Level::kDebug;
  log_.write(level, "cannot reach the scheduler",
             {{"scheduler", scheduler}, {"error", announced.error().message()}, {"away_ms", away}});
}

void Announcer::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const bool draining = draining_;
    lock.unlock();
    auto announced = announce(draining, kPatience);
    tell(announced);
    if (!announced) {
      connection_.reset();
      if (options_.peers != nullptr) options_.peers->failed(Peers::name_of(options_.identity));
    }
    lock.lock();
    told_ = draining;
    changed_.wait_for(lock, options_.interval, [&] { return stopped_ || (draining_ && !told_); });
  }
  lock.unlock();
  // Whoever ends at once has to say so, too: it would count as present for a while.
  if (draining_ && !told_) (void)announce(true, kLastWords);
}

}  // namespace spud::actors
