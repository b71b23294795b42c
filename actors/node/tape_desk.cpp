// SPDX-License-Identifier: Apache-2.0
#include "actors/node/tape_desk.hpp"

#include <map>

#include "actors/door/refused_frame.hpp"
#include "actors/node/dealer_beats.hpp"
#include "actors/node/dealer_link.hpp"
#include "actors/node/public_input.hpp"
#include "actors/node/share_desk.hpp"
#include "base/limits.hpp"
#include "service/stock/tape_intake.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace stock = service::stock;

namespace {

constexpr Millis kSend{60'000};

/// What a dealer sends of a tape that is to be kept, up to its end.
Result<wire::StockEnd> receive_tape(net::Connection& connection, Millis silence, stock::TapeIntake& intake,
                                    bool& told) {
  Bytes chunk;
  for (;;) {
    SPUD_ASSIGN(auto header, connection.receive_header({}, silence));
    SPUD_ASSIGN(auto answer, decode_answer(header, told));
    const auto bytes = static_cast<std::size_t>(connection.payload_length());
    if (const auto* piece = std::get_if<wire::TapeChunk>(&answer)) {
      if (piece->offset != intake.bytes()) return fail(ErrorCode::kPeerFault, "a gap in the tape", "tape");
      if (bytes == 0) continue;  // only says that the dealer lives
      chunk.resize(bytes);
      SPUD_TRY(connection.receive_payload(chunk, silence));
      SPUD_TRY(intake.write(chunk));
      continue;
    }
    const auto* end = std::get_if<wire::StockEnd>(&answer);
    if (end == nullptr || bytes != 0) return fail(ErrorCode::kPeerFault, "no end of the tape", "tape");
    return *end;
  }
}

/// All nodes have stored it once this returns.
Status await_ready(net::Connection& connection, Millis silence, bool& told) {
  for (;;) {
    SPUD_ASSIGN(auto frame, connection.receive({.payload_bytes = 0}, silence));
    SPUD_ASSIGN(auto answer, decode_answer(frame.header, told));
    if (std::holds_alternative<wire::TapeReady>(answer)) return {};
    if (!std::holds_alternative<wire::TapeChunk>(answer))
      return fail(ErrorCode::kPeerFault, "an answer of another kind", "tape", "ready");
  }
}

}  // namespace

/// A connection that close() can end.
class TapeDesk::OnItsWay {
 public:
  OnItsWay(TapeDesk& desk, net::Connection& connection) : desk_(desk), connection_(connection) {
    std::lock_guard lock(desk_.mutex_);
    desk_.open_.insert(&connection_);
    if (desk_.closed_) connection_.shutdown();
  }
  ~OnItsWay() {
    std::lock_guard lock(desk_.mutex_);
    desk_.open_.erase(&connection_);
  }
  OnItsWay(const OnItsWay&) = delete;
  OnItsWay& operator=(const OnItsWay&) = delete;

 private:
  TapeDesk& desk_;
  net::Connection& connection_;
};

void TapeDesk::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  for (auto* connection : open_) connection->shutdown();
}

Status TapeDesk::must_be_scheduler(const crypto::Identity& caller, const std::string& where) const {
  if (caller.uri() == setup_.scheduler.uri()) return {};
  return fail(ErrorCode::kDenied, caller.str() + " is not this node's scheduler", where,
              setup_.scheduler.uri());
}

Result<service::Fields> TapeDesk::prepare(const crypto::Identity& caller, const wire::PrepareStock& request) {
  const std::string where = "stock for device " + request.device.name.str();
  SPUD_TRY(must_be_scheduler(caller, where));
  SPUD_TRY(service::verify(request.device));
  const auto own = request.device.rank_of(setup_.tls.self().uri());
  if (!own) return fail(ErrorCode::kDenied, "this node is no part of the device", where);
  if (request.device.dealers.empty()) {
    return bad_input("protocol " + std::string(to_string(request.device.protocol)) + " asks no dealer", where,
                     "a device of semi2k");
  }
  auto program = read_blob(*setup_.store.programs, request.program.bytes);
  if (!program) {
    return fail(ErrorCode::kNotFound, "this node does not have program " + request.program.hex(), where, {},
                {}, "spud program push sends it to every node of the device");
  }
  std::vector<PlannedInput> inputs;
  for (const auto& input : request.inputs) {
    if (const auto* secret = std::get_if<TensorType>(&input)) {
      inputs.push_back({*secret, std::nullopt, std::nullopt});
      continue;
    }
    if (const auto* kept = std::get_if<wire::KeptInput>(&input)) {
      inputs.push_back({kept->type, std::nullopt, kept->rank});
      continue;
    }
    const auto& open = std::get<service::PublicInput>(input);
    SPUD_ASSIGN(auto literal, read_public_input(*setup_.store.publics, open));
    inputs.push_back({open.type, std::move(literal), std::nullopt});
  }
  SPUD_ASSIGN(auto answer,
              setup_.plans->plan_for(request.device, *own, *program, inputs, where, setup_.clock));
  const auto& planned = *answer.planned;
  SPUD_TRY(vault_.keep_demand(planned.demand_digest, planned.demand));
  SPUD_ASSIGN(auto decoded, correlation::decode_demand(planned.demand));
  SPUD_ASSIGN(auto cost, correlation::cost(decoded));
  return service::Fields{
      {"device digest", digest(request.device).hex()}, {"program", request.program.hex()},
      {"compiler", planned.plan.compiler_version},     {"plan", planned.digest.hex()},
      {"demand", planned.demand_digest.hex()},         {"tape bytes", std::to_string(cost.tape_bytes)}};
}

