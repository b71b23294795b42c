// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.hpp"
#include "service/dataset.hpp"
#include "service/job.hpp"
#include "system/crypto/identity.hpp"
#include "tests/sim/frame.hpp"
#include "tests/sim/oracle.hpp"

namespace spud::sim {

/// A tensor in plain, as the simulation's one kind of program adds them up.
using Plain = std::vector<std::int64_t>;

/// A dataset that somebody pushes, however often it takes.
struct DatasetPlan {
  DatasetId name;
  service::Device device;
  Plain values;
  service::Policy policy;
  /// It is shared where the layout has it kept, or kept where it has it shared: no job may read it.
  bool against_layout = false;
};

/// A job that somebody asks for, and what must come of it: an output k is k + 1 times the sum of its inputs.
struct JobPlan {
  service::JobRequest request;
  service::Device device;
  Plain sum;
  bool forbidden = false;  ///< by a policy: it must never be done
  bool limited = false;    ///< by a policy that allows so many uses: it may fail
  /// A scheduler that lies can spoil what nodes keep for a job; a recipient is told nothing wrong all the
  /// same.
  bool spoilt = false;
};

/// Knows every share, result and promise, over all crashes and restarts, and objects where a promise is
/// broken or something reaches somebody it is not for. It is told by the hands that make shares, that carry
/// frames and that get answers; it knows nothing of how spud decides.
class DataOracle {
 public:
  explicit DataOracle(Oracle& oracle) : oracle_(oracle) {}

  // ---- who may have what
  /// The bytes that one party of an upload gets, as they travel.
  void shared(const UploadId& upload, const std::string& node, ByteView bytes);
  /// An owner's own node keeps this in plain.
  void kept(const service::Statement& statement, const std::string& node, ByteView plain);
  /// A node has made its share of a result.
  void made(const service::Device& device, const service::JobRequest& job,
            const service::OutputBinding& output, const std::vector<service::Statement>& inputs,
            ByteView share);
  /// Something has arrived somewhere.
  void carried(const Frame& frame, const crypto::Identity& to, const std::string& line);
  /// A node counts a job as a use of an upload.
  void used(const service::Statement& statement, const JobId& job, const std::string& node);

  // ---- promises
  /// A process went on from an older copy of itself: what it has promised since may be lost.
  void restored(const std::string& process) { ++restores_[process]; }
  /// All nodes have acknowledged the upload to its owner, each in this life.
  void acknowledged(const service::Statement& statement, const service::Device& device,
                    std::map<std::string, unsigned> lives);
  /// A node tells the owner that it has no such dataset.
  void not_there(const UploadId& upload, const std::string& node);
  /// The owner takes it back, from here on.
  void withdrawn(const UploadId& upload) { uploads_.erase(upload); }
  /// Somebody asked for a job the first time, was told that it is stored, and is told how it is.
  void planned(const JobPlan& plan) {
    jobs_.emplace(plan.request.id, Known{plan, {}, {}, Millis(0), {}, {}});
  }
  void spoilt(const JobId& job);
  /// The answer was asked for at that time, and may have been long under way.
  void told(const service::Job& job, const std::string& scheduler, Millis asked, Millis now);
  /// The scheduler says that there is no such job.
  void told_unknown(const JobId& job, const std::string& scheduler, Millis asked);
  /// An attempt has ended well at a node: its results are there.
  void ended(const JobId& job, std::uint32_t attempt, const std::string& node) {
    ended_[{job, attempt}][node] = life(node);
  }
  /// An attempt has ended well at the scheduler, and is stored as such.
  void done(const JobId& job, std::uint32_t attempt);
  /// A recipient has put an output together.
  void fetched(const JobId& job, const std::string& output, const Plain& values);

  // ---- in the end
  /// A promise as it was given, and the lives of those it rests on.
  struct Upload {
    service::Statement statement;
    service::Device device;
    std::map<std::string, unsigned> lives;
  };
  const std::map<UploadId, Upload>& uploads() const { return uploads_; }
  bool was_restored(const std::string& process) const { return life(process) != 0; }
  /// How often it was; what it said before counts no more.
  unsigned life(const std::string& process) const;
  /// Has this node's promise of an upload not become void?
  bool stands(const Upload& upload, const std::string& node) const;
  const JobPlan* plan(const JobId& job) const;
  /// Jobs whose results their recipients must be able to have: the attempt that was done.
  std::vector<std::pair<JobId, std::uint32_t>> receipts(const std::string& scheduler) const;
  std::size_t results() const { return results_; }

 private:
  struct Known {
    JobPlan plan;
    std::optional<unsigned> stored;              ///< the scheduler's life in which it said that it has it
    std::optional<std::uint32_t> done;           ///< the attempt that a client was told of
    Millis told{0};                              ///< when
    std::map<std::string, unsigned> lives;       ///< of the nodes and the scheduler then
    std::map<unsigned, std::uint32_t> finished;  ///< attempts that were done, by the scheduler's life
    Millis stored_at{0};                         ///< when it said so first in that life
  };

  Oracle& oracle_;
  std::map<std::string, unsigned> restores_;
  std::map<Digest, std::pair<std::string, std::string>> shares_;       ///< what, and for which node
  std::map<Bytes, std::pair<std::string, std::string>> plains_;        ///< what, and whose node keeps it
  std::map<Digest, std::pair<std::string, PartyId>> result_shares_;    ///< what, and for whom
  std::map<std::pair<std::string, UploadId>, std::set<JobId>> users_;  ///< by node
  std::map<std::pair<JobId, std::uint32_t>, std::map<std::string, unsigned>> ended_;  ///< lives of nodes
  std::map<UploadId, Upload> uploads_;
  std::map<JobId, Known> jobs_;
  std::size_t results_ = 0;
};

}  // namespace spud::sim
