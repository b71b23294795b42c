// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "system/store/scratch_folder.hpp"
#include "tests/sim/client.hpp"
#include "tests/sim/dealer.hpp"

namespace spud::sim {

/// What came of one seed.
struct Outcome {
  std::vector<std::string> objections;  ///< of the oracle: none in a build that is right
  std::string history;                  ///< the last events before the first of them
  Tally tally;
  bool ok() const { return objections.empty(); }
};

struct Options {
  Defect defect = Defect::kNone;
  std::FILE* trace = nullptr;  ///< every line of the history
  unsigned jobs = 0;           ///< 0: a dozen or so
};

/// Two or three compute nodes, one or two dealers, a scheduler and three clients, in bad weather and then in
/// good.
class Cluster {
 public:
  Cluster(std::uint64_t seed, const Options& options);
  ~Cluster();
  Outcome run();

 private:
  struct Known {
    DatasetPlan plan;
    std::string owner;
  };
  std::vector<Device> devices(unsigned nodes);

  // What people want (cluster_wishes.cpp).
  void plan_data();
  void plan_stock();
  void plan_jobs();
  JobPlan plan_job(const std::string& id, const Device& device);
  void plan_forbidden(const Device& device, unsigned number);
  void plan_against_layout(const Device& device, unsigned number);
  Client& client(const std::string& party) { return *directory_.clients.at(party); }

  // What goes wrong (cluster_faults.cpp).
  void trouble();
  void crash(const std::vector<Process*>& who);
  void back_up(const std::vector<Process*>& who);
  void restore(const std::vector<Process*>& who);
  void part();
  void cut();
  void jump();
  void break_disk();
  void mute();
  std::vector<Process*> some();
  Process& one();

  // What must be so in the end (cluster_end.cpp).
  void calm_down();
  bool drained() const;
  void pass(Millis time);
  void check_jobs();
  void check_results();
  void check_nodes();
  void check_uploads();
  bool objected() const { return !world_.oracle.objections().empty(); }

  const Known* find_special(const std::string& name, const Device& device) const;

  store::ScratchFolder scratch_;
  World world_;
  unsigned jobs_;
  Directory directory_;
  std::vector<Device> devices_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Dealer>> dealers_;
  std::unique_ptr<Scheduler> scheduler_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Process*> all_;                    ///< that can die
  std::map<DeviceId, std::vector<Known>> data_;  ///< that all jobs may read
  std::vector<Known> special_;  ///< and that is dropped, limited, forbidden or where it has no place
  std::vector<std::pair<Client*, JobId>> last_wishes_;
};

inline Outcome simulate(std::uint64_t seed, const Options& options = {}) {
  return Cluster(seed, options).run();
}

}  // namespace spud::sim
