// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/attempt_state.hpp"

#include <algorithm>

#include "service/node/manifest.hpp"

namespace spud::service::scheduler {

AttemptState::AttemptState(Device device) : device_(std::move(device)), nodes_(device_.compute.size()) {}

AttemptState AttemptState::resumed(Device device) {
  AttemptState state(std::move(device));
  state.phase_ = Phase::kRunning;
  return state;
}

std::vector<AttemptEffect> AttemptState::begin() {
  std::vector<AttemptEffect> effects;
  if (phase_ != Phase::kRunning) return effects;
  for (unsigned i = 0; i < nodes_.size(); ++i) effects.push_back(AwaitNode{Rank{i}});
  return effects;
}

std::vector<AttemptEffect> AttemptState::apply(AttemptEvent event) {
  if (phase_ == Phase::kFinished) return {};
  return std::visit([&](auto& known) { return on(std::move(known)); }, event);
}

Error AttemptState::at(Rank rank, Error error) const {
  return std::move(error).in("node " + device_.compute[index(rank)].node.str());
}

std::optional<Result<Digest>> AttemptState::compare(Rank rank, Fields manifest) {
  nodes_[index(rank)].manifest = std::move(manifest);
  for (const auto& node : nodes_) {
    if (!node.manifest) return std::nullopt;
  }
  for (unsigned i = 1; i < nodes_.size(); ++i) {
    auto equal =
        compare_fields(*nodes_[0].manifest, *nodes_[i].manifest, "manifest", device_.compute[i].party.str());
    if (!equal) return std::unexpected(at(Rank{i}, std::move(equal).error()));
  }
  return digest_fields("manifest", *nodes_[0].manifest);
}

std::vector<AttemptEffect> AttemptState::start(const std::string& dealer) {
  phase_ = Phase::kStarting;
  if (!dealer.empty()) {
    manifest_ = node::digest_manifest(node::with_dealer(*nodes_[0].manifest, dealer));
  }
  return {StartNodes{*manifest_, dealer}};
}

std::vector<AttemptEffect> AttemptState::on(Prepared event) {
  if (phase_ != Phase::kPreparing) return {};
  if (!event.manifest) {
    // A node that is there and cannot take it now: nothing has begun, so it does not count.
    const bool later = event.refused && event.manifest.error().code == ErrorCode::kUnavailable;
    const auto then = later ? Then::kAgain : Then::kEnd;
    return give_up(at(event.rank, std::move(event.manifest).error()), then);
  }
  auto agreed = compare(event.rank, std::move(*event.manifest));
  if (!agreed) return {};
  if (!*agreed) return give_up(std::move(*agreed).error());
  manifest_ = **agreed;
  if (device_.dealers.empty()) return start({});
  auto demand = Digest::from_hex(find_field(*nodes_[0].manifest, "demand"));
  if (!demand) {
    return give_up(at(Rank{0}, Error{ErrorCode::kPeerFault, "a manifest without a demand", "", "",
                                     device_.compute[0].party.str(), ""}));
  }
  phase_ = Phase::kChoosing;
  return {ChooseTape{*demand}};
}

std::vector<AttemptEffect> AttemptState::on(TapeChosen event) {
  if (phase_ != Phase::kChoosing) return {};
  if (!event.tape) return start(event.dealer);
  for (auto& node : nodes_) node.manifest.reset();
  phase_ = Phase::kReserving;
  return {ReserveNodes{*manifest_, *event.tape}};
}

std::vector<AttemptEffect> AttemptState::on(NoTape event) {
  if (phase_ != Phase::kChoosing) return {};
  return give_up(std::move(event.problem), Then::kAgain);
}

std::vector<AttemptEffect> AttemptState::on(Reserved event) {
  if (phase_ != Phase::kReserving) return {};
  if (!event.manifest) return give_up(at(event.rank, std::move(event.manifest).error()), Then::kAgain);
  auto agreed = compare(event.rank, std::move(*event.manifest));
  if (!agreed) return {};
  if (!*agreed) return give_up(std::move(*agreed).error());
  manifest_ = **agreed;
  return start({});
}

std::vector<AttemptEffect> AttemptState::on(Started event) {
  if (phase_ != Phase::kStarting && phase_ != Phase::kRunning) return {};
  if (!event.status) return give_up(at(event.rank, std::move(event.status).error()));
  auto& node = nodes_[index(event.rank)];
  if (node.started) return {};
  node.started = true;
  if (std::all_of(nodes_.begin(), nodes_.end(), [](const Node& n) { return n.started; }))
    phase_ = Phase::kRunning;
  return {AwaitNode{event.rank}};
}

std::vector<AttemptEffect> AttemptState::on(NodeEnded event) {
  if (phase_ != Phase::kStarting && phase_ != Phase::kRunning) return {};
  if (!event.status) return give_up(at(event.rank, std::move(event.status).error()));
  const auto& member = device_.compute[index(event.rank)];
  if (event.status->state == wire::AttemptState::kFailed) {
    auto problem =
        event.status->problem.value_or(Error{ErrorCode::kInternal, "failed without a cause", "", "", "", ""});
    return give_up(at(event.rank, std::move(problem)));
  }
  if (event.status->state != wire::AttemptState::kDone) {
    return give_up(Error{ErrorCode::kUnavailable, "does not run the attempt any more",
                         "node " + member.node.str(), "", member.party.str(), "submit the job again"});
  }
  nodes_[index(event.rank)].ended = std::move(*event.status);
  Finished finished{{}, manifest_, {}, false};
  for (unsigned i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].ended) return {};
    finished.reports.push_back({device_.compute[i].node, nodes_[i].ended->measures});
  }
  phase_ = Phase::kFinished;
  return {finished};
}

std::vector<AttemptEffect> AttemptState::on(CancelAsked) {
  return give_up(Error{ErrorCode::kCancelled, "cancelled", "", "", "", ""});
}

std::vector<AttemptEffect> AttemptState::on(PrepareLate event) {
  if (phase_ != Phase::kPreparing) return {};
  std::string late, party;
  for (unsigned i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].manifest) continue;
    late += (late.empty() ? "" : " and ") + device_.compute[i].node.str();
    if (party.empty()) party = device_.compute[i].party.str();
  }
  return give_up(
      Error{ErrorCode::kTimeout,
            late + " did not prepare it within " + std::to_string(event.allowed.count() / 1000) + " s",
            "device " + device_.name.str(), "", party,
            "programs that take longer to compile need a longer attempt.reserve_timeout"});
}

std::vector<AttemptEffect> AttemptState::give_up(Error problem, Then then) {
  phase_ = Phase::kFinished;
  Finished finished{problem, manifest_, {}, then == Then::kAgain};
  for (unsigned i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].ended) finished.reports.push_back({device_.compute[i].node, nodes_[i].ended->measures});
  }
  return {CancelNodes{std::move(problem)}, finished};
}

}  // namespace spud::service::scheduler
