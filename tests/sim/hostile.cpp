// SPDX-License-Identifier: Apache-2.0
#include "service/node/manifest.hpp"
#include "tests/sim/scheduler.hpp"

namespace spud::sim {

namespace {

constexpr Millis kPatience{5000};
constexpr Millis kAttempt{12'000};

}  // namespace

/// Nodes trust no scheduler: this one names attempts anew, invents jobs, gives tapes that were given before,
/// tells nodes different things and starts them whatever the others answered.
void Scheduler::lead_against_the_rules(const flow::AttemptName& name, const Device& device) {
  ++world_.tally.hostile_attempts;
  auto& draws = world_.draws;
  const auto& job = *jobs_.find(name.job);
  wire::PrepareAttempt prepare{job.request, name.attempt, device, job.party};
  if (draws.chance(0.2)) {
    const auto other = named_[draws.between(0, named_.size() - 1)];
    prepare.request.id = other.job;
    prepare.attempt = other.attempt + static_cast<std::uint32_t>(draws.between(0, 1));
  }
  std::optional<TapeId> tape;
  if (const auto& tapes = seen_[device.name]; !tapes.empty()) {
    // Rather one of the last: older ones are gone.
    const auto newest = tapes.size() - 1;
    tape = tapes[newest - std::min<std::size_t>(newest, draws.chance(0.6) ? 0 : draws.between(1, 4))];
  }
  world_.data.spoilt(prepare.request.id);
  tell_against_the_rules(prepare, tape);
  // The same tape for others, now and once it was used.
  for (auto later : {Millis(0), Millis(draws.between(1, 40)), Millis(draws.between(50, 4000))}) {
    if (!draws.chance(0.8)) continue;
    auto forged = prepare;
    forged.request.id = JobId("forged" + std::to_string(++forged_));
    // Results for a party that the owners may not have thought of.
    if (draws.chance(0.3)) forged.request.outputs.front().recipient = PartyId("chloe");
    after(later, [this, forged, tape] { tell_against_the_rules(forged, tape); });
  }
  after(kAttempt, [this, name, device] {
    const Error problem{ErrorCode::kCancelled, "led against the rules", "", "", "", ""};
    cancel_nodes(name, device, problem);
    over(name, {problem, std::nullopt, {}, false});
  });
}

void Scheduler::tell_against_the_rules(const wire::PrepareAttempt& prepare,
                                       const std::optional<TapeId>& tape) {
  auto& draws = world_.draws;
  const bool differs = draws.chance(0.2);
  const auto& device = prepare.device;
  // Nodes that are told of different dealers must part before anything is dealt.
  const auto& dealers = device.dealers;
  const auto dealer_of = [&] { return dealers[draws.between(0, dealers.size() - 1)].identity; };
  const auto same = dealer_of();
  const bool dealers_differ = draws.chance(0.2);
  for (unsigned i = 0; i < device.parties(); ++i) {
    auto mine = prepare;
    if (differs && i == 1) mine.party = PartyId("mallory");
    auto* to = &node(device, Rank{i});
    const auto live = dealers_differ ? dealer_of() : same;
    const auto start = [this, to, mine, tape, live](const Fields& manifest) {
      // Live, if it names no tape: then the dealer is in the manifest too.
      const auto dealer = tape ? std::string() : live;
      const wire::StartAttempt request{
          mine.request.id, mine.attempt,
          service::node::digest_manifest(tape ? manifest : service::node::with_dealer(manifest, dealer)),
          dealer};
      // At one node before and at the other after those that want the same.
      after(Millis(world_.draws.between(0, 60)), [this, to, request] {
        ask_node<wire::Done>(world_, *this, *to, "start against the rules " + request.job.str(), kPatience,
                             request, [](const Result<wire::Done>&) {});
      });
    };
    ask_node<Fields>(world_, *this, *to, "prepare against the rules " + mine.request.id.str(), kPatience,
                     mine, [this, to, mine, tape, start](Result<Fields> manifest) {
                       if (!manifest) return;
                       if (!tape) return start(*manifest);
                       const wire::ReserveTape request{mine.request.id, mine.attempt,
                                                       service::node::digest_manifest(*manifest), *tape};
                       ask_node<Fields>(
                           world_, *this, *to,
                           "reserve against the rules " + tape->str() + " for " + mine.request.id.str(),
                           kPatience, request, [start](Result<Fields> extended) {
                             if (extended) start(*extended);
                           });
                     });
  }
}

}  // namespace spud::sim
