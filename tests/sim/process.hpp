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
  /// Starts it again after a while.
  void start_soon();

  /// Runs code of this process, and buries it if it died in it.
  void run(const std::function<void()>& code);
  /// Later, if it still lives.
  void after(Millis delay, std::function<void()> act);

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

  World& world_;
  const std::filesystem::path folder_;

 private:
  void bury();

  const crypto::Identity identity_;
  const std::filesystem::path shelf_;  ///< of copies
  store::FaultEnv disk_;
  std::vector<std::filesystem::path> backups_;
  bool up_ = false;
  bool dying_ = false;
  bool starting_ = false;
  unsigned life_ = 0;
};

template <class T>
using Answer = std::function<void(Result<T>)>;

/// Asks and waits so long for an answer. `serve` runs at the receiver; `done` at the sender, once, if it
/// still lives.
template <class T>
void ask(World& world, Process& from, Process& to, const std::string& what, Millis patience,
         std::function<void(Answer<T>)> serve, Answer<T> done) {
  auto open = std::make_shared<bool>(true);
  const auto once = [open, done](Result<T> answer) {
    if (!std::exchange(*open, false)) return;
    done(std::move(answer));
  };
  if (!to.up()) {
    from.after(Millis(20), [once, what] { once(fail(ErrorCode::kUnavailable, "cannot be reached", what)); });
    return;
  }
  world.send(from, to, what, [&world, &from, &to, what, serve, once] {
    serve([&world, &from, &to, what, once](Result<T> answer) {
      auto shared = std::make_shared<Result<T>>(std::move(answer));
      const auto said = shared->has_value() ? "yes" : "no: " + shared->error().message();
      world.send(to, from, "answer to " + what + ": " + said, [shared, once] { once(*shared); });
    });
  });
  from.after(patience, [once, what] { once(fail(ErrorCode::kTimeout, "no answer", what)); });
}

}  // namespace spud::sim
