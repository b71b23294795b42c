// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/tape_shelf.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace spud::service::scheduler {

namespace {

bool equal(const std::map<TapeId, stock::StockTape>& a, const std::map<TapeId, stock::StockTape>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.digest == y.second.digest && x.second.device == y.second.device &&
           x.second.demand == y.second.demand;
  });
}

}  // namespace

void TapeShelf::report(const std::string& identity, const stock::StockTapes& tapes, Millis now) {
  std::map<TapeId, stock::StockTape> held;
  for (const auto& tape : tapes) {
    if (tape.state == stock::TapeState::kReady) held[tape.id] = tape;
  }
  auto [found, fresh] = views_.try_emplace(identity);
  auto& view = found->second;
  if (fresh || !equal(view.tapes, held)) {
    view.tapes = std::move(held);
    ready_.clear();
  }
  view.heard = now;
  view.cut = tapes.size() >= limits::kStockTapesPerMessage;
}

void TapeShelf::made(const Device& device, const stock::StockTape& tape) {
  auto held = tape;
  held.state = stock::TapeState::kReady;
  for (const auto& member : device.compute) views_[member.identity].tapes[tape.id] = held;
  ready_.clear();
}

void TapeShelf::take(const TapeId& tape) {
  taken_.insert(tape);
  ready_.clear();
}

const TapeShelf::View* TapeShelf::view(const Member& member) const {
  auto found = views_.find(member.identity);
  return found == views_.end() ? nullptr : &found->second;
}

bool TapeShelf::is_whole(const Device& device, const stock::StockTape& tape) const {
  return std::all_of(device.compute.begin(), device.compute.end(), [&](const Member& member) {
    const auto* other = view(member);
    if (other == nullptr) return false;
    auto found = other->tapes.find(tape.id);
    return found != other->tapes.end() && found->second.digest == tape.digest &&
           found->second.device == tape.device && found->second.demand == tape.demand;
  });
}

const std::set<TapeId>& TapeShelf::ready(const Device& device, const Digest& demand) const {
  static const std::set<TapeId> kNone;
  if (device.compute.empty()) return kNone;
  const auto own = digest(device);
  auto [found, fresh] = ready_.try_emplace(own);
  if (fresh) {
    // What all hold, the first holds.
    if (const auto* first = view(device.compute.front())) {
      for (const auto& [id, tape] : first->tapes) {
        if (tape.device != own || taken_.contains(id) || !is_whole(device, tape)) continue;
        found->second[tape.demand].insert(id);
      }
    }
  }
  auto tapes = found->second.find(demand);
  return tapes == found->second.end() ? kNone : tapes->second;
}

bool TapeShelf::knows(const Device& device) const {
  return std::all_of(device.compute.begin(), device.compute.end(),
                     [&](const Member& member) { return view(member) != nullptr; });
}

std::vector<TapeAt> TapeShelf::holders(const Device& device, const Digest& demand) const {
  std::vector<TapeAt> holders;
  const auto own = digest(device);
  for (const auto& member : device.compute) {
    const auto* held = view(member);
    if (held == nullptr) continue;
    for (const auto& [id, tape] : held->tapes) {
      if (tape.device == own && tape.demand == demand && !taken_.contains(id))
        holders.push_back({member, id});
    }
  }
  return holders;
}

bool TapeShelf::is_stray(const Device& device, const stock::StockTape& tape) const {
  if (taken_.contains(tape.id)) return true;
  if (is_whole(device, tape)) return false;
  // What a message had no room for is not missing.
  return std::none_of(device.compute.begin(), device.compute.end(), [&](const Member& member) {
    const auto* other = view(member);
    return other == nullptr || (other->cut && !other->tapes.contains(tape.id));
  });
}

std::vector<TapeAt> TapeShelf::strays(const std::vector<Device>& devices, Millis now) {
  std::map<TapeId, Millis> suspects;
  std::vector<TapeAt> strays;
  for (const auto& device : devices) {
    const auto own = digest(device);
    for (const auto& member : device.compute) {
      const auto* held = view(member);
      if (held == nullptr) continue;
      for (const auto& [id, tape] : held->tapes) {
        if (tape.device != own || !is_stray(device, tape)) continue;
        auto before = suspects_.find(id);
        const auto since = before == suspects_.end() ? now : before->second;
        const bool sure = std::all_of(device.compute.begin(), device.compute.end(), [&](const Member& other) {
          const auto* heard = view(other);
          return heard != nullptr && heard->heard >= since + kStrayAfter;
        });
        if (sure) strays.push_back({member, id});
        // Told once a minute, until it is gone.
        suspects[id] = sure ? now : since;
      }
    }
  }
  suspects_ = std::move(suspects);
  return strays;
}

}  // namespace spud::service::scheduler
