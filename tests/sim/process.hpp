// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "system/crypto/identity.hpp"
#include "system/store/fault_env.hpp"
#include "system/store/store.hpp"
#include "tests/sim/world.hpp"

namespace spud::sim {

/// Everybody's wall clock is wrong in its own way, and set back and forth; steady time is everybody's.
class WallClock final : public Clock {
 public:
  explicit WallClock(const Clock& time) : time_(time) {}
  Millis now() const override { return time_.now(); }
  std::int64_t unix_millis() const override { return time_.unix_millis() + wrong_.count(); }
  void jump(Millis by) { wrong_ += by; }
  void set_right() { wrong_ = Millis(0); }
  Millis wrong() const { return wrong_; }

 private:
  const Clock& time_;
  Millis wrong_{0};
};

/// Something with a disk that can die at any time. What it knows lies in its subclass, between open() and
/// close(); what it must not forget lies on its disk.
class Process {
 public:
  Process(World& world, crypto::Identity identity, std::filesystem::path home);
  virtual ~Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const crypto::Identity& identity() const { return identity_; }
  std::string name() const { return identity_.name.str(); }
  std::string party() const { return identity_.party.str(); }
  bool up() const { return up_; }
  bool dying() const { return dying_; }
  unsigned life() const { return life_; }

  void start();
  /// Ends it in good order.
  void stop();
  /// The power fails: what was not synced is gone.
  void crash(const std::string& why);
  /// People do not crash at messages.
  virtual bool mortal() const { return true; }
  /// Dies where it stands, in the middle of its own code; the rest of that code talks to a dead disk.
  void die_here(const std::string& label);
  /// Ends it for good.
  void leave();
  /// Starts it again after a while.
  void start_soon();

  /// Runs code of this process, and buries it if it died in it.
  void run(const std::function<void()>& code);
  /// A message leaves once the code that sent it has run to its end; the process may die before.
  void speak(std::function<void()> message);
  /// Later, if it still lives.
  void after(Millis delay, std::function<void()> act);

  /// Answers a request.
  virtual void serve(const crypto::Identity& caller, const Frame& request, const Reply& reply);

  /// Every write fails until it is started again, and the process lives on with that.
  void break_disk();
  bool disk_has_failed() const { return disk_failed_; }
  WallClock& clock() { return clock_; }

  /// Copies its folder; it must be down.
  void back_up();
  bool has_backup() const { return !backups_.empty(); }
  /// Puts an earlier copy in place of its folder, of all of it or of one part; it must be down.
  void restore();

 protected:
  virtual Status open() = 0;
  virtual void close() = 0;
  /// Says goodbye to what a folder promised, where its birth mark cannot tell that it was brought back.
  virtual Status disown(const std::string& store) = 0;
  /// Folders of its stores, in its folder.
  virtual std::vector<std::string> stores() const { return {""}; }
  store::StoreOptions on_disk();
  /// The next synced writes are not, in wrong builds.
  void forget_to_sync(bool forgets) { forgets_sync_ = forgets; }

  World& world_;
  WallClock clock_;
  const std::filesystem::path folder_;

 private:
  void bury();
  void mend_disk();

  const crypto::Identity identity_;
  const std::filesystem::path shelf_;  ///< of copies
  store::FaultEnv disk_;
  std::vector<std::filesystem::path> backups_;
  bool up_ = false;
  bool dying_ = false;
  bool starting_ = false;
  bool left_ = false;
  bool running_ = false;  ///< its code is
  bool wrote_ = false;    ///< that code, synced
  bool forgets_sync_ = false;
  bool disk_failed_ = false;
  std::vector<std::function<void()>> unsaid_;
  unsigned life_ = 0;
};

template <class T>
using Answer = std::function<void(Result<T>)>;

/// Asks and waits so long for an answer; `done` runs once, if the sender still lives the same life.
void ask(World& world, Process& from, Process& to, const std::string& what, Millis patience, Frame request,
         Answer<Frame> done);

}  // namespace spud::sim
