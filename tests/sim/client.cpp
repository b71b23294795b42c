// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/client.hpp"

namespace spud::sim {

namespace {

constexpr Millis kPatience{4000};
constexpr Millis kLook{1500};
constexpr unsigned kSubmits = 40;

}  // namespace

Client::Client(World& world, crypto::Identity identity, std::filesystem::path home,
               const Directory& directory)
    : Process(world, std::move(identity), std::move(home)), directory_(directory) {}

void Client::want(const JobRequest& request) {
  wishes_[request.id].request = request;
  submit(request.id);
}

void Client::submit(const JobId& job) {
  auto& wish = wishes_.at(job);
  ++wish.submitted;
  auto* scheduler = directory_.scheduler;
  ask<Job>(
      world_, *this, *scheduler, "submit " + job.str(), kPatience,
      [scheduler, who = identity(), request = wish.request](Answer<Job> answer) {
        scheduler->submit(who, request, answer);
      },
      [this, job](Result<Job> answer) {
        if (!answer) {
          wishes_.at(job).last = answer.error().message();
          return after(kLook, [this, job] { submit(job); });
        }
        after(kLook, [this, job] { look(job); });
      });
}

void Client::look(const JobId& job) {
  auto* scheduler = directory_.scheduler;
  ask<Job>(
      world_, *this, *scheduler, "show " + job.str(), kPatience,
      [scheduler, who = identity(), job](Answer<Job> answer) { scheduler->show(who, job, answer); },
      [this, job](Result<Job> answer) {
        auto& wish = wishes_.at(job);
        if (wish.over) return;
        if (!answer) {
          wish.last = answer.error().message();
          // A scheduler that was brought back may never have heard of it.
          const bool unknown = answer.error().code == ErrorCode::kDenied;
          return after(kLook, [this, job, unknown] { unknown ? submit(job) : look(job); });
        }
        wish.last = std::string(to_string(answer->state)) + " " + answer->waiting;
        if (!answer->attempts.empty() && answer->attempts.back().problem)
          wish.last += ", last attempt: " + answer->attempts.back().problem->message();
        if (!has_ended(answer->state)) return after(kLook, [this, job] { look(job); });
        ended(wish, *answer);
      });
}

void Client::ended(Wish& wish, const Job& job) {
  const auto id = job.request.id;
  const bool again = job.state == service::JobState::kFailed ||
                     (job.state == service::JobState::kCancelled && !wish.cancelled);
  if (again && wish.submitted < kSubmits) {
    return after(kLook, [this, id] { submit(id); });
  }
  wish.over = true;
  wish.done = job.state == service::JobState::kDone;
  ++ended_;
  ++world_.tally.jobs_ended;
}

void Client::give_up(const JobId& job) {
  auto& wish = wishes_.at(job);
  if (wish.over) return;
  wish.cancelled = true;
  ++world_.tally.cancelled;
  auto* scheduler = directory_.scheduler;
  ask<Job>(
      world_, *this, *scheduler, "cancel " + job.str(), kPatience,
      [scheduler, who = identity(), job](Answer<Job> answer) { scheduler->cancel(who, job, answer); },
      [](const Result<Job>&) {});
}

void Client::insist(const std::string& what, unsigned times, const Say& say) {
  auto* scheduler = directory_.scheduler;
  ask<wire::Done>(
      world_, *this, *scheduler, what, kPatience,
      [scheduler, say](Answer<wire::Done> answer) { say(*scheduler, answer); },
      [this, what, times, say](Result<wire::Done> answer) {
        if (answer || times == 0) return;
        after(kLook, [this, what, times, say] { insist(what, times - 1, say); });
      });
}

void Client::order(const Device& device, std::uint32_t runs) {
  const std::string id = identity().name.str() + "-order-" + std::to_string(++orders_);
  insist("order " + std::to_string(runs), 10,
         [who = identity(), device, id, runs](Scheduler& scheduler, Answer<wire::Done> answer) {
           scheduler.order(who, device, id, runs, answer);
         });
}

void Client::target(const Device& device, std::uint32_t runs) {
  insist("target " + std::to_string(runs), 10,
         [who = identity(), device, runs](Scheduler& scheduler, Answer<wire::Done> answer) {
           scheduler.target(who, device, runs, answer);
         });
}

void Client::drop(const Device& device) {
  insist("drop", 10, [who = identity(), device](Scheduler& scheduler, Answer<wire::Done> answer) {
    scheduler.drop(who, device, answer);
  });
}

bool Client::satisfied() const {
  return std::all_of(wishes_.begin(), wishes_.end(), [](const auto& entry) { return entry.second.over; });
}

std::string Client::open_jobs() const {
  std::string text;
  for (const auto& [job, wish] : wishes_) {
    if (!wish.over) text += (text.empty() ? "" : "; ") + job.str() + " " + wish.last;
  }
  return text;
}

bool Client::had(const JobId& job) const {
  auto found = wishes_.find(job);
  return found != wishes_.end() && found->second.done;
}

}  // namespace spud::sim
