// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/scheduler/actor.hpp"

namespace spud::actors {

/// What the scheduler's handlers about stock share. Copied into them; the actor's thread only.
struct StockDesk {
  MeteredPointer<SchedulerActor, SchedulerState> self;
  const SchedulerSetup* setup;

  caf::result<Outcome<wire::StockKind>> make(const Identity& caller, const wire::MakeStock& request) const;
  Outcome<wire::StockKind> target(const Identity& caller, const wire::TargetStock& request) const;
  Outcome<wire::Dropped> drop(const Identity& caller, const wire::DropStock& request) const;
  wire::StockKinds list(const Identity& caller) const;

  /// The nodes have compiled a program that a client waits for.
  void prepared(const StockPrepared& prepared) const;
  void made(const StockMade& made) const;
  /// Has what is due made, what nobody can use discarded, and says how stock stands. Cheap when called often.
  void tick() const;
  void measure() const;

  /// Stores first; only then are tapes discarded.
  Status carry_out(const service::scheduler::StockEffects& effects) const;

 private:
  SchedulerState& state() const { return self->state; }
  Millis now() const { return setup->clock.now(); }
  Outcome<wire::StockKind> accept(const service::scheduler::StockWish& wish,
                                  Result<service::scheduler::StockEffects> effects) const;
  void make_due() const;
  void discard(const std::vector<service::scheduler::TapeAt>& tapes) const;
};

}  // namespace spud::actors
