// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/client.hpp"

namespace spud::sim {

namespace {

constexpr Millis kPatience{4000};
constexpr Millis kLook{1500};
constexpr unsigned kSubmits = 40, kForbiddenSubmits = 3;

}  // namespace

Client::Client(World& world, crypto::Identity identity, std::filesystem::path home,
               const Directory& directory)
    : Process(world, std::move(identity), std::move(home)), directory_(directory) {}

unsigned Client::scheduler_life() const {
  return world_.data.life(directory_.scheduler->name());
}

void Client::want(const JobPlan& plan) {
  world_.data.planned(plan);
  wishes_[plan.request.id].plan = plan;
  submit(plan.request.id);
}

void Client::submit(const JobId& job) {
  auto found = wishes_.find(job);
  if (found == wishes_.end()) return;
  ++found->second.submitted;
  ask_scheduler<Job>(world_, *this, *directory_.scheduler, "submit " + job.str(), kPatience,
                     wire::SubmitJob{found->second.plan.request},
                     [this, job, then = scheduler_life(), asked = world_.now()](Result<Job> answer) {
                       auto& wish = wishes_.at(job);
                       if (answer) {
                         if (then == scheduler_life())
                           world_.data.told(*answer, directory_.scheduler->name(), asked, world_.now());
                       } else {
                         wish.last = answer.error().message();
                       }
                       if (wish.over) return;
                       // The scheduler's clock says that it is too late, and may be set back.
                       if (!answer && wish.plan.request.deadline_unix_millis != 0 &&
                           wish.submitted >= kForbiddenSubmits && !world_.faults) {
                         wish.over = true;
                         ++world_.tally.jobs_ended;
                         return;
                       }
                       const bool taken = answer.has_value();
                       after(kLook * world_.patience,
                             [this, job, taken] { taken ? look(job) : submit(job); });
                     });
}

void Client::look(const JobId& job) {
  ask_scheduler<Job>(
      world_, *this, *directory_.scheduler, "show " + job.str(), kPatience, wire::ShowJob{job, 0},
      [this, job, then = scheduler_life(), asked = world_.now()](Result<Job> answer) {
        auto& wish = wishes_.at(job);
        const bool stands = then == scheduler_life();
        if (answer && stands) world_.data.told(*answer, directory_.scheduler->name(), asked, world_.now());
        if (wish.over) return;
        if (!answer) {
          wish.last = answer.error().message();
          // A scheduler that was brought back may never have heard of it.
          const bool unknown = answer.error().code == ErrorCode::kDenied;
          if (unknown && stands) world_.data.told_unknown(job, directory_.scheduler->name(), asked);
          return after(kLook * world_.patience, [this, job, unknown] { unknown ? submit(job) : look(job); });
        }
        wish.last = std::string(to_string(answer->state)) + " " + answer->waiting;
        if (!answer->attempts.empty() && answer->attempts.back().problem)
          wish.last += ", last attempt: " + answer->attempts.back().problem->message();
        if (!has_ended(answer->state)) return after(kLook * world_.patience, [this, job] { look(job); });
        ended(wish, *answer);
      });
}

void Client::ended(Wish& wish, const Job& job) {
  const auto id = job.request.id;
  const bool again = job.state == service::JobState::kFailed ||
                     (job.state == service::JobState::kCancelled && !wish.cancelled);
  if (again && wish.submitted < (wish.plan.forbidden || wish.plan.limited ? kForbiddenSubmits : kSubmits)) {
    return after(kLook * world_.patience, [this, id] { submit(id); });
  }
  wish.over = true;
  wish.done = job.state == service::JobState::kDone;
  ++world_.tally.jobs_ended;
  world_.tally.forbidden += wish.plan.forbidden;
  if (!wish.done) return;
  for (const auto& output : job.request.outputs) {
    auto* recipient = directory_.clients.at(output.recipient.str());
    const auto plan = wish.plan;
    recipient->after(Millis(world_.draws.between(100, 9000)),
                     [recipient, plan] { recipient->collect(plan); });
  }
  // Somebody who has not understood that it is done.
  if (world_.draws.chance(0.3))
    after(Millis(world_.draws.between(500, 5000)), [this, id] {
      submit(id);
      after(2 * kLook * world_.patience, [this, id] { look(id); });
    });
}

void Client::give_up(const JobId& job) {
  auto& wish = wishes_.at(job);
  if (wish.over) return;
  wish.cancelled = true;
  ++world_.tally.cancelled;
  ask_scheduler<Job>(world_, *this, *directory_.scheduler, "cancel " + job.str(), kPatience,
                     wire::CancelJob{job}, [](const Result<Job>&) {});
}

void Client::insist(const std::string& what, unsigned times, const wire::SchedulerRequest& request) {
  ask(world_, *this, *directory_.scheduler, what, kPatience, {wire::encode(request)},
      [this, what, times, request](Result<Frame> frame) {
        if (times == 0) return;
        if (frame) {
          auto answer =
              read_head<wire::SchedulerAnswer>(world_.oracle, *frame, wire::decode_scheduler_answer);
          if (answer && !std::holds_alternative<Error>(*answer)) return;
        }
        after(kLook * world_.patience, [this, what, times, request] { insist(what, times - 1, request); });
      });
}

void Client::order(const Device& device, std::uint32_t runs) {
  const std::string id = identity().name.str() + "-order-" + std::to_string(++orders_);
  const TensorType type{DType::kS64, {3}};
  wire::StockProgram program{program_digest(), {}};
  if (device.layout == service::Layout::kOutsourcing) {
    program.inputs.emplace_back(type);
  } else {
    program.inputs.emplace_back(wire::KeptInput{Rank{0}, type});
  }
  insist("order " + std::to_string(runs), 10,
         wire::MakeStock{device.name, digest(device), runs, program, id});
}

void Client::target(const Device& device, std::uint32_t runs) {
  insist("target " + std::to_string(runs), 10, wire::TargetStock{device.name, demand_of(device), runs});
}

void Client::drop(const Device& device) {
  insist("drop", 10, wire::DropStock{device.name, demand_of(device)});
}

bool Client::satisfied() const {
  const auto resting = [](const auto& entry) {
    const auto stage = entry.second.stage;
    return stage == Stage::kThere || stage == Stage::kGone;
  };
  return std::all_of(wishes_.begin(), wishes_.end(), [](const auto& entry) { return entry.second.over; }) &&
         std::all_of(uploads_.begin(), uploads_.end(), resting);
}

void Client::push_again() {
  for (auto& [name, upload] : uploads_) {
    if (upload.stage != Stage::kDrop && upload.stage != Stage::kGone) begin(upload);
  }
}

std::string Client::open_wishes() const {
  std::string text;
  for (const auto& [job, wish] : wishes_) {
    if (!wish.over) text += "job " + job.str() + ": " + wish.last + "; ";
  }
  for (const auto& [name, upload] : uploads_) {
    if (upload.stage != Stage::kThere && upload.stage != Stage::kGone)
      text += "dataset " + name.str() + ": " + upload.last + "; ";
  }
  return text;
}

bool Client::had(const JobId& job) const {
  auto found = wishes_.find(job);
  return found != wishes_.end() && found->second.done;
}

}  // namespace spud::sim
