// SPDX-License-Identifier: Apache-2.0
#include "actors/scheduler/job_actor.hpp"

#include "actors/scheduler/courier.hpp"

namespace spud::actors {

namespace {

using Self = MeteredPointer<JobActor, JobActorState>;
using Order = std::shared_ptr<const AttemptOrder>;
namespace flow = service::scheduler;

CourierActor spawn_courier(Self self, const SchedulerSetup* setup, const Order& order, unsigned rank) {
  return self->spawn<caf::detached>(courier, setup, order->device.compute[rank], Rank{rank}, JobActor(self),
                                    service::trace_of(order->request));
}

/// Carries out what the state machine decided.
struct Carry {
  Self self;
  const SchedulerSetup* setup;
  Order order;
  SchedulerActor scheduler;

  service::trace::Recorder& trace() const { return *order->trace; }
  /// A node is asked something; what it was asked before has been answered.
  void ask(const char* what, unsigned rank) const {
    const auto& node = order->device.compute[rank];
    auto& open = self->state.asked[Rank{rank}];
    trace().end(open);
    open = trace().begin(what, {{"party", node.party.str()}, {"node", node.node.str()}});
  }
  void answered(Rank rank, const std::optional<Error>& problem) const {
    trace().end(self->state.asked[rank], problem);
  }
  template <class T>
  static std::optional<Error> problem_of(const Result<T>& result) {
    return result ? std::nullopt : std::optional(result.error());
  }

  void operator()(const flow::ChooseTape& choose) const {
    self->state.choosing = trace().begin("choose tape");
    self->send(scheduler, ChooseStock{order->name, choose.demand});
  }
  void operator()(const flow::ReserveNodes& reserve) const {
    const auto& name = order->name;
    for (unsigned i = 0; i < self->state.couriers.size(); ++i) {
      ask("reserve", i);
      self->send(self->state.couriers[i],
                 wire::ReserveTape{name.job, name.attempt, reserve.manifest, reserve.tape});
    }
  }
  void operator()(const flow::StartNodes& start) const {
    const auto& name = order->name;
    for (unsigned i = 0; i < self->state.couriers.size(); ++i) {
      ask("start", i);
      self->send(self->state.couriers[i],
                 wire::StartAttempt{name.job, name.attempt, start.manifest, start.dealer});
    }
  }
  void operator()(const flow::AwaitNode& await) const {
    ask("await", index(await.rank));
    self->send(self->state.couriers[index(await.rank)],
               wire::AwaitAttempt{order->name.job, order->name.attempt, 0});
  }
  void operator()(const flow::CancelNodes& cancel) const {
    // By couriers of their own: the others may be waiting for an answer.
    for (unsigned i = 0; i < self->state.couriers.size(); ++i) {
      self->send(spawn_courier(self, setup, order, i),
                 wire::CancelAttempt{order->name.job, order->name.attempt, cancel.cause});
    }
  }
  void operator()(const flow::Finished& finished) const {
    self->send(scheduler, AttemptOver{order->name, finished});
    for (const auto& node : self->state.couriers) self->send_exit(node, caf::exit_reason::user_shutdown);
    self->state.couriers.clear();
    self->quit();
  }
  void all(const std::vector<flow::AttemptEffect>& effects) const {
    for (const auto& effect : effects) std::visit(*this, effect);
  }
};

}  // namespace

JobActor::behavior_type job_actor(Self self, const SchedulerSetup* setup, Order order,
                                  SchedulerActor scheduler) {
  self->meter(setup->registry, "job");
  self->state.attempt =
      order->resumed ? flow::AttemptState::resumed(order->device) : flow::AttemptState(order->device);
  const Carry carry{self, setup, order, scheduler};
  return {
      [=](Tick) {
        for (unsigned i = 0; i < order->device.parties(); ++i) {
          self->state.couriers.push_back(spawn_courier(self, setup, order, i));
        }
        carry.all(self->state.attempt->begin());
        if (order->resumed) return;
        self->delayed_send(self, std::chrono::milliseconds(setup->reserve_timeout),
                           flow::PrepareLate{setup->reserve_timeout});
        for (unsigned i = 0; i < self->state.couriers.size(); ++i) {
          carry.ask("prepare", i);
          self->send(self->state.couriers[i],
                     wire::PrepareAttempt{order->request, order->name.attempt, order->device, order->party,
                                          order->trace->context().span});
        }
      },
      [=](const flow::Prepared& event) {
        carry.answered(event.rank, Carry::problem_of(event.manifest));
        carry.all(self->state.attempt->apply(event));
      },
      [=](const flow::Reserved& event) {
        carry.answered(event.rank, Carry::problem_of(event.manifest));
        carry.all(self->state.attempt->apply(event));
      },
      [=](const flow::Started& event) {
        carry.answered(event.rank, Carry::problem_of(event.status));
        carry.all(self->state.attempt->apply(event));
      },
      [=](const flow::NodeEnded& event) {
        carry.answered(event.rank, event.status ? event.status->problem : event.status.error());
        carry.all(self->state.attempt->apply(event));
      },
      [=](const flow::Progressed& event) {
        auto& known = self->state.progress;
        known[event.rank] = event.progress;
        if (self->state.attempt->finished() || known.size() < order->device.parties()) return;
        auto slowest = known.begin()->second;
        for (const auto& [rank, one] : known) slowest = service::slower(slowest, one);
        self->send(scheduler, AttemptProgress{order->name, slowest});
      },
      [=](const flow::TapeChosen& event) {
        order->trace->end(self->state.choosing, {},
                          {{"from", event.tape ? event.tape->str() : std::string("dealt live")}});
        carry.all(self->state.attempt->apply(event));
      },
      [=](const flow::NoTape& event) {
        order->trace->end(self->state.choosing, event.problem);
        carry.all(self->state.attempt->apply(event));
      },
      [=](const flow::PrepareLate& event) { carry.all(self->state.attempt->apply(event)); },
      [=](const flow::CancelAsked& event) { carry.all(self->state.attempt->apply(event)); },
  };
}

}  // namespace spud::actors
