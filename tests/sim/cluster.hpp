// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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

/// Two or three compute nodes, a dealer, a scheduler and two clients, in bad weather and then in good.
class Cluster {
 public:
  Cluster(std::uint64_t seed, Defect defect, bool print);
  ~Cluster();
  Outcome run();

 private:
  std::vector<Device> devices(unsigned nodes);
  void clients_begin();
  void trouble();
  void crash(const std::vector<Process*>& who);
  void back_up(const std::vector<Process*>& who);
  void restore(const std::vector<Process*>& who);
  std::vector<Process*> some();
  void calm_down();
  bool drained() const;

  store::ScratchFolder scratch_;
  World world_;
  Directory directory_;
  std::vector<Device> devices_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unique_ptr<Dealer> dealer_;
  std::unique_ptr<Scheduler> scheduler_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Process*> all_;  ///< that can die
  std::vector<std::pair<Client*, JobId>> last_wishes_;
};

inline Outcome simulate(std::uint64_t seed, Defect defect = Defect::kNone, bool print = false) {
  return Cluster(seed, defect, print).run();
}

}  // namespace spud::sim