Result<stock::StockTape> TapeDesk::make(const crypto::Identity& caller, const wire::MakeTape& request) {
  const std::string where = "order " + request.order;
  SPUD_TRY(must_be_scheduler(caller, where));
  SPUD_TRY(service::verify(request.device));
  const auto own = request.device.rank_of(setup_.tls.self().uri());
  const auto* dealer = request.device.dealer(request.dealer);
  if (!own || request.device.dealers.empty())
    return fail(ErrorCode::kDenied, "this node is no part of a device with a dealer", where);
  if (dealer == nullptr)
    return fail(ErrorCode::kDenied, "the device does not name dealer " + request.dealer, where);
  SPUD_ASSIGN(auto demand, vault_.demand(request.demand));
  if (!demand) {
    return fail(ErrorCode::kNotFound, "this node has never compiled a plan of this demand", where,
                request.demand.hex(), setup_.tls.self().party.str(), "order the stock by program again");
  }
  SPUD_ASSIGN(auto decoded, correlation::decode_demand(*demand));
  std::uint64_t expected = 0;
  if (index(*own) + 1 == request.device.parties()) {
    SPUD_ASSIGN(auto cost, correlation::cost(decoded));
    expected = cost.tape_bytes;
  }
  wire::OpenTape open{JobId(request.order), 1, request.device, *own, request.demand, true};
  SPUD_ASSIGN(auto opened, open_tape(open, *dealer, *demand, setup_.tls, setup_.peer_silence_limit, {},
                                     setup_.peers.get(), setup_.log));
  const DealerBeats beats(*opened.connection, {setup_.heartbeat_interval, setup_.peer_silence_limit},
                          setup_.peers.get());
  const OnItsWay held(*this, *opened.connection);
  const auto* number = std::get_if<wire::StockOpened>(&opened.answer);
  if (number == nullptr || number->tape.party != dealer->party || number->tape.node != dealer->node) {
    return fail(ErrorCode::kPeerFault, "no tape of stock that is the dealer's own", where, {},
                dealer->party.str());
  }
  bool told = false;
  auto made = [&]() -> Status {
    const auto& id = number->tape;
    SPUD_ASSIGN(auto intake, vault_.begin(id, digest(request.device), request.demand, opened.seed, expected));
    auto& connection = *opened.connection;
    SPUD_ASSIGN(auto end, receive_tape(connection, setup_.peer_silence_limit, *intake, told));
    // Whoever does not receive the corrections has none to count.
    SPUD_TRY(intake->made(expected == 0 && intake->bytes() == 0 ? 0 : end.bytes, end.digest));
    SPUD_TRY(connection.send(wire::encode(wire::DealerRequest(wire::TapeStored{end.digest})), kSend));
    SPUD_TRY(await_ready(connection, setup_.peer_silence_limit, told));
    return vault_.ready(id);
  }();
  if (!made) {
    auto error = std::move(made).error();
    if (setup_.peers && !told)
      judge_frame(setup_.peers->registry(), kBrokenTape, setup_.log, *opened.connection, error);
    (void)vault_.discard(number->tape);
    if (error.party.empty()) {
      // What a peer has broken names it; a full disk is ours.
      const bool ours = error.code == ErrorCode::kResource;
      error.party = ours ? setup_.tls.self().party.str() : dealer->party.str();
    }
    return std::unexpected(std::move(error).in(where));
  }
  for (const auto& tape : vault_.list()) {
    if (tape.id != number->tape) continue;
    setup_.log.info("a tape is ready", {{"tape", tape.id.str()}, {"bytes", tape.bytes}});
    return tape;
  }
  return fail(ErrorCode::kConflict, "it was given up meanwhile", "tape " + number->tape.str());
}

Result<stock::StockTapes> TapeDesk::list(const crypto::Identity& caller) const {
  const bool own = caller.uri() == setup_.scheduler.uri() || caller.party == setup_.tls.self().party;
  auto tapes = vault_.list();
  if (tapes.size() > limits::kStockTapesPerMessage) tapes.resize(limits::kStockTapesPerMessage);
  if (!own) {
    for (auto& tape : tapes) tape.claim.reset();
  }
  return tapes;
}

void TapeDesk::announce(wire::Announce& announcement) const {
  using stock::TapeState;
  announcement.keeps_stock = true;
  announcement.stock = vault_.ready_tapes(limits::kStockTapesPerMessage);
  std::map<TapeState, double> counts;
  const auto tapes = vault_.list();
  for (const auto& tape : tapes) counts[tape.state] += 1;
  for (auto state :
       {TapeState::kMaking, TapeState::kMade, TapeState::kReady, TapeState::kReserved, TapeState::kBurnt})
    setup_.registry.gauge(metrics::family::kTapes, {to_string(state)}).set(counts[state]);
  setup_.registry.gauge(metrics::family::kStockBytes).set(static_cast<double>(vault_.bytes()));
}

Result<wire::Done> TapeDesk::discard(const crypto::Identity& caller, const wire::DiscardTape& request) {
  const bool own = caller.role == crypto::Role::kClient && caller.party == setup_.tls.self().party;
  if (!own) SPUD_TRY(must_be_scheduler(caller, "tape " + request.tape.str()));
  SPUD_TRY(vault_.discard(request.tape));
  SPUD_TRY(vault_.sweep());
  setup_.log.info("a tape was given up", {{"tape", request.tape.str()}, {"by", caller.str()}});
  return wire::Done{};
}

}  // namespace spud::actors
