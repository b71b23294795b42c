// SPDX-License-Identifier: Apache-2.0
#include "actors/dealer/actor.hpp"

#include "actors/dealer/tape_actor.hpp"
#include "base/crash_point.hpp"
#include "system/crypto/sha256.hpp"
#include "system/store/key.hpp"

namespace spud::actors {

namespace {
using Self = MeteredPointer<DealerActor, DealerActorState>;
using Grant = std::shared_ptr<const TapeGrant>;
}  // namespace

Result<DealerLedger> load_ledger(store::Store& store, const crypto::Identity& self, const Clock& clock) {
  DealerLedger ledger;
  const auto numbers = store.family("numbers");
  SPUD_ASSIGN(ledger.epoch, store::enter_epoch(store, numbers, clock));
  SPUD_ASSIGN(auto last, store.get(numbers, store::Key("last")));
  ledger.numbers = {self, ledger.epoch.number, last ? get_u64(*last) : 0};
  SPUD_TRY(store.scan(store.family("dealt"), {}, [&](ByteView key, ByteView) -> Result<store::Walk> {
    SPUD_ASSIGN(auto attempt, store::KeyReader(key).text());
    ledger.attempts.reload(attempt);
    return store::Walk::kContinue;
  }));
  return ledger;
}

DealerActor::behavior_type dealer_actor(Self self, const DealerSetup* setup,
                                        std::shared_ptr<DealerLedger> ledger) {
  self->meter(setup->registry, "dealer");
  touch_actors(setup->registry, {"tape"});
  self->state.ledger = std::move(ledger->attempts);
  self->state.numbers = ledger->numbers;
  self->state.epoch = ledger->epoch.number;
  // A tape actor that has ended is forgotten.
  self->set_down_handler([=](const caf::down_msg& down) {
    std::erase_if(self->state.tapes, [&](const auto& tape) { return tape.second.address() == down.source; });
  });
  return {
      [=](const Identity& caller,
          const std::shared_ptr<const TapeRequest>& request) -> caf::result<Outcome<Grant>> {
        auto& state = self->state;
        if (state.draining) {
          return Outcome<Grant>(fail(ErrorCode::kUnavailable, "the dealer is shutting down", "tape", {},
                                     setup->tls.self().party.str(), "submit the job again in a moment"));
        }
        auto known = service::dealer::check_members(caller, setup->tls.self().uri(), request->open);
        if (!known) return Outcome<Grant>(std::unexpected(known.error()));
        if (crypto::sha256(*request->demand) != request->open.demand) {
          return Outcome<Grant>(fail(ErrorCode::kPeerFault, "the demand is not the one its digest names",
                                     "tape", {}, caller.party.str()));
        }
        const auto key = service::dealer::attempt_key(request->open);
        if (state.ledger.contains(key)) {
          return Outcome<Grant>(fail(ErrorCode::kConflict, "this attempt was dealt to before", "tape", {},
                                     caller.party.str(), "a retry takes a fresh attempt"));
        }
        if (auto room = setup->store.room(0); !room) {
          room.error().party = setup->tls.self().party.str();
          return Outcome<Grant>(std::unexpected(std::move(room).error()));
        }
        auto& tape = state.tapes[key];
        if (!tape) tape = self->spawn<caf::monitored>(tape_actor, setup, DealerActor(self));
        auto promise = self->make_response_promise<Outcome<Grant>>();
        self->request(tape, caf::infinite, caller, request)
            .then([promise](const Outcome<Grant>& grant) mutable { promise.deliver(grant); },
                  [promise](const caf::error&) mutable {
                    promise.deliver(Outcome<Grant>(
                        fail(ErrorCode::kUnavailable, "the tape's nodes have parted", "tape")));
                  });
        return promise;
      },
      [=](const EnterLedger& entry) -> Outcome<LedgerEntered> {
        SPUD_TRY(self->state.ledger.enter(entry.key));
        auto& store = setup->store;
        store::Batch batch;
        batch.put(store.family("dealt"), store::Key(entry.key), {});
        LedgerEntered entered;
        if (entry.stock) {
          entered.tape = self->state.numbers.next();
          Bytes last;
          put_u64(last, entered.tape->sequence);
          batch.put(store.family("numbers"), store::Key("last"), last);
        }
        crash_point("dealer.enter.before");
        SPUD_TRY(store.write(std::move(batch), store::Durability::kSynced));
        crash_point("dealer.enter.after");
        ++self->state.dealt;
        return entered;
      },
      [=](Describe) -> Described<status::DealerView> {
        const auto& state = self->state;
        status::DealerView view;
        view.gathering = state.tapes.size();
        view.dealt = state.dealt;
        view.ledger = state.ledger.size();
        view.last_tape = state.numbers.last();
        view.epoch = state.epoch;
        return std::make_shared<const status::DealerView>(view);
      },
      [=](Drain) -> Outcome<std::uint64_t> {
        self->state.draining = true;
        return std::uint64_t{self->state.tapes.size()};
      },
  };
}

}  // namespace spud::actors
