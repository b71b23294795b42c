// SPDX-License-Identifier: Apache-2.0
#include "actors/dealer/tape_actor.hpp"

#include "actors/dealer/stock_meeting.hpp"
#include "actors/traces/job_log.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::actors {

namespace {

using Self = MeteredPointer<TapeActor, TapeActorState>;
using Grant = std::shared_ptr<const TapeGrant>;

constexpr auto kLedgerAnswer = std::chrono::minutes(1);

void fail_all(Self self, const Error& error) {
  for (auto& waiter : self->state.waiters) waiter.promise.deliver(Outcome<Grant>(std::unexpected(error)));
  self->state.waiters.clear();
  self->quit();
}

void grant_all(Self self, const DealerSetup& setup, const std::optional<service::TapeId>& stock) {
  auto grants = draw_grants(*self->state.first, stock, setup.random);
  if (!grants) return fail_all(self, grants.error());
  log_of_tape(setup.log, self->state.first->open)
      .info(stock ? "dealing for stock" : "dealing",
            {{"tape", stock ? stock->str() : grants->front()->tape}});
  for (auto& waiter : self->state.waiters)
    waiter.promise.deliver(Outcome<Grant>((*grants)[index(waiter.rank)]));
  self->state.waiters.clear();
  self->quit();
}

}  // namespace

metrics::Logger log_of_tape(const metrics::Logger& log, const wire::OpenTape& open) {
  if (open.stock) return log.with({{"order", open.job}});
  const auto& given = open.trace.trace;
  return log_of(log, open.job, open.attempt, given.is_set() ? given : service::trace::made_up(open.job));
}

Result<std::vector<Grant>> draw_grants(const TapeRequest& request,
                                       const std::optional<service::TapeId>& stock, Random& random) {
  SPUD_ASSIGN(auto demand, correlation::decode_demand(*request.demand));
  const auto parties = request.open.device.parties();
  if (demand.parties != parties) {
    return bad_input("a demand of " + std::to_string(demand.parties) + " parties", "tape",
                     std::to_string(parties));
  }
  std::vector<Seed> seeds;
  crypto::Sha256 name;
  name.update(as_bytes("spud tape 1"));
  for (unsigned i = 0; i < parties; ++i) {
    SPUD_ASSIGN(auto seed, random.seed());
    name.update(seed.view());
    seeds.push_back(std::move(seed));
  }
  const auto tape = name.finish().hex();
  std::vector<Grant> grants;
  const auto meeting = stock ? std::make_shared<StockMeeting>(parties) : nullptr;
  for (unsigned i = 0; i < parties; ++i) {
    auto grant = std::make_shared<TapeGrant>();
    grant->tape = tape;
    grant->stock = stock;
    grant->meeting = meeting;
    grant->seed = seeds[i].clone();
    if (i + 1 == parties) {
      grant->demand = std::make_shared<const correlation::Demand>(std::move(demand));
      grant->seeds = std::move(seeds);
    }
    grants.push_back(std::move(grant));
  }
  return grants;
}

TapeActor::behavior_type tape_actor(Self self, const DealerSetup* setup, DealerActor dealer) {
  self->meter(setup->registry, "tape");
  return {
      [=](const Identity& caller,
          const std::shared_ptr<const TapeRequest>& request) -> caf::result<Outcome<Grant>> {
        auto& state = self->state;
        if (!state.tape) {
          state.tape.emplace(request->open, setup->clock.now() + setup->peer_silence_limit);
          state.first = request;
          self->delayed_send(self, std::chrono::milliseconds(setup->peer_silence_limit), Tick{});
        }
        auto promise = self->make_response_promise<Outcome<Grant>>();
        state.waiters.push_back({request->open.rank, promise});
        auto step = state.tape->join(caller, request->open);
        if (!step) {
          fail_all(self, step.error());
        } else if (*step == service::dealer::TapeState::Step::kDeal) {
          self->request(dealer, kLedgerAnswer,
                        EnterLedger{service::dealer::attempt_key(request->open), request->open.stock})
              .then(
                  [=](const Outcome<LedgerEntered>& entered) {
                    if (entered) {
                      grant_all(self, *setup, entered->tape);
                    } else {
                      fail_all(self, entered.error());
                    }
                  },
                  [=](const caf::error&) {
                    fail_all(self, Error{ErrorCode::kUnavailable, "the dealer is shutting down", "tape", "",
                                         setup->tls.self().party.str(), ""});
                  });
        }
        return promise;
      },
      [=](Tick) {
        if (auto complete = self->state.tape->check(setup->clock.now()); !complete)
          fail_all(self, complete.error());
      },
  };
}

}  // namespace spud::actors
