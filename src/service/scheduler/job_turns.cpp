// SPDX-License-Identifier: Apache-2.0
/// Which of the jobs that wait can start, in the order of their turns, and what the others wait for.
#include <algorithm>
#include <tuple>

#include "service/scheduler/job_book.hpp"
#include "service/scheduler/retry.hpp"

namespace spud::service::scheduler {

/// What a job's start depends on.
struct JobBook::World {
  const DeviceBook& devices;
  const NodeRegistry& registry;
  const StockBook& stock;
  Millis now;
  std::map<std::string, unsigned> attempts;  ///< at each node, by identity
};

std::map<std::string, unsigned> JobBook::attempts_at_nodes(const DeviceBook& devices) const {
  std::map<std::string, unsigned> attempts;
  for (const auto& id : shelf_.running()) {
    auto device = devices.find(shelf_.find(id)->request.device);
    if (!device) continue;
    for (const auto& member : device->compute) ++attempts[member.identity];
  }
  return attempts;
}

std::size_t JobBook::promised(const StockName& kind, const AttemptName& except) const {
  return static_cast<std::size_t>(std::count_if(promised_.begin(), promised_.end(), [&](const auto& entry) {
    return entry.first != except && entry.second == kind;
  }));
}

std::expected<JobBook::Counts, JobBook::Obstacle> JobBook::startable(const Job& job,
                                                                     const World& world) const {
  SPUD_ASSIGN(auto device, world.devices.find(job.request.device));
  std::string compiler;
  for (const auto& member : device.compute) {
    if (auto reached = world.registry.reach(member, world.now); !reached) {
      return std::unexpected(Obstacle(std::move(reached).error(), world.registry.gone(member, world.now)));
    }
    const auto slots = world.registry.slots(member);
    if (auto busy = world.attempts.find(member.identity);
        busy != world.attempts.end() && busy->second >= slots) {
      return fail(ErrorCode::kUnavailable, "node " + member.node.str() + " of party " + member.party.str() +
                                               " has " + std::to_string(busy->second) + " of " +
                                               std::to_string(slots) + " slots in use");
    }
    if (!compiler.empty() && world.registry.compiler(member) != compiler) {
      return fail(ErrorCode::kUnavailable, "compilers differ: " + compiler + " and " +
                                               world.registry.compiler(member) + " at " + member.node.str());
    }
    compiler = world.registry.compiler(member);
  }
  if (device.dealers.empty()) return Counts::kOnDealer;
  const auto supply = job.request.supply;
  if (job.demand && supply != Supply::kLive) {
    const StockName kind{device.name, *job.demand};
    const auto promised_here = promised(kind, {});
    if (world.stock.available(device, *job.demand) > promised_here) return Counts::kOnTape;
    if (supply == Supply::kStock) {
      const auto* record = world.stock.find(kind);
      return fail(
          ErrorCode::kUnavailable,
          "no tape of " +
              (record != nullptr ? "plan " + record->plan.brief() : "demand " + job.demand->brief()) +
              "… is free",
          "stock of device " + device.name.str(), {}, {},
          world.stock.state(device, *job.demand) +
              (promised_here > 0 ? ", " + std::to_string(promised_here) + " promised to others" : "") +
              (record != nullptr ? "" : "; spud stock make, with its program"));
    }
  }
  // An attempt that may only use stock asks no dealer, even where it only learns what it needs.
  if (supply == Supply::kStock) return Counts::kOnDealer;
  auto dealer = world.registry.reach_dealer(device, world.now);
  if (dealer) return Counts::kOnDealer;
  const bool all_gone = std::ranges::all_of(
      device.dealers, [&](const Member& member) { return world.registry.gone(member, world.now); });
  return std::unexpected(Obstacle(std::move(dealer).error(), all_gone));
}

/// One that was put off leaves nothing but how often: a job that waits for hours for memory would else fill
/// up with them. Its number is used up, since nodes may know it.
std::uint32_t JobBook::begin_attempt(Job& job, std::int64_t unix_millis) {
  Attempt attempt;
  attempt.number = job.attempts.empty() ? 1 : job.attempts.back().number + 1;
  attempt.started_unix_millis = unix_millis;
  if (!job.attempts.empty() && job.attempts.back().put_off > 0) {
    attempt.put_off = job.attempts.back().put_off;
    job.attempts.pop_back();
  }
  job.attempts.push_back(std::move(attempt));
  return job.attempts.back().number;
}

JobEffects JobBook::schedule(const DeviceBook& devices, const NodeRegistry& registry, const StockBook& stock,
                             Millis now, std::int64_t unix_millis) {
  World world{devices, registry, stock, now, attempts_at_nodes(devices)};
  JobEffects effects;
  // Jobs that ask for the same wait for the same, until one of them starts.
  std::map<std::tuple<DeviceId, Supply, std::optional<Digest>>, Obstacle> waiting;
  std::map<DeviceId, std::optional<Digest>> digests;
  const JobShelf::ByTime queued = shelf_.queued();
  for (const auto& [turn, id] : queued) {
    auto& job = *shelf_.find(id);
    if (is_past_deadline(job.request, unix_millis)) {
      fail_job(job, deadline_passed(job.request), unix_millis);
      effects.store.push_back(id);
      continue;
    }
    const auto& name_of_device = job.request.device;
    if (!digests.contains(name_of_device)) {
      auto device = devices.find(name_of_device);
      digests[name_of_device] = device ? std::optional(digest(*device)) : std::nullopt;
    }
    if (const auto& now_is = digests[name_of_device]; now_is && *now_is != job.request.device_digest) {
      fail_job(job,
               Error{ErrorCode::kConflict, "device " + name_of_device.str() + " has had members replaced",
                     "job " + id.str(), "", "",
                     "spud device show and pin --anew, push its data again, then submit it under another id"},
               unix_millis);
      effects.store.push_back(id);
      continue;
    }
    if (const auto left = pause_left(job, unix_millis); left > 0) {
      job.waiting = pause_text(job, left);
      continue;
    }
    const std::tuple kind{job.request.device, job.request.supply, job.demand};
    auto known = waiting.find(kind);
    auto counts = known == waiting.end() ? startable(job, world) : std::unexpected(known->second);
    if (!counts) {
      if (known == waiting.end()) known = waiting.emplace(kind, counts.error()).first;
      const auto& obstacle = known->second;
      if (obstacle.lasts) {
        fail_job(job, obstacle.error, unix_millis);
        effects.store.push_back(id);
        continue;
      }
      const auto attempt = attempt_text(job);
      job.waiting = (attempt.empty() ? "" : attempt + ": ") + obstacle.error.message();
      continue;
    }
    waiting.clear();
    if (auto device = devices.find(name_of_device)) {
      for (const auto& member : device->compute) ++world.attempts[member.identity];
    }
    const AttemptName name{id, begin_attempt(job, unix_millis)};
    if (*counts == Counts::kOnTape) promised_[name] = {job.request.device, *job.demand};
    job.waiting.clear();
    job.retry_unix_millis = 0;
    shelf_.move(job, JobState::kRunning, unix_millis);
    effects.store.push_back(name.job);
    effects.start.push_back(name);
  }
  return effects;
}

}  // namespace spud::service::scheduler
