// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>

#include "service/client/parcels.hpp"
#include "tests/sim/scheduler.hpp"

namespace spud::sim {

/// Somebody of a party who pushes data, wants jobs done and their results, and tries again until it is so;
/// and who tries what is not allowed. People do not crash, but they walk away in the middle and come back.
class Client final : public Process {
 public:
  Client(World& world, crypto::Identity identity, std::filesystem::path home, const Directory& directory);

  // ---- jobs (client.cpp)
  void want(const JobPlan& plan);
  /// A change of mind, told once.
  void give_up(const JobId& job);
  void submit(const JobId& job);
  /// So many tapes more, or so many to be kept, or none any more; said until it was heard.
  void order(const Device& device, std::uint32_t runs);
  void target(const Device& device, std::uint32_t runs);
  void drop(const Device& device);

  // ---- data (client_upload.cpp)
  /// Until all nodes of the device have it, starting again as often as it takes.
  void push(const DatasetPlan& plan);
  /// Looks after all of it: what a node has lost is pushed once more.
  void push_again();
  /// Takes it back, for good.
  void take_back(const DatasetId& name);
  /// Says that another party's node keeps its data, which no node may believe.
  void misplace(const DatasetPlan& plan);

  // ---- results (client_results.cpp)
  /// What this party is a recipient of.
  void collect(const JobPlan& plan);
  /// Asks for what is not its own, in one of the ways that must fail.
  void intrude(const JobPlan& plan);
  bool has(const JobId& job, const std::string& output) const { return had_.contains({job, output}); }
  /// Forgets what it has, to see whether it can have it again.
  void lose_results() { had_.clear(); }

  /// No job or upload is on its way any more.
  bool satisfied() const;
  /// Those that are, for people.
  std::string open_wishes() const;
  /// Did this job end well?
  bool had(const JobId& job) const;

 private:
  struct Wish {
    JobPlan plan;
    unsigned submitted = 0;
    bool over = false, cancelled = false, done = false;
    std::string last{};
  };
  enum class Stage { kPin, kProgram, kSweep, kClear, kPrepare, kChunk, kCommit, kThere, kDrop, kGone };
  struct Upload {
    DatasetPlan plan;
    Device device;  ///< as the scheduler told it
    wire::PrepareUpload prepare{};
    std::optional<service::client::Parcels> parcels{};
    std::vector<std::optional<service::Statement>> seen{};
    std::map<std::string, unsigned> lives{};  ///< of nodes when they were asked to commit, or looked at
    Stage stage = Stage::kPin;
    unsigned rank = 0, tries = 0, life = 0;
    std::string last{};
  };
  struct Collecting {
    JobPlan plan;
    std::uint32_t attempt = 0;
    std::vector<std::optional<alu::StoredShare>> shares{};
    std::string tape{};  ///< of the run that they are shares of
    unsigned tries = 0;
  };

  bool mortal() const override { return false; }
  Status open() override { return {}; }
  void close() override {}
  Status disown(const std::string&) override { return {}; }
  unsigned scheduler_life() const;
  void look(const JobId& job);
  void ended(Wish& wish, const Job& job);
  void insist(const std::string& what, unsigned times, const wire::SchedulerRequest& request);

  void begin(Upload& upload);
  void step(Upload& upload);
  void go_on(Upload& upload, Stage next);
  void next_node(Upload& upload, Stage next);
  void failed(Upload& upload, const Error& error);
  void walk_away(Upload& upload);
  void sent(Upload& upload);
  Status make_parcels(Upload& upload);
  wire::PrepareUpload sign(const service::Statement& statement) const;
  void pin(Upload& upload);
  void swept(Upload& upload);
  template <class T>
  void ask_member(Upload& upload, const std::string& what, const wire::NodeRequest& request, Bytes payload,
                  std::function<void(Upload&, const T&)> then);

  void collect(const JobId& job, const std::string& output, std::shared_ptr<Collecting> collecting);
  void put_together(const JobId& job, const std::string& output, const Collecting& collecting);

  const Directory& directory_;
  std::map<JobId, Wish> wishes_;
  std::map<DatasetId, Upload> uploads_;
  std::set<std::pair<JobId, std::string>> had_;
  unsigned orders_ = 0, pushed_ = 0;
};

}  // namespace spud::sim
