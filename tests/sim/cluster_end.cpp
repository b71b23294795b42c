// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/cluster.hpp"

namespace spud::sim {

namespace {

constexpr Millis kLastWishes{20'000};
constexpr Millis kSettling{5000};  // longer than an answer is waited for
constexpr Millis kCollecting{120'000}, kLook{1000};
constexpr Millis kAttemptsEnd{45'000};  // longer than an attempt may wait to be started
constexpr Millis kUploadsExpire{61 * 60'000};

}  // namespace

void Cluster::calm_down() {
  world_.note("the weather is good from here on");
  world_.faults = false;
  world_.hostile = false;
  world_.network.heal();
  for (const auto& dealer : dealers_) dealer->mute(false);
  // One of two goes for good, and the other must do.
  if (dealers_.size() > 1 && world_.draws.chance(0.5)) {
    ++world_.tally.dealers_left;
    dealers_[world_.draws.between(0, dealers_.size() - 1)]->leave();
  }
  for (auto* process : all_) {
    if (process->disk_has_failed()) process->stop();
    process->start_soon();
  }
  for (auto& client : clients_) client->after(Millis(1000), [who = client.get()] { who->push_again(); });
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    const auto& device = devices_[i];
    auto* who = clients_.front().get();
    who->after(kLastWishes, [this, who, device, i] {
      who->target(device, 2);
      who->order(device, 1);
      for (auto supply : {service::Supply::kStock, service::Supply::kLive}) {
        auto plan = plan_job("last" + std::to_string(i) + service::to_string(supply), device);
        plan.request.supply = supply;
        last_wishes_.emplace_back(who, plan.request.id);
        who->want(plan);
      }
    });
  }
}

bool Cluster::drained() const {
  return !last_wishes_.empty() && std::all_of(clients_.begin(), clients_.end(),
                                              [](const auto& client) { return client->satisfied(); });
}

void Cluster::pass(Millis time) {
  const auto until = world_.now() + time;
  bool over = false;
  world_.after(time, [&over] { over = true; });
  while (!over && world_.now() <= until && world_.step()) {
  }
}

/// Everything that somebody wanted has ended, one way or the other.
void Cluster::check_jobs() {
  if (objected()) return;
  auto& oracle = world_.oracle;
  if (!drained()) {
    std::string open;
    for (const auto& client : clients_) open += client->open_wishes() + " ";
    return oracle.object("the queue does not drain: " + open);
  }
  for (const auto& [client, job] : last_wishes_) {
    if (!client->had(job)) oracle.object("job " + job.str() + " fails in good weather");
  }
}

/// Whoever was told that a job is done can have its results.
void Cluster::check_results() {
  if (objected()) return;
  pass(kSettling);
  const auto receipts = world_.data.receipts(scheduler_->name());
  for (auto& client : clients_) client->lose_results();
  for (const auto& [job, attempt] : receipts) {
    const auto plan = *world_.data.plan(job);
    std::set<std::string> recipients;
    for (const auto& output : plan.request.outputs) recipients.insert(output.recipient.str());
    for (const auto& recipient : recipients) client(recipient).run([&] { client(recipient).collect(plan); });
  }
  const auto missing = [&] {
    for (const auto& [job, attempt] : receipts) {
      for (const auto& output : world_.data.plan(job)->request.outputs) {
        if (!client(output.recipient.str()).has(job, output.name)) return true;
      }
    }
    return false;
  };
  for (Millis waited{0}; waited < kCollecting && missing(); waited += kLook) pass(kLook);
  for (const auto& [job, attempt] : receipts) {
    for (const auto& output : world_.data.plan(job)->request.outputs) {
      if (!objected() && !client(output.recipient.str()).has(job, output.name))
        world_.oracle.object("the result " + output.name + " of job " + job.str() + ", attempt " +
                             std::to_string(attempt) + ", is lost");
    }
  }
}

/// Nothing is left of attempts.
void Cluster::check_nodes() {
  if (objected()) return;
  pass(kAttemptsEnd);
  auto& oracle = world_.oracle;
  if (scheduler_->open_jobs() != 0) oracle.object("the scheduler has jobs that nobody waits for");
  for (const auto& node : nodes_) {
    if (node->attempts_running() != 0) oracle.object(node->name() + " still has an attempt");
    if (node->tapes_reserved() != 0) oracle.object(node->name() + " still has a tape reserved");
  }
}

/// What was acknowledged is there, what was dropped is gone, and nothing is in between once it had the time
/// to expire.
void Cluster::check_uploads() {
  if (objected()) return;
  auto& oracle = world_.oracle;
  for (const auto& [id, upload] : world_.data.uploads()) {
    for (const auto& member : upload.device.compute) {
      const auto& node = *directory_.nodes.at(member.identity);
      if (!world_.data.stands(upload, node.name())) continue;
      if (auto problem = node.lacks(upload.statement, upload.device))
        oracle.object(node.name() + " has lost upload " + id.str() + ": " + *problem);
    }
  }
  const auto owned = [&](const Known& known) {
    std::size_t count = 0;
    const auto& device = known.plan.device;
    for (const auto& member : device.compute) {
      // A copy brings back what was dropped since, until its owner looks.
      if (world_.data.was_restored(member.node.str())) return;
      count +=
          directory_.nodes.at(member.identity)->has_dataset(known.plan.name, device, PartyId(known.owner));
    }
    if (count != 0 && count != device.parties())
      oracle.object("dataset " + known.plan.name.str() + " lies at some nodes of its device only");
  };
  for (const auto& [device, all] : data_) std::for_each(all.begin(), all.end(), owned);
  std::for_each(special_.begin(), special_.end(), owned);
  // Nothing more is said or done from here on but what every node does by itself.
  world_.clock.advance(kUploadsExpire);
  for (const auto& node : nodes_) node->run([&] { node->tend(); });
  for (const auto& node : nodes_) {
    auto left = node->left_over();
    if (!left) oracle.object(node->name() + ": " + left.error().message());
    if (left && !left->empty()) oracle.object(node->name() + " still has " + left->front());
  }
}

}  // namespace spud::sim
