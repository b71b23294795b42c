// SPDX-License-Identifier: Apache-2.0
#include "service/node/manifest.hpp"
#include "system/crypto/sha256.hpp"
#include "tests/sim/dealer.hpp"
#include "tests/sim/node.hpp"

namespace spud::sim {

namespace {

constexpr Millis kMaking{15'000};
/// How much later than its use a wrong build burns a tape.
constexpr Millis kBurnsLate{2000};

bool forgets_reservations(Defect defect) {
  return defect == Defect::kBurnAfterUse || defect == Defect::kNothingRecorded;
}

}  // namespace

Result<stock::StockTape> Node::line(const TapeId& tape) const {
  for (const auto& line : vault_->list()) {
    if (line.id == tape) return line;
  }
  return fail(ErrorCode::kNotFound, "this node does not keep it", "tape " + tape.str());
}

/// Whom the vault is told to reserve a tape for: the caller, but in a build that does not look at the holder.
stock::Claim Node::holder(const stock::Claim& claim, const TapeId& tape) const {
  auto held = holders_.find(tape);
  return held == holders_.end() || world_.defect != Defect::kNoHolderCheck ? claim : held->second;
}

Result<Fields> Node::reserve_kept(const stock::Claim& claim, const TapeId& tape, const Device& device) {
  if (forgets_reservations(world_.defect)) {
    SPUD_ASSIGN(auto kept, line(tape));
    if (kept.state != stock::TapeState::kReady || kept.device != digest(device))
      return fail(ErrorCode::kConflict, "it is not ready");
    auto held = holders_.try_emplace(tape, claim).first;
    if (held->second != claim) return fail(ErrorCode::kConflict, "it is another's");
    return Fields{{"tape", tape.str()}, {"digest of tape " + tape.str(), kept.digest.hex()}};
  }
  const auto first = holder(claim, tape);
  SPUD_ASSIGN(auto fields, vault_->reserve(first, tape, digest(device), demand_of(device)));
  if (world_.defect == Defect::kNoHolderCheck) {
    holders_.try_emplace(tape, claim);
    fields.pop_back();
  }
  return fields;
}

Result<Part> Node::take_out(const stock::Claim& claim, const TapeId& tape) {
  SPUD_ASSIGN(auto kept, line(tape));
  SPUD_ASSIGN(auto stored, vault_->burn(holder(claim, tape), tape));
  const Seed seed = stored->take_seed();
  Part part{crypto::sha256(seed.view()), {}};
  if (kept.bytes > 0) {
    Bytes corrections(kept.bytes);
    SPUD_TRY(stored->reader()->read(corrections));
    part.corrections = crypto::sha256(corrections);
  }
  return part;
}

Result<Part> Node::burn(const stock::Claim& claim, const TapeId& tape) {
  if (!forgets_reservations(world_.defect)) return take_out(claim, tape);
  // The wrong builds: what is in it is used now, and burnt later or never.
  SPUD_ASSIGN(auto kept, line(tape));
  if (kept.state != stock::TapeState::kReady) return fail(ErrorCode::kConflict, "it is not ready");
  if (world_.defect == Defect::kBurnAfterUse) {
    after(kBurnsLate, [this, claim, tape, kept] {
      if (vault_->reserve(claim, tape, kept.device, kept.demand)) (void)take_out(claim, tape);
    });
  }
  return world_.oracle.part(tape.str(), party());
}

Dealer& Node::dealer_of(const wire::MakeTape& order) const {
  return *directory_.dealers.at(order.device.dealer(order.dealer)->identity);
}

void Node::tell_dealer(const wire::MakeTape& order, const std::string& what,
                       const wire::DealerRequest& request) {
  auto* dealer = &dealer_of(order);
  const auto rank = *order.device.rank_of(identity().uri());
  world_.send(
      *this, *dealer, what, {wire::encode(request)},
      [dealer, node = this, name = order.order, device = order.device, rank](const Frame& said) {
        dealer->stock_asked(*node, name, device, rank, said);
      },
      "stock " + order.order);
}

void Node::make_tape(const wire::MakeTape& request, const Reply& reply) {
  if (request.device.dealer(request.dealer) == nullptr)
    return answer<wire::Done>(reply, fail(ErrorCode::kDenied, "the device does not name that dealer"));
  auto [found, fresh] = making_.try_emplace(request.order);
  found->second.waiters.push_back(reply);
  if (!fresh) return;
  found->second.request = request;
  tell_dealer(request, "open " + request.order,
              wire::OpenTape{JobId(request.order), 1, request.device,
                             *request.device.rank_of(identity().uri()), demand_of(request.device), true});
  after(kMaking, [this, order = request.order] {
    not_made(order, Error{ErrorCode::kTimeout, "the dealer is silent", "", "", "", ""});
  });
}

void Node::dealer_said(const std::string& order, const Frame& said) {
  auto answer = read_head<wire::DealerAnswer>(world_.oracle, said, wire::decode_dealer_answer);
  if (!answer) return;
  if (const auto* opening = std::get_if<wire::StockOpened>(&*answer)) {
    opened(order, opening->tape, said.payload);
  } else if (const auto* end = std::get_if<wire::StockEnd>(&*answer)) {
    dealt(order, *end, said.payload);
  } else if (std::holds_alternative<wire::TapeReady>(*answer)) {
    ready(order);
  } else if (const auto* problem = std::get_if<Error>(&*answer)) {
    not_made(order, *problem);
  }
}

void Node::opened(const std::string& order, const TapeId& tape, const Bytes& seed) {
  auto found = making_.find(order);
  if (found == making_.end() || found->second.tape) return;
  const auto& request = found->second.request;
  const auto& dealer = *request.device.dealer(request.dealer);
  if (tape.party != dealer.party || tape.node != dealer.node)
    return not_made(order, Error{ErrorCode::kPeerFault, "a number of another dealer", "", "", "", ""});
  const Seed own(std::span<const std::byte, Seed::kBytes>(seed.data(), Seed::kBytes));
  auto intake = vault_->begin(tape, digest(request.device), request.demand, own, 64);
  if (dying()) return;
  if (!intake) return not_made(order, intake.error());
  found->second.tape = tape;
  found->second.intake = std::move(*intake);
}

void Node::dealt(const std::string& order, const wire::StockEnd& end, const Bytes& corrections) {
  auto found = making_.find(order);
  if (found == making_.end() || !found->second.intake) return;
  auto& making = found->second;
  const auto intake = std::move(making.intake);
  auto written = intake->write(corrections);
  if (written) written = intake->made(corrections.size(), end.digest);
  if (dying()) return;
  if (!written) return not_made(order, written.error());
  world_.oracle.stored(making.tape->str(), party());
  tell_dealer(making.request, "stored " + order, wire::TapeStored{end.digest});
}

void Node::ready(const std::string& order) {
  auto found = making_.find(order);
  if (found == making_.end() || !found->second.tape) return;
  const auto tape = *found->second.tape;
  auto kept = vault_->ready(tape);
  if (dying()) return;
  if (!kept) return not_made(order, kept.error());
  end_making(order, line(tape));
}

void Node::not_made(const std::string& order, const Error& problem) {
  auto found = making_.find(order);
  if (found == making_.end()) return;
  auto* dealer = &dealer_of(found->second.request);
  // The connection is closed.
  world_.send(
      *this, *dealer, "gives up " + order, {},
      [dealer, order, problem](const Frame&) { dealer->left(order, problem); }, "stock " + order);
  found->second.intake.reset();
  if (found->second.tape && !must(vault_->discard(*found->second.tape), "discard a tape")) return;
  end_making(order, std::unexpected(problem));
}

void Node::end_making(const std::string& order, const Result<stock::StockTape>& result) {
  auto found = making_.find(order);
  const auto waiters = std::move(found->second.waiters);
  making_.erase(found);
  for (const auto& waiter : waiters) answer(waiter, result);
}

}  // namespace spud::sim
