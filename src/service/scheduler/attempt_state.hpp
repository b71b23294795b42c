// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "service/device.hpp"
#include "service/wire/node_codec.hpp"

namespace spud::service::scheduler {

/// A node has answered prepareAttempt: its manifest, or why it refuses.
struct Prepared {
  Rank rank{};
  Result<Fields> manifest;
  bool refused = false;  ///< by the node itself, not for want of an answer
};
/// The scheduler has chosen where its correlations come from: a tape of stock, or nullopt, dealt live.
struct TapeChosen {
  std::optional<TapeId> tape;
  std::string dealer{};  ///< identity of who deals live
};
/// It may only use stock, and there is none; or nobody can deal.
struct NoTape {
  Error problem;
};
/// A node has answered reserveTape: the manifest with the tape in it, or why it refuses.
struct Reserved {
  Rank rank{};
  Result<Fields> manifest;
};
/// A node has answered startAttempt.
struct Started {
  Rank rank{};
  Status status;
};
/// A node says how the attempt ended there (kFailed, kDone, kUnknown), or could not be reached.
struct NodeEnded {
  Rank rank{};
  Result<wire::AttemptStatus> status;
};
/// A node says how far it is. Changes nothing.
struct Progressed {
  Rank rank{};
  JobProgress progress;
};
/// A client wants the end of it.
struct CancelAsked {};
/// All nodes should have prepared it by now, and kept themselves free for it, or none.
struct PrepareLate {
  Millis allowed{0};
};
using AttemptEvent =
    std::variant<Prepared, TapeChosen, NoTape, Reserved, Started, NodeEnded, CancelAsked, PrepareLate>;

/// Choose a tape for this demand, or none; answered by TapeChosen or NoTape. The tape is the attempt's for
/// ever, and recorded as such, before it is answered.
struct ChooseTape {
  Digest demand;
};
/// Tell every node to keep this tape for the attempt, with the digest of the manifests so far.
struct ReserveNodes {
  Digest manifest;
  TapeId tape;
};
/// Tell every node to start, with the digest that all manifests have, and who deals, which it covers.
struct StartNodes {
  Digest manifest;
  std::string dealer{};  ///< identity; empty: nobody, it has a tape
};
/// Wait at this node until the attempt has ended there.
struct AwaitNode {
  Rank rank{};
};
/// Tell every node to give up, and why.
struct CancelNodes {
  Error cause;
};
/// The attempt has ended everywhere, or need not be waited for.
struct Finished {
  std::optional<Error> problem;
  std::optional<Digest> manifest;
  std::vector<NodeReport> reports;
  bool again =
      false;  ///< nothing ran, for want of a tape or of room at a node: the job goes back to the queue
};
using AttemptEffect = std::variant<ChooseTape, ReserveNodes, StartNodes, AwaitNode, CancelNodes, Finished>;

/// One attempt as the scheduler leads it: all nodes prepare, their manifests are compared; where there is a
/// dealer a tape is chosen, all reserve it, and the manifests, which now name it, are compared again; all
/// start, all end. The first problem decides; the others are told to give up. State machine, no clock, no
/// sockets.
class AttemptState {
 public:
  explicit AttemptState(Device device);
  /// For an attempt that ran when the scheduler was restarted: every node is asked how it ended.
  static AttemptState resumed(Device device);
  /// What to do first: nothing but sending the preparations, or waiting at every node after a restart.
  std::vector<AttemptEffect> begin();

  std::vector<AttemptEffect> apply(AttemptEvent event);
  bool finished() const { return phase_ == Phase::kFinished; }

 private:
  enum class Phase { kPreparing, kChoosing, kReserving, kStarting, kRunning, kFinished };
  struct Node {
    std::optional<Fields> manifest;
    bool started = false;
    std::optional<wire::AttemptStatus> ended;
  };
  std::vector<AttemptEffect> on(Prepared event);
  std::vector<AttemptEffect> on(TapeChosen event);
  std::vector<AttemptEffect> on(NoTape event);
  std::vector<AttemptEffect> on(Reserved event);
  std::vector<AttemptEffect> on(Started event);
  std::vector<AttemptEffect> on(NodeEnded event);
  std::vector<AttemptEffect> on(CancelAsked event);
  std::vector<AttemptEffect> on(PrepareLate event);
  /// Takes a manifest in; nullopt while others are missing, then their common digest or the difference.
  std::optional<Result<Digest>> compare(Rank rank, Fields manifest);
  std::vector<AttemptEffect> start(const std::string& dealer);
  enum class Then { kEnd, kAgain };
  std::vector<AttemptEffect> give_up(Error problem, Then then = Then::kEnd);
  Error at(Rank rank, Error error) const;

  Device device_;
  Phase phase_ = Phase::kPreparing;
  std::vector<Node> nodes_;
  std::optional<Digest> manifest_;
};

}  // namespace spud::service::scheduler
