// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/process.hpp"

#include "base/check.hpp"

namespace spud::sim {

namespace fs = std::filesystem;

namespace {
/// The file that a folder's birth mark is taken from.
constexpr const char* kBirth = "FORMAT";
constexpr std::size_t kMostBackups = 3;

void bring_back(const fs::path& copy, const fs::path& folder, bool keep_birth) {
  const auto birth = folder.parent_path() / "birth";
  const bool kept = keep_birth && fs::exists(folder / kBirth);
  if (kept) fs::rename(folder / kBirth, birth);
  fs::remove_all(folder);
  fs::copy(copy, folder, fs::copy_options::recursive);
  if (kept) fs::rename(birth, folder / kBirth);
}

}  // namespace

Process::Process(World& world, crypto::Identity identity, fs::path home)
    : world_(world),
      clock_(world.clock),
      folder_(home / "data" / identity.name.str()),
      identity_(std::move(identity)),
      shelf_(home / "copies" / identity_.name.str()) {
  fs::create_directories(folder_);
  fs::create_directories(shelf_);
}

store::StoreOptions Process::on_disk() {
  const bool deals = identity_.role == crypto::Role::kDealer;
  store::StoreOptions options{.env = disk_.env(), .compacts = false};
  const bool never = world_.defect == (deals ? Defect::kUnsyncedAtDealer : Defect::kUnsyncedAtNodes);
  options.forgets_sync = [this, never] {
    wrote_ = true;
    if (world_.current == this && world_.faults && world_.draws.chance(world_.weather.crash_at_sync))
      die_here("a synced write");
    return never || forgets_sync_;
  };
  return options;
}

void Process::run(const std::function<void()>& code) {
  if (!up_ || dying_) return;
  SPUD_CHECK(!running_, "one thing at a time");
  running_ = true;
  wrote_ = false;
  auto* before = std::exchange(world_.current, this);
  code();
  world_.current = before;
  running_ = false;
  auto messages = std::exchange(unsaid_, {});
  if (!dying_ && wrote_ && mortal() && world_.faults && world_.draws.chance(world_.weather.crash_unsaid)) {
    ++world_.tally.unsaid;
    die_here("a word it did not say");
    messages.clear();
  }
  for (const auto& message : messages) message();
  if (!dying_ && wrote_ && mortal() && world_.faults && world_.draws.chance(world_.weather.crash_said))
    die_here("a word it has just said");
  if (dying_) bury();
}

void Process::speak(std::function<void()> message) {
  if (running_) {
    unsaid_.push_back(std::move(message));
  } else {
    message();
  }
}

void Process::serve(const crypto::Identity& caller, const Frame&, const Reply&) {
  world_.oracle.object(caller.str() + " asks " + name() + ", which serves nobody");
}

void Process::break_disk() {
  disk_failed_ = true;
  ++world_.tally.failed_disks;
  world_.note("the disk of " + name() + " fails");
  disk_.crash();
}

void Process::after(Millis delay, std::function<void()> act) {
  world_.after(delay, [this, life = life_, act = std::move(act)] {
    if (up_ && life_ == life) run(act);
  });
}

void Process::start() {
  starting_ = false;
  if (up_ || left_) return;
  world_.note(name() + " starts");
  ++life_;
  up_ = true;
  auto* before = std::exchange(world_.current, this);
  auto opened = open();
  world_.current = before;
  if (dying_) return bury();
  if (!opened) world_.oracle.object(name() + " does not start: " + opened.error().message());
}

void Process::stop() {
  if (!up_) return;
  world_.note(name() + " stops");
  auto* before = std::exchange(world_.current, this);
  close();
  world_.current = before;
  if (dying_) return bury();
  up_ = false;
  ++life_;
  if (std::exchange(disk_failed_, false)) mend_disk();
}

void Process::leave() {
  stop();
  left_ = true;
}

void Process::crash(const std::string& why) {
  if (!up_ || dying_) return;
  dying_ = true;
  world_.note(name() + " crashes " + why);
  disk_.crash();
  bury();
}

void Process::die_here(const std::string& label) {
  if (!up_ || dying_) return;
  dying_ = true;
  ++world_.tally.crashes_at_points;
  world_.note(name() + " dies at " + label);
  disk_.crash();
}

void Process::mend_disk() {
  auto restarted = disk_.restart();
  SPUD_CHECK(restarted.has_value(), "the simulated disk can be read again");
}

void Process::bury() {
  ++world_.tally.crashes;
  close();
  mend_disk();
  up_ = dying_ = disk_failed_ = false;
  ++life_;
  start_soon();
}

void Process::start_soon() {
  if (std::exchange(starting_, true)) return;
  world_.after(Millis(world_.draws.between(100, 6000)), [this] { start(); });
}

void Process::back_up() {
  SPUD_CHECK(!up_, "a folder is copied while nobody writes to it");
  ++world_.tally.backups;
  const auto copy = shelf_ / std::to_string(world_.tally.backups);
  fs::copy(folder_, copy, fs::copy_options::recursive);
  backups_.push_back(copy);
  if (backups_.size() > kMostBackups) {
    fs::remove_all(backups_.front());
    backups_.erase(backups_.begin());
  }
}

void Process::restore() {
  SPUD_CHECK(!up_, "a folder is brought back while nobody writes to it");
  ++world_.tally.restores;
  // As operators are told: what begins anew counts from the time.
  clock_.set_right();
  auto& draws = world_.draws;
  const auto& copy = backups_[draws.between(0, backups_.size() - 1)];
  auto stores = this->stores();
  // Stores may lie on several disks, of which one is brought back.
  if (draws.chance(0.2)) stores = {stores[draws.between(0, stores.size() - 1)]};
  // Half of the time as a snapshot of a file system does it: the file that tells a copy is the old one.
  const bool keeps_epoch =
      world_.defect ==
      (identity_.role == crypto::Role::kDealer ? Defect::kNoNewEpochAtDealer : Defect::kNoNewEpochAtNodes);
  const bool unseen = keeps_epoch || draws.chance(0.5);
  world_.oracle.history_forks();
  world_.data.restored(name());
  for (const auto& store : stores) {
    world_.note(name() + " is brought back from copy " + copy.filename().string() +
                (store.empty() ? "" : ", " + store) + (unseen ? ", unseen" : ""));
    if (store.empty()) {
      bring_back(copy, folder_, unseen);
    } else {
      bring_back(copy / store, folder_ / store, unseen);
    }
    if (!unseen || keeps_epoch) continue;
    ++world_.tally.disowned;
    auto disowned = disown(store);
    if (!disowned) world_.oracle.object(name() + " cannot be disowned: " + disowned.error().message());
  }
}

void ask(World& world, Process& from, Process& to, const std::string& what, Millis patience, Frame request,
         Answer<Frame> done) {
  auto open = std::make_shared<bool>(true);
  const auto once = [open, done = std::move(done), &from, life = from.life()](Result<Frame> answer) {
    if (from.life() != life || !std::exchange(*open, false)) return;
    done(std::move(answer));
  };
  if (!to.up()) {
    from.after(Millis(20), [once, what] { once(fail(ErrorCode::kUnavailable, "cannot be reached", what)); });
    return;
  }
  world.send(from, to, what, std::move(request), [&world, &from, &to, what, once](const Frame& asked) {
    to.serve(from.identity(), asked, [&world, &from, &to, what, once](Frame answer) {
      world.send(to, from, "answer to " + what, std::move(answer),
                 [once](const Frame& answered) { once(answered); });
    });
  });
  from.after(patience, [once, what] { once(fail(ErrorCode::kTimeout, "no answer", what)); });
}

}  // namespace spud::sim
