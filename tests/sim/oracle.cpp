// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracle.hpp"

namespace spud::sim {

std::string Use::str() const {
  return party + " uses tape " + tape + " for job " + job.str() + ", attempt " + std::to_string(attempt) +
         ", manifest " + manifest.brief();
}

void Oracle::dealt(const std::string& tape, std::vector<std::pair<std::string, Part>> parts) {
  for (const auto& [party, part] : parts) {
    if (!drawn_.insert(part.seed).second) object("a seed was drawn twice, for tape " + tape);
  }
  if (!tapes_.emplace(tape, std::move(parts)).second) object("number " + tape + " names two tapes");
}

Part Oracle::part(const std::string& tape, const std::string& party) const {
  for (const auto& [owner, part] : tapes_.at(tape)) {
    if (owner == party) return part;
  }
  return {};
}

void Oracle::stored(const std::string& tape, const std::string& party) {
  stored_[tape].insert(party);
}

void Oracle::used(const Use& use, Kept kept) {
  ++(kept == Kept::kStock ? stock_uses_ : live_uses_);
  const auto tape = tapes_.find(use.tape);
  if (tape == tapes_.end()) return object(use.str() + ": nobody has dealt it");
  const std::pair<std::string, Part> mine{use.party, use.part};
  bool dealt = false;
  for (const auto& part : tape->second) {
    dealt = dealt || part == mine;
    if (kept == Kept::kStock && !stored_[use.tape].contains(part.first))
      object(use.str() + ": " + part.first + " has not stored it");
  }
  if (!dealt) object(use.str() + ": that is not its part of it");

  const auto first = by_seed_.emplace(use.part.seed, use);
  if (!first.second) object(use.str() + ": used before, " + first.first->second.str());
  if (use.part.corrections != Digest{}) {
    const auto before = by_corrections_.emplace(use.part.corrections, use);
    if (!before.second) object(use.str() + ": corrections used before, " + before.first->second.str());
  }
  auto& uses = by_tape_[use.tape];
  for (const auto& other : uses) {
    if (other.job != use.job || other.attempt != use.attempt)
      object(use.str() + ": another attempt's, " + other.str());
    if (other.manifest != use.manifest) object(use.str() + ": for another manifest, " + other.str());
  }
  uses.push_back(use);
  const auto [known, fresh] = tape_of_.emplace(AttemptIn{history_, use.job, use.attempt}, use.tape);
  if (!fresh && known->second != use.tape)
    object(use.str() + ": the attempt's other party used " + known->second);
}

void Oracle::done(const JobId& job, std::uint32_t attempt, const std::optional<std::string>& tape) {
  if (!tape) return;
  const auto name = "job " + job.str() + ", attempt " + std::to_string(attempt) + ", tape " + *tape;
  const auto dealt = tapes_.find(*tape);
  if (dealt == tapes_.end()) return object(name + " is done with a tape that nobody has dealt");
  std::set<std::string> users;
  for (const auto& use : by_tape_[*tape]) {
    if (use.job != job || use.attempt != attempt) {
      object(name + " is done, and another used the tape: " + use.str());
    }
    users.insert(use.party);
  }
  for (const auto& [party, part] : dealt->second) {
    if (!users.contains(party)) object(name + " is done, and " + party + " has not used it");
  }
}

}  // namespace spud::sim
