// SPDX-License-Identifier: Apache-2.0
#include "service/stock/tape_ledger.hpp"

#include <algorithm>

namespace spud::service::stock {

namespace {

std::string where(const TapeId& id) {
  return "tape " + id.str();
}

std::string name_of(const Claim& claim) {
  return "job " + claim.job.str() + ", attempt " + std::to_string(claim.attempt);
}

bool in_doubt(const TapeLine& line, std::uint64_t epoch) {
  const auto state = line.tape.state;
  return state != TapeState::kBurnt && (state != TapeState::kReady || line.epoch != epoch);
}

std::unexpected<Error> out_of_turn(const StockTape& tape, const char* expected) {
  return fail(ErrorCode::kConflict, std::string("it is ") + to_string(tape.state), where(tape.id), expected);
}

}  // namespace

void LedgerChange::add(LedgerChange other) {
  put.insert(put.end(), other.put.begin(), other.put.end());
  erase.insert(erase.end(), other.erase.begin(), other.erase.end());
  marks.insert(marks.end(), other.marks.begin(), other.marks.end());
}

void TapeLedger::reload(TapeLine line) {
  const auto id = line.tape.id;
  lines_[id] = std::move(line);
}

void TapeLedger::reload(const std::string& source, wire::TapeMark mark) {
  marks_[source] = mark;
}

LedgerChange TapeLedger::recover() {
  LedgerChange change;
  for (auto& [id, line] : lines_) {
    if (in_doubt(line, epoch_)) change.add(burnt(line));
  }
  return change;
}

LedgerChange TapeLedger::burnt(TapeLine& line) {
  line.tape.state = TapeState::kBurnt;
  return {{line}, {}, {}};
}

Result<TapeLine*> TapeLedger::known(const TapeId& id) {
  auto found = lines_.find(id);
  if (found == lines_.end()) return fail(ErrorCode::kNotFound, "this node does not keep it", where(id));
  return &found->second;
}

Result<LedgerChange> TapeLedger::begin(const TapeId& id, const Digest& device, const Digest& demand,
                                       std::int64_t unix_millis) {
  const std::string source = id.dealer() + " " + device.hex();
  auto& mark = marks_[source];
  const wire::TapeMark next{id.epoch, id.sequence};
  if (next <= mark || lines_.contains(id)) {
    return fail(ErrorCode::kPeerFault, "its number was used or passed over", where(id),
                "above " + std::to_string(mark.epoch) + "/" + std::to_string(mark.sequence), id.party.str(),
                "a dealer whose data was brought back from a copy is started with: spud stock restore");
  }
  mark = next;
  TapeLine line{{id, device, demand, {}, 0, TapeState::kMaking, unix_millis, {}}, epoch_};
  lines_[id] = line;
  return LedgerChange{{line}, {}, {{source, mark}}};
}

Result<LedgerChange> TapeLedger::made(const TapeId& id, const Digest& digest, std::uint64_t bytes) {
  SPUD_ASSIGN(auto* line, known(id));
  if (line->tape.state != TapeState::kMaking) return out_of_turn(line->tape, "making");
  line->tape.state = TapeState::kMade;
  line->tape.digest = digest;
  line->tape.bytes = bytes;
  return LedgerChange{{*line}, {}, {}};
}

Result<LedgerChange> TapeLedger::ready(const TapeId& id) {
  SPUD_ASSIGN(auto* line, known(id));
  if (line->tape.state == TapeState::kReady) return LedgerChange{};
  if (line->tape.state != TapeState::kMade) return out_of_turn(line->tape, "made");
  line->tape.state = TapeState::kReady;
  return LedgerChange{{*line}, {}, {}};
}

Result<LedgerChange> TapeLedger::reserve(const Claim& claim, const TapeId& id, const Digest& device,
                                         const Digest& demand) {
  if (const auto* held = of(claim.job, claim.attempt)) {
    if (*held->claim != claim) {
      return fail(ErrorCode::kConflict, name_of(claim) + " has reserved a tape for another manifest",
                  where(held->id), "manifest " + held->claim->manifest.brief() + "…");
    }
    if (held->id != id) {
      return fail(ErrorCode::kConflict, name_of(claim) + " has reserved another tape", where(id),
                  held->id.str());
    }
    if (held->state == TapeState::kReserved) return LedgerChange{};
    return out_of_turn(*held, "reserved");
  }
  SPUD_ASSIGN(auto* line, known(id));
  if (line->tape.device != device || line->tape.demand != demand) {
    return fail(ErrorCode::kConflict, "it was made for another plan or device", where(id),
                "demand " + demand.brief() + "…, it has " + line->tape.demand.brief() + "…");
  }
  if (line->tape.state != TapeState::kReady) return out_of_turn(line->tape, "ready");
  LedgerChange change;
  for (auto& [other, earlier] : lines_) {
    const auto& theirs = earlier.tape.claim;
    if (earlier.tape.state == TapeState::kReserved && theirs->job == claim.job &&
        theirs->attempt < claim.attempt) {
      change.add(burnt(earlier));
    }
  }
  line->tape.state = TapeState::kReserved;
  line->tape.claim = claim;
  change.put.push_back(*line);
  return change;
}

Result<LedgerChange> TapeLedger::burn(const Claim& claim, const TapeId& id) {
  SPUD_ASSIGN(auto* line, known(id));
  if (line->tape.state != TapeState::kReserved) return out_of_turn(line->tape, "reserved, and used once");
  if (*line->tape.claim != claim) {
    return fail(ErrorCode::kConflict, "it is reserved for " + name_of(*line->tape.claim), where(id),
                name_of(claim));
  }
  return burnt(*line);
}

LedgerChange TapeLedger::discard(const TapeId& id) {
  auto found = lines_.find(id);
  if (found == lines_.end() || found->second.tape.state == TapeState::kBurnt) return {};
  return burnt(found->second);
}

LedgerChange TapeLedger::release(const JobId& job, std::uint32_t attempt) {
  LedgerChange change;
  for (auto& [id, line] : lines_) {
    const auto& claim = line.tape.claim;
    if (line.tape.state == TapeState::kReserved && claim->job == job && claim->attempt <= attempt) {
      change.add(burnt(line));
    }
  }
  return change;
}

LedgerChange TapeLedger::expire(std::int64_t unix_millis) {
  LedgerChange change;
  for (auto& [id, line] : lines_) {
    if (line.tape.state == TapeState::kReady && line.tape.made_unix_millis < unix_millis)
      change.add(burnt(line));
  }
  return change;
}

Result<LedgerChange> TapeLedger::erased(const TapeId& id) {
  auto found = lines_.find(id);
  if (found == lines_.end()) return LedgerChange{};
  if (found->second.tape.state != TapeState::kBurnt) return out_of_turn(found->second.tape, "burnt");
  lines_.erase(found);
  return LedgerChange{{}, {id}, {}};
}

const StockTape* TapeLedger::find(const TapeId& id) const {
  auto found = lines_.find(id);
  return found == lines_.end() ? nullptr : &found->second.tape;
}

const StockTape* TapeLedger::of(const JobId& job, std::uint32_t attempt) const {
  auto found = std::find_if(lines_.begin(), lines_.end(), [&](const auto& entry) {
    const auto& claim = entry.second.tape.claim;
    return claim && claim->job == job && claim->attempt == attempt;
  });
  return found == lines_.end() ? nullptr : &found->second.tape;
}

StockTapes TapeLedger::list() const {
  StockTapes tapes;
  for (const auto& [id, line] : lines_) tapes.push_back(line.tape);
  return tapes;
}

Result<Digest> TapeLedger::digest(const TapeId& id) const {
  const auto* tape = find(id);
  if (tape == nullptr) return fail(ErrorCode::kNotFound, "this node does not keep it", where(id));
  Fields fields{{"tape", id.str()},
                {"device", tape->device.hex()},
                {"demand", tape->demand.hex()},
                {"digest", tape->digest.hex()},
                {"state", to_string(tape->state)}};
  if (tape->claim) {
    fields.push_back({"job", tape->claim->job.str()});
    fields.push_back({"attempt", std::to_string(tape->claim->attempt)});
    fields.push_back({"manifest", tape->claim->manifest.hex()});
  }
  return digest_fields("ledger", fields);
}

}  // namespace spud::service::stock
