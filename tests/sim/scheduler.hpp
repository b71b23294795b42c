// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "service/scheduler/job_book.hpp"
#include "tests/sim/node.hpp"

namespace spud::sim {

namespace flow = service::scheduler;
using service::Job;
using service::JobRequest;

/// The scheduler: the books of jobs, stock and nodes joined as actors/scheduler joins them, with calls in
/// place of mail.
class Scheduler final : public Process {
 public:
  Scheduler(World& world, crypto::Identity identity, std::filesystem::path home, const Directory& directory,
            std::vector<Device> devices);

  /// Whatever nodes and clients ask.
  void serve(const crypto::Identity& caller, const Frame& request, const Reply& reply) override;

  // For the end of a simulation.
  std::size_t open_jobs() const;

 private:
  struct Attempt {
    Device device;
    flow::AttemptState state;
    std::map<Rank, Millis> unreachable_since;
  };
  struct Gathering {
    flow::TapeOrder order;
    std::vector<std::optional<stock::StockTape>> answers;
    std::optional<Error> problem;
    unsigned missing = 0;
  };

  Status open() override;
  void close() override;
  /// Nothing it promises rests on its epoch.
  Status disown(const std::string&) override { return {}; }

  Result<wire::Heartbeat> announced(const crypto::Identity& node, const wire::Announce& said);
  Result<Device> show_device(const DeviceId& name);
  Result<Job> submit(const crypto::Identity& caller, const JobRequest& request);
  Result<Job> cancel(const crypto::Identity& caller, const JobId& job);
  Result<wire::StockKind> order(const crypto::Identity& caller, const wire::MakeStock& request);
  Result<wire::StockKind> target(const crypto::Identity& caller, const wire::TargetStock& request);
  Result<wire::Dropped> drop(const crypto::Identity& caller, const wire::DropStock& request);

  std::int64_t unix_millis() const { return clock_.unix_millis(); }
  void tick();
  bool must(const Status& status);
  Status store_jobs(const std::vector<JobId>& jobs, const char* label);
  bool carry_out(const flow::JobEffects& effects, const char* label);
  bool carry_out(const flow::StockEffects& effects);
  void schedule();
  void schedule_soon();

  void start(const flow::AttemptName& name, bool resumed);
  void apply(const flow::AttemptName& name, flow::AttemptEvent event);
  void carry(const flow::AttemptName& name, const std::vector<flow::AttemptEffect>& effects);
  void choose(const flow::AttemptName& name, const Digest& demand);
  void await(const flow::AttemptName& name, Rank rank);
  void cancel_nodes(const flow::AttemptName& name, const Device& device, const Error& cause);
  void over(const flow::AttemptName& name, const flow::Finished& finished);
  Node& node(const Device& device, Rank rank) const;
  template <class T>
  void ask_rank(const flow::AttemptName& name, Rank rank, const std::string& what, Millis patience,
                const wire::NodeRequest& request, Answer<T> done);

  void lead_against_the_rules(const flow::AttemptName& name, const Device& device);
  void tell_against_the_rules(const wire::PrepareAttempt& prepare, const std::optional<TapeId>& tape);
  void make(const flow::TapeOrder& order);
  void gathered(const std::shared_ptr<Gathering>& gathering);

  const Directory& directory_;
  const std::vector<Device> devices_;
  /// Tapes that were ever made, for attempts that are led against the rules; outlives its process.
  std::map<DeviceId, std::vector<TapeId>> seen_;
  std::vector<flow::AttemptName> named_;
  unsigned forged_ = 0;  ///< jobs that nobody has asked for

  // Between open() and close().
  bool scheduled_ = false;
  std::unique_ptr<store::Store> store_;
  flow::NodeRegistry registry_{Millis(5000)};
  flow::DeviceBook book_of_devices_;
  flow::JobBook jobs_;
  flow::StockBook stock_;
  std::map<flow::AttemptName, Attempt> attempts_;
};

}  // namespace spud::sim
