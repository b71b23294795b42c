// SPDX-License-Identifier: Apache-2.0
#include "actors/scheduler/stock_actor.hpp"

#include "actors/scheduler/stock_courier.hpp"

namespace spud::actors {

namespace {

template <class T>
using Self = MeteredPointer<StockActor, Gathered<T>>;

/// Asks every node; `done` gets all answers, or the first problem once all have answered.
template <class T, class Request, class Done>
void ask_all(Self<T> self, const SchedulerSetup* setup, const service::Device& device, const Lines& lines,
             const Request& request, Done done) {
  self->state.answers.resize(lines.size());
  self->state.missing = static_cast<unsigned>(lines.size());
  const auto take = [self, done](unsigned rank, Outcome<T> answer) {
    auto& state = self->state;
    if (answer) {
      state.answers[rank] = std::move(*answer);
    } else if (!state.problem) {
      state.problem = std::move(answer).error();
    }
    if (--state.missing > 0) return;
    if (state.problem) {
      done(Outcome<std::vector<T>>(std::unexpected(std::move(*state.problem))));
    } else {
      std::vector<T> all;
      for (auto& one : state.answers) all.push_back(std::move(*one));
      done(Outcome<std::vector<T>>(std::move(all)));
    }
    self->quit();
  };
  for (unsigned rank = 0; rank < lines.size(); ++rank) {
    const auto where = "node " + device.compute[rank].node.str();
    const auto party = device.compute[rank].party.str();
    self->request(self->template spawn<caf::detached>(stock_courier, setup, lines[rank]), caf::infinite,
                  request)
        .then(
            [=](const Outcome<T>& answer) {
              auto named = answer;
              if (!named) named = std::unexpected(std::move(named).error().in(where));
              take(rank, std::move(named));
            },
            [=](const caf::error&) {
              take(rank, fail(ErrorCode::kUnavailable, "the scheduler is shutting down", where, {}, party));
            });
  }
}

}  // namespace

StockActor::behavior_type tape_maker(Self<service::stock::StockTape> self, const SchedulerSetup* setup,
                                     std::shared_ptr<const service::scheduler::TapeOrder> order, Lines lines,
                                     SchedulerActor scheduler) {
  self->meter(setup->registry, "stock");
  return {[=](Tick) {
    const wire::MakeTape request{order->device, order->kind.demand, order->name, order->dealer.identity};
    ask_all<service::stock::StockTape>(self, setup, order->device, lines, request,
                                       [=](const Outcome<std::vector<service::stock::StockTape>>& answers) {
                                         auto tape = [&]() -> Result<service::stock::StockTape> {
                                           if (!answers) return std::unexpected(answers.error());
                                           return service::scheduler::agree_on_tape(
                                               order->device, order->dealer, order->kind.demand, *answers);
                                         }();
                                         self->send(scheduler, StockMade{*order, std::move(tape)});
                                       });
  }};
}

StockActor::behavior_type plan_maker(Self<service::Fields> self, const SchedulerSetup* setup,
                                     std::shared_ptr<const PlanAsked> asked, Lines lines,
                                     SchedulerActor scheduler) {
  self->meter(setup->registry, "stock");
  return {[=](Tick) {
    const auto& request = asked->request;
    ask_all<service::Fields>(self, setup, request.device, lines, request,
                             [=](const Outcome<std::vector<service::Fields>>& answers) {
                               auto plan = [&]() -> Result<service::scheduler::StockPlan> {
                                 if (!answers) return std::unexpected(answers.error());
                                 return service::scheduler::agree_on_plan(asked->request.device,
                                                                          asked->request.program, *answers);
                               }();
                               self->send(scheduler, StockPrepared{asked->asking, std::move(plan)});
                             });
  }};
}

}  // namespace spud::actors
