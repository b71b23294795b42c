// SPDX-License-Identifier: Apache-2.0
#include "io/split.hpp"
#include "tests/sim/client.hpp"

namespace spud::sim {

namespace {

constexpr Millis kPatience{4000}, kAgain{2000};
constexpr unsigned kTries = 12;

}  // namespace

void Client::collect(const JobPlan& plan) {
  const auto job = plan.request.id;
  ask_scheduler<Job>(world_, *this, *directory_.scheduler, "show " + job.str() + " to its recipient",
                     kPatience, wire::ShowJob{job, 0}, [this, plan, job](Result<Job> answer) {
                       if (!answer || answer->state != service::JobState::kDone || answer->attempts.empty()) {
                         // Lost on its way, or of a scheduler that was brought back.
                         if (!answer && answer.error().code != ErrorCode::kDenied)
                           after(kAgain, [this, plan] { collect(plan); });
                         return;
                       }
                       for (const auto& output : plan.request.outputs) {
                         if (output.recipient != identity().party || had_.contains({job, output.name}))
                           continue;
                         auto collecting = std::make_shared<Collecting>();
                         collecting->plan = plan;
                         collecting->attempt = answer->attempts.back().number;
                         collect(job, output.name, collecting);
                       }
                     });
}

/// From one node after the other.
void Client::collect(const JobId& job, const std::string& output, std::shared_ptr<Collecting> collecting) {
  const auto& device = collecting->plan.device;
  const auto rank = collecting->shares.size();
  if (rank == device.parties()) return put_together(job, output, *collecting);
  auto* node = directory_.nodes.at(device.compute[rank].identity);
  ask_node<wire::ResultShare>(
      world_, *this, *node, "fetch " + job.str() + " " + output, kPatience,
      wire::FetchResult{job, collecting->attempt, output}, {},
      [this, job, output, collecting](Result<wire::ResultShare> head, const Bytes& data) {
        if (head && head->format) {
          // Nodes may have been brought back, and have run it again, since the first was asked.
          if (collecting->shares.empty()) collecting->tape = head->tape;
          if (head->tape != collecting->tape) {
            collecting->shares.clear();
            if (++collecting->tries == kTries) return;
            after(kAgain, [this, job, output, collecting] { collect(job, output, collecting); });
            return;
          }
          collecting->shares.push_back(alu::StoredShare{head->type, *head->format, data});
        } else if (++collecting->tries == kTries) {
          return;
        }
        const Millis pause(head ? 1 : kAgain.count());
        after(pause, [this, job, output, collecting] { collect(job, output, collecting); });
      });
}

void Client::put_together(const JobId& job, const std::string& output, const Collecting& collecting) {
  std::vector<alu::StoredShare> shares;
  for (const auto& share : collecting.shares) shares.push_back(*share);
  auto result = io::reconstruct(shares);
  if (!result)
    return world_.oracle.object("job " + job.str() +
                                ": its shares do not belong together: " + result.error().message());
  const auto values = result->as<std::int64_t>();
  world_.data.fetched(job, output, {values.begin(), values.end()});
  ++world_.tally.results;
  had_.insert({job, output});
}

void Client::intrude(const JobPlan& plan) {
  ++world_.tally.snooped;
  auto& draws = world_.draws;
  const auto job = plan.request.id;
  const auto never = [this, job](const char* what) {
    return [this, job, what](const auto& answer) {
      // A scheduler that lies may have run another job under this one's name, whose results are its own.
      const auto* known = world_.data.plan(job);
      const bool spoilt = known != nullptr && known->spoilt;
      if (answer && !spoilt) world_.oracle.object(name() + " may " + what + " job " + job.str());
    };
  };
  switch (draws.between(0, 2)) {
    case 0:
      ask_scheduler<Job>(world_, *this, *directory_.scheduler, "cancel another's " + job.str(), kPatience,
                         wire::CancelJob{job}, never("cancel"));
      return;
    default:
      break;
  }
  for (const auto& output : plan.request.outputs) {
    if (output.recipient == identity().party) continue;
    for (std::uint32_t attempt = 1; attempt <= 3; ++attempt) {
      const auto& member = plan.device.compute[draws.between(0, plan.device.parties() - 1)];
      ask_node<wire::ResultShare>(world_, *this, *directory_.nodes.at(member.identity),
                                  "fetch another's " + job.str() + " " + output.name, kPatience,
                                  wire::FetchResult{job, attempt, output.name}, never("fetch"));
    }
  }
}

}  // namespace spud::sim
