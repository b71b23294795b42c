// SPDX-License-Identifier: Apache-2.0
#include "service/dealer/tape_state.hpp"

namespace spud::service::dealer {

namespace {

std::string place(const wire::OpenTape& open) {
  if (open.stock) return "tape of order " + open.job.str();
  return "tape of job " + open.job.str() + ", attempt " + std::to_string(open.attempt);
}

std::string party_of(const wire::OpenTape& open, Rank rank) {
  return open.device.compute[index(rank)].party.str();
}

}  // namespace

std::string attempt_key(const wire::OpenTape& open) {
  return std::string(open.stock ? "stock/" : "") + digest(open.device).hex() + "/" + open.job.str() + "/" +
         std::to_string(open.attempt);
}

TapeState::TapeState(const wire::OpenTape& first, Millis deadline)
    : first_(first), device_(digest(first.device)), deadline_(deadline) {}

Result<TapeState::Step> TapeState::join(const crypto::Identity& caller, const wire::OpenTape& open) {
  const auto party = caller.party.str();
  if (digest(open.device) != device_) {
    return fail(ErrorCode::kConflict, "the device differs", place(open), device_.hex(), party);
  }
  if (open.stock != first_.stock) {
    return fail(ErrorCode::kConflict, "one wants the tape kept and one does not", place(open), {}, party);
  }
  if (open.demand != first_.demand) {
    return fail(ErrorCode::kConflict,
                "the demand of " + party + " differs from that of " + party_of(open, first_.rank),
                place(open), "one plan on all nodes", party);
  }
  if (!joined_.insert(open.rank).second) {
    return fail(ErrorCode::kConflict, "rank " + std::to_string(index(open.rank)) + " came twice", place(open),
                {}, party);
  }
  return joined_.size() == first_.device.parties() ? Step::kDeal : Step::kWait;
}

Status TapeState::check(Millis now) const {
  if (now < deadline_) return {};
  for (unsigned i = 0; i < first_.device.parties(); ++i) {
    if (!joined_.contains(Rank{i})) {
      return fail(ErrorCode::kTimeout,
                  "node " + first_.device.compute[i].node.str() + " did not ask for its tape", place(first_),
                  {}, party_of(first_, Rank{i}));
    }
  }
  return {};
}

Status check_members(const crypto::Identity& caller, const std::string& own_identity,
                     const wire::OpenTape& open) {
  if (index(open.rank) >= open.device.parties() ||
      open.device.compute[index(open.rank)].identity != caller.uri()) {
    return fail(ErrorCode::kDenied, caller.str() + " is not rank " + std::to_string(index(open.rank)),
                place(open), "the node that the device names", caller.party.str());
  }
  if (own_identity.empty() || open.device.dealer(own_identity) == nullptr) {
    return fail(ErrorCode::kDenied, "the device names other dealers", place(open), own_identity,
                caller.party.str());
  }
  return {};
}

Status TapeLedger::enter(const std::string& key) {
  if (dealt_.insert(key).second) return {};
  return fail(ErrorCode::kConflict, "this attempt was dealt to before", "tape of " + key,
              "a fresh attempt: no tape serves twice");
}

}  // namespace spud::service::dealer
