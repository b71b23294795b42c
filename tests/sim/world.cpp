// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.hpp"

#include <cstdio>

#include "tests/sim/process.hpp"

namespace spud::sim {

void Tally::add(const Tally& other) {
  messages += other.messages;
  lost += other.lost;
  doubled += other.doubled;
  late += other.late;
  crashes += other.crashes;
  crashes_at_points += other.crashes_at_points;
  power_failures += other.power_failures;
  backups += other.backups;
  restores += other.restores;
  disowned += other.disowned;
  tapes_made += other.tapes_made;
  jobs_done += other.jobs_done;
  jobs_from_stock += other.jobs_from_stock;
  jobs_ended += other.jobs_ended;
  attempts += other.attempts;
  cancelled += other.cancelled;
  hostile_attempts += other.hostile_attempts;
  expired += other.expired;
  for (const auto& [label, died] : other.points) points[label] += died;
}

std::string Tally::str() const {
  std::string text;
  for (const auto& [name, count] :
       std::initializer_list<std::pair<const char*, std::size_t>>{{"messages", messages},
                                                                  {"lost", lost},
                                                                  {"doubled", doubled},
                                                                  {"late", late},
                                                                  {"crashes", crashes},
                                                                  {"at crash points", crashes_at_points},
                                                                  {"power failures", power_failures},
                                                                  {"backups", backups},
                                                                  {"restores", restores},
                                                                  {"disowned", disowned},
                                                                  {"tapes made", tapes_made},
                                                                  {"expired", expired},
                                                                  {"attempts", attempts},
                                                                  {"against the rules", hostile_attempts},
                                                                  {"jobs done", jobs_done},
                                                                  {"from stock", jobs_from_stock},
                                                                  {"jobs ended", jobs_ended},
                                                                  {"cancels", cancelled}}) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + name;
  }
  for (const auto& [label, died] : points) text += "\n  " + std::to_string(died) + " died at " + label;
  return text;
}

World::World(std::uint64_t seed, Defect wrong, bool print)
    : draws(seed), defect(wrong), random(seed), print_(print) {
  const double bad = draws.chance(0.2) ? 0 : 0.01 * static_cast<double>(draws.between(1, 5));
  weather.lost = bad;
  weather.doubled = 0.02 * static_cast<double>(draws.between(0, 5));
  weather.late = 0.005 * static_cast<double>(draws.between(0, 4));
  weather.crash_at_point = draws.chance(0.3) ? 0 : 0.002 * static_cast<double>(draws.between(1, 10));
  weather.crash_at_message = draws.chance(0.5) ? 0 : 0.0005 * static_cast<double>(draws.between(1, 4));
  hostile = draws.chance(0.4);
}

void World::after(Millis delay, std::function<void()> act) {
  queue_.push({clock.now() + delay, events_++, std::move(act)});
}

bool World::step() {
  if (queue_.empty() || !oracle.objections().empty()) return false;
  auto event = std::move(const_cast<Event&>(queue_.top()));
  queue_.pop();
  clock.advance(event.at - clock.now());
  event.act();
  return true;
}

void World::note(const std::string& line) {
  const auto text = std::to_string(clock.now().count()) + " ms  " + line;
  if (print_) std::fprintf(stderr, "%s\n", text.c_str());
  history_.push_back(text);
  if (history_.size() > kRemembered) history_.pop_front();
}

std::string World::history() const {
  std::string text;
  for (const auto& line : history_) text += line + "\n";
  return text;
}

void World::send(Process& from, Process& to, const std::string& what, std::function<void()> deliver) {
  if (!from.up() || from.dying()) return;
  ++tally.messages;
  const auto line = from.name() + " → " + to.name() + ": " + what;
  if (!to.up()) return note(line + " (nobody there)");
  if (faults && draws.chance(weather.lost)) {
    ++tally.lost;
    return note(line + " (lost)");
  }
  const unsigned copies = faults && draws.chance(weather.doubled) ? 2 : 1;
  tally.doubled += copies - 1;
  const auto life = to.life();
  for (unsigned i = 0; i < copies; ++i) {
    const bool late = faults && draws.chance(weather.late);
    tally.late += late;
    const Millis delay(late ? draws.between(500, 8000) : draws.between(1, 20));
    after(delay, [this, &to, life, line, deliver] {
      if (!to.up() || to.life() != life) return note(line + " (lost with its receiver)");
      note(line);
      if (faults && to.mortal() && draws.chance(weather.crash_at_message)) return to.crash("at a message");
      to.run(deliver);
    });
  }
}

}  // namespace spud::sim
