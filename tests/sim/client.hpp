// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "tests/sim/scheduler.hpp"

namespace spud::sim {

/// Somebody who wants jobs done, and says so again until they are.
class Client final : public Process {
 public:
  Client(World& world, crypto::Identity identity, std::filesystem::path home, const Directory& directory);

  void want(const JobRequest& request);
  /// A change of mind, told once.
  void give_up(const JobId& job);
  /// So many tapes more, or so many to be kept, or none any more; said until it was heard.
  void order(const Device& device, std::uint32_t runs);
  void target(const Device& device, std::uint32_t runs);
  void drop(const Device& device);

  /// No job is on its way any more.
  bool satisfied() const;
  /// Those that are, for people.
  std::string open_jobs() const;
  std::size_t ended() const { return ended_; }
  /// Did this job end well?
  bool had(const JobId& job) const;
  void submit(const JobId& job);

 private:
  struct Wish {
    JobRequest request;
    unsigned submitted = 0;
    bool over = false, cancelled = false, done = false;
    std::string last;
  };
  bool mortal() const override { return false; }
  Status open() override { return {}; }
  void close() override {}
  Status disown(const std::string&) override { return {}; }
  void look(const JobId& job);
  void ended(Wish& wish, const Job& job);
  using Say = std::function<void(Scheduler&, Answer<wire::Done>)>;
  void insist(const std::string& what, unsigned times, const Say& say);

  const Directory& directory_;
  std::map<JobId, Wish> wishes_;
  unsigned orders_ = 0;
  std::size_t ended_ = 0;
};

}  // namespace spud::sim
