// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include <caf/all.hpp>

#include "actors/mailbox.hpp"
#include "system/metrics/catalogue.hpp"
#include "system/metrics/registry.hpp"

namespace spud::actors {

/// What all actors of one kind publish: copied into each.
struct ActorMeters {
  ActorMeters(metrics::Registry& registry, std::string_view kind)
      : waiting(registry.gauge(metrics::family::kMailboxDepth, {kind})),
        failures(registry.counter(metrics::family::kActorFailures, {kind})) {}
  metrics::Gauge waiting;
  metrics::Counter failures;
};

/// An actor whose mailbox is watched, which CAF 0.17 does not do: mail is counted as it is sent, from any
/// thread, and whenever the actor takes a message it sets right how many are left. So it takes them one at a
/// time, as a scheduler with a throughput of 1 would have it. What is sent in the very moment of a look may
/// be missing until the next.
template <class Base>
class Metered : public Base {
 public:
  using Base::Base;
  using Base::enqueue;
  ~Metered() override { forget(); }

  /// From now on. First thing in the actor's behaviour.
  void meter(metrics::Registry& registry, std::string_view kind) {
    meters_.emplace(registry, kind);
    state_of_meters_ = kOn;
  }

  void enqueue(caf::mailbox_element_ptr mail, caf::execution_unit* host) override {
    if (state_of_meters_ == kOn) {
      ++waiting_;
      meters_->waiting.add(1);
    }
    Base::enqueue(std::move(mail), host);
  }

  caf::resumable::resume_result resume(caf::execution_unit* host, std::size_t) override {
    look();
    // From here on another thread may be the one that resumes it.
    return Base::resume(host, 1);
  }

  bool cleanup(caf::error&& why, caf::execution_unit* host) override {
    const bool well = !why || why == caf::exit_reason::normal || why == caf::exit_reason::user_shutdown;
    if (state_of_meters_ == kOn && !well) meters_->failures.add();
    forget();
    return Base::cleanup(std::move(why), host);
  }

 private:
  enum State : int { kNotYet, kOn, kOver };

  /// All but the one that is taken now. The actor's own thread, while it does not wait for mail.
  void look() {
    if (state_of_meters_ != kOn) return;
    const auto all = mail_in(*this);
    if (!all) return;
    const auto left = std::max<std::int64_t>(0, static_cast<std::int64_t>(*all) - 1);
    meters_->waiting.add(static_cast<double>(left - waiting_.exchange(left)));
  }
  void forget() {
    if (state_of_meters_ == kNotYet) return;
    state_of_meters_ = kOver;
    meters_->waiting.add(-static_cast<double>(waiting_.exchange(0)));
  }

  std::optional<ActorMeters> meters_;  ///< set once, before state_of_meters_ says so
  std::atomic<State> state_of_meters_{kNotYet};
  std::atomic<std::int64_t> waiting_{0};  ///< of this actor, as `waiting` has it
};

/// How an actor's function is given itself.
template <class Actor, class State>
using MeteredPointer = Metered<typename Actor::template stateful_base<State>>*;

/// Kinds of actors that come and go are there at zero before the first.
inline void touch_actors(metrics::Registry& registry, std::initializer_list<std::string_view> kinds) {
  for (auto kind : kinds) ActorMeters(registry, kind);
}

}  // namespace spud::actors
