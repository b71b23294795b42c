// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/cluster.hpp"

namespace spud::sim {

Process& Cluster::one() {
  return *all_[world_.draws.between(0, all_.size() - 1)];
}

std::vector<Process*> Cluster::some() {
  switch (world_.draws.between(0, 3)) {
    case 0:
      return all_;
    case 1: {
      std::vector<Process*> nodes;
      for (auto& node : nodes_) nodes.push_back(node.get());
      return nodes;
    }
    default:
      return {&one()};
  }
}

void Cluster::crash(const std::vector<Process*>& who) {
  if (who.size() > 1) ++world_.tally.power_failures;
  for (auto* process : who) process->crash(who.size() > 1 ? "with others" : "alone");
}

void Cluster::back_up(const std::vector<Process*>& who) {
  for (auto* process : who) process->stop();
  for (auto* process : who) {
    if (process->up()) continue;
    process->back_up();
    process->start_soon();
  }
}

void Cluster::restore(const std::vector<Process*>& who) {
  for (auto* process : who) {
    if (!process->has_backup()) continue;
    process->crash("for good");
    process->stop();
    process->restore();
    process->start_soon();
  }
}

void Cluster::part() {
  ++world_.tally.partitions;
  auto& draws = world_.draws;
  std::set<std::string> side;
  std::string names;
  const auto join = [&](const Process& process) {
    if (!draws.chance(0.4)) return;
    side.insert(process.name());
    names += " " + process.name();
  };
  for (const auto* process : all_) join(*process);
  for (const auto& client : clients_) join(*client);
  const Millis until = world_.now() + Millis(draws.between(1000, 15'000));
  world_.note("nobody else hears" + names + " until " + std::to_string(until.count()) + " ms");
  world_.network.part(std::move(side), until);
}

void Cluster::cut() {
  ++world_.tally.cuts;
  const auto &a = one(), &b = one();
  world_.note("connections between " + a.name() + " and " + b.name() + " break");
  world_.network.cut(a.name(), b.name());
  for (const auto& client : clients_) world_.network.cut(a.name(), client->name());
}

void Cluster::jump() {
  ++world_.tally.clock_jumps;
  auto& draws = world_.draws;
  auto& process = one();
  // One that is being brought back has a clock that somebody has set.
  if (!process.up()) return;
  const auto most = draws.chance(0.3) ? 3 * 60 * 60'000 : draws.chance(0.5) ? 60'000 : 2000;
  const auto by = static_cast<std::int64_t>(draws.between(0, static_cast<std::uint64_t>(2 * most))) - most;
  process.clock().jump(Millis(by));
  world_.note("the clock of " + process.name() + " jumps by " + std::to_string(by) + " ms");
}

/// Somebody notices after a while, mends it and starts the process again.
void Cluster::break_disk() {
  auto& process = one();
  if (!process.up()) return;
  process.break_disk();
  process.after(Millis(world_.draws.between(500, 12'000)), [this, &process] {
    world_.after(Millis(0), [&process] {
      if (!process.disk_has_failed()) return;
      process.stop();
      process.start_soon();
    });
  });
}

/// A dealer that announces itself and deals nothing: attempts that it is to deal to fail, tapes that it does
/// not make are made by another.
void Cluster::mute() {
  auto& dealer = *dealers_[world_.draws.between(0, dealers_.size() - 1)];
  ++world_.tally.mute_dealers;
  world_.note(dealer.name() + " deals nothing");
  dealer.mute(true);
  world_.after(Millis(world_.draws.between(2000, 20'000)), [this, &dealer] {
    world_.note(dealer.name() + " deals again");
    dealer.mute(false);
  });
}

void Cluster::trouble() {
  auto& draws = world_.draws;
  world_.after(Millis(draws.between(1500, 8000)), [this] {
    if (!world_.faults) return;
    switch (world_.draws.between(0, 16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        crash(some());
        break;
      case 4:
      case 5:
        back_up(some());
        break;
      case 6:
      case 7:
        restore(some());
        break;
      case 8:
      case 9:
      case 10:
        part();
        break;
      case 11:
        cut();
        break;
      case 12:
      case 13:
        jump();
        break;
      case 14:
        mute();
        break;
      default:
        break_disk();
        break;
    }
    trouble();
  });
}

}  // namespace spud::sim
