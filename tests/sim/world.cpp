// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.hpp"

#include <cstdio>
#include <cstdlib>

#include "tests/sim/process.hpp"

namespace spud::sim {

namespace {

/// Every count of a tally, with the name that people and the workers of a long run know it by.
using Count = std::pair<const char*, std::size_t Tally::*>;
constexpr Count kCounts[] = {{"messages", &Tally::messages},
                             {"lost", &Tally::lost},
                             {"doubled", &Tally::doubled},
                             {"late", &Tally::late},
                             {"crashes", &Tally::crashes},
                             {"at crash points", &Tally::crashes_at_points},
                             {"before a word was said", &Tally::unsaid},
                             {"power failures", &Tally::power_failures},
                             {"backups", &Tally::backups},
                             {"restores", &Tally::restores},
                             {"disowned", &Tally::disowned},
                             {"partitions", &Tally::partitions},
                             {"cuts", &Tally::cuts},
                             {"clock jumps", &Tally::clock_jumps},
                             {"failed disks", &Tally::failed_disks},
                             {"tapes made", &Tally::tapes_made},
                             {"expired", &Tally::expired},
                             {"uploads", &Tally::uploads},
                             {"of them private", &Tally::kept},
                             {"against the layout", &Tally::against_layout},
                             {"other bytes than signed", &Tally::other_bytes},
                             {"given to another's node", &Tally::misplaced},
                             {"dealers that deal nothing", &Tally::mute_dealers},
                             {"dealers that leave", &Tally::dealers_left},
                             {"dealt by the second", &Tally::second_dealings},
                             {"abandoned", &Tally::abandoned},
                             {"resumed", &Tally::resumed},
                             {"datasets dropped", &Tally::datasets_dropped},
                             {"attempts", &Tally::attempts},
                             {"against the rules", &Tally::hostile_attempts},
                             {"jobs done", &Tally::jobs_done},
                             {"from stock", &Tally::jobs_from_stock},
                             {"jobs ended", &Tally::jobs_ended},
                             {"cancels", &Tally::cancelled},
                             {"results compared", &Tally::results},
                             {"fetches by others", &Tally::snooped},
                             {"forbidden jobs", &Tally::forbidden},
                             {"redirected uploads", &Tally::redirected}};

}  // namespace

void Tally::add(const Tally& other) {
  for (const auto& [name, count] : kCounts) this->*count += other.*count;
  for (const auto& [label, died] : other.points) points[label] += died;
}

std::string Tally::str() const {
  std::string text;
  for (const auto& [name, count] : kCounts)
    text += std::string("count ") + name + ": " + std::to_string(this->*count) + "\n";
  for (const auto& [label, died] : points) text += "point " + label + ": " + std::to_string(died) + "\n";
  return text;
}

void Tally::read(const std::string& line) {
  const auto colon = line.rfind(": ");
  if (colon == std::string::npos) return;
  const auto value = std::strtoull(line.c_str() + colon + 2, nullptr, 10);
  if (line.starts_with("point ")) points[line.substr(6, colon - 6)] += value;
  if (!line.starts_with("count ")) return;
  for (const auto& [name, count] : kCounts) {
    if (line.substr(6, colon - 6) == name) this->*count += value;
  }
}

World::World(std::uint64_t seed, Defect wrong, std::FILE* trace)
    : draws(seed), defect(wrong), random(seed), trace_(trace) {
  const double bad = draws.chance(0.2) ? 0 : 0.01 * static_cast<double>(draws.between(1, 5));
  weather.lost = bad;
  weather.doubled = 0.02 * static_cast<double>(draws.between(0, 5));
  weather.late = 0.005 * static_cast<double>(draws.between(0, 4));
  weather.crash_at_point = draws.chance(0.3) ? 0 : 0.002 * static_cast<double>(draws.between(1, 10));
  weather.crash_at_message = draws.chance(0.5) ? 0 : 0.0005 * static_cast<double>(draws.between(1, 4));
  weather.crash_at_sync = draws.chance(0.5) ? 0 : 0.001 * static_cast<double>(draws.between(1, 10));
  weather.crash_unsaid = draws.chance(0.5) ? 0 : 0.001 * static_cast<double>(draws.between(1, 10));
  weather.crash_said = draws.chance(0.5) ? 0 : 0.001 * static_cast<double>(draws.between(1, 10));
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
  auto text = std::to_string(clock.now().count()) + " ms  " + line;
  while (!home_.empty()) {
    const auto at = text.find(home_);
    if (at == std::string::npos) break;
    text.erase(at, home_.size());
  }
  if (trace_ != nullptr) std::fprintf(trace_, "%s\n", text.c_str());
  history_.push_back(text);
  if (history_.size() > kRemembered) history_.pop_front();
}

std::string World::history() const {
  std::string text;
  for (const auto& line : history_) text += line + "\n";
  return text;
}

void World::send(Process& from, Process& to, const std::string& what, Frame frame, Deliver deliver,
                 const std::string& channel) {
  if (!from.up() || from.dying()) return;
  ++tally.messages;
  const auto line = from.name() + " → " + to.name() + ": " + what;
  from.speak([this, &from, &to, line, frame = std::move(frame), deliver = std::move(deliver), channel] {
    transmit(from, to, line, frame, deliver, channel);
  });
}

void World::transmit(Process& from, Process& to, const std::string& line, Frame frame, const Deliver& deliver,
                     const std::string& channel) {
  if (!to.up()) return note(line + " (nobody there)");
  if (network.parted(from.name(), to.name(), now())) {
    ++tally.lost;
    return note(line + " (parted)");
  }
  if (faults && draws.chance(weather.lost)) {
    ++tally.lost;
    // TCP loses nothing in the middle of a connection but all from there on.
    if (!channel.empty()) network.cut_channel(from.name(), to.name(), channel);
    return note(line + " (lost)");
  }
  const unsigned copies = faults && channel.empty() && draws.chance(weather.doubled) ? 2 : 1;
  tally.doubled += copies - 1;
  const auto life = to.life();
  const auto way = network.way(from.name(), to.name(), channel);
  for (unsigned i = 0; i < copies; ++i) {
    const bool late = faults && draws.chance(weather.late);
    tally.late += late;
    const Millis more(late ? draws.between(500, 8000) : 0);
    const auto at = network.arrival(from.name(), to.name(), channel, now(), more);
    after(at - now(), [this, &from, &to, life, line, way, channel, frame, deliver] {
      if (!to.up() || to.life() != life) return note(line + " (lost with its receiver)");
      if (network.way(from.name(), to.name(), channel) != way ||
          network.parted(from.name(), to.name(), now())) {
        ++tally.lost;
        return note(line + " (cut)");
      }
      note(line);
      data.carried(frame, to.identity(), line);
      if (faults && to.mortal() && draws.chance(weather.crash_at_message)) return to.crash("at a message");
      to.run([&] { deliver(frame); });
    });
  }
}

}  // namespace spud::sim
