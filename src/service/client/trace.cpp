// SPDX-License-Identifier: Apache-2.0
#include "service/client/trace.hpp"

#include <set>

#include "service/trace/job_spans.hpp"

namespace spud::service::client {

namespace {

constexpr int kReadings = 3;  ///< of a clock: the one that took least counts

constexpr int kRestarts = 8;

struct Answer {
  std::vector<trace::Part> parts;
  trace::ClockReading clock;
};

/// All pages of one service's parts. `ask` is one request to it.
template <class Ask>
Result<Answer> collect(const Ask& ask, wire::FetchTrace request, const Clock& clock) {
  Bytes all;
  std::optional<trace::ClockReading> reading;
  const auto page = [&]() -> Result<wire::TracePage> {
    const auto asked = clock.unix_micros();
    SPUD_ASSIGN(auto answer, ask(request));
    const auto now = trace::reading(asked, clock.unix_micros(), answer.now_micros);
    reading = reading ? trace::closer(*reading, now) : now;
    return answer;
  };
  std::optional<std::uint64_t> total;
  int restarts = 0;
  for (;;) {
    request.offset = all.size();
    SPUD_ASSIGN(auto answer, page());
    if (total && *total != answer.total) {
      // It goes on meanwhile: what was there before is part of something else.
      if (++restarts > kRestarts)
        return fail(ErrorCode::kConflict, "it changes too fast", "trace of job " + request.job.str());
      all.clear();
      total.reset();
      continue;
    }
    total = answer.total;
    if (answer.offset != all.size() || answer.data.size() > *total - all.size() ||
        (answer.data.empty() && all.size() < *total)) {
      return fail(ErrorCode::kPeerFault, "a page that does not fit", "trace of job " + request.job.str());
    }
    all.insert(all.end(), answer.data.begin(), answer.data.end());
    if (all.size() == *total) break;
  }
  // Past the end there is nothing but the time.
  request.offset = wire::kBytesPerTrace;
  for (int i = 1; i < kReadings; ++i) {
    if (auto more = page(); !more) break;
  }
  SPUD_ASSIGN(auto record, wire::decode_trace_record(all));
  return Answer{std::move(record.parts), *reading};
}

class Collector {
 public:
  Collector(Client& client, const JobId& id, const Clock& clock) : client_(client), id_(id), clock_(clock) {}

  void scheduler(std::uint32_t attempt) {
    auto answer =
        collect([&](const wire::FetchTrace& request) { return client_.scheduler<wire::TracePage>(request); },
                {id_, attempt, 0}, clock_);
    if (answer) {
      scheduler_ = {answer->parts.empty() ? PartyId() : answer->parts.front().party,
                    answer->parts.empty() ? NodeId() : answer->parts.front().name};
      take(std::move(*answer), "scheduler");
    } else {
      miss({attempt, scheduler_.first, "scheduler", scheduler_.second, reason(answer.error())});
    }
  }
  void node(const Member& member, std::uint32_t attempt) {
    if (const auto away = away_.find(member.identity); away != away_.end())
      return miss({attempt, member.party, "node", member.node, away->second});
    auto answer = collect(
        [&](const wire::FetchTrace& request) { return client_.node<wire::TracePage>(member, request); },
        {id_, attempt, 0}, clock_);
    if (answer) return take(std::move(*answer), "node", &member);
    const auto why = reason(answer.error());
    if (answer.error().code != ErrorCode::kNotFound) away_[member.identity] = why;
    miss({attempt, member.party, "node", member.node, why});
  }
  void miss(trace::Missing missing) { missing_.push_back(std::move(missing)); }

  std::vector<trace::Told> told_;
  std::vector<trace::Missing> missing_;

 private:
  static std::string reason(const Error& error) {
    if (error.code == ErrorCode::kNotFound) return "has nothing of it, or no longer";
    if (error.code == ErrorCode::kPeerFault) return "does not tell: of an older version, perhaps";
    return error.message();
  }
  /// A node speaks for itself, and for dealers whom it has asked; of nobody else.
  void take(Answer answer, const std::string& service, const Member* member = nullptr) {
    for (auto& part : answer.parts) {
      if (part.job != id_) continue;
      const bool own = part.service == service && part.heard_of.empty() &&
                       (member == nullptr || (part.party == member->party && part.name == member->node));
      const bool dealers = member != nullptr && part.service == "dealer" && part.heard_of == member->party;
      if (own || dealers) told_.push_back({std::move(part), answer.clock});
    }
  }

  Client& client_;
  const JobId id_;
  const Clock& clock_;
  std::pair<PartyId, NodeId> scheduler_;
  std::map<std::string, std::string> away_;  ///< why a node did not answer, by identity
};

}  // namespace

Result<trace::Timeline> timeline(Client& client, const JobId& id, std::optional<std::uint32_t> attempt,
                                 const Clock& clock) {
  SPUD_ASSIGN(auto job, client.scheduler<Job>(wire::ShowJob{id, 0}));
  std::vector<std::uint32_t> attempts;
  for (const auto& one : job.attempts) {
    if (!attempt || *attempt == one.number) attempts.push_back(one.number);
  }
  if (attempt && attempts.empty()) {
    return fail(ErrorCode::kNotFound, "it has no attempt " + std::to_string(*attempt), "job " + id.str(),
                "1 to " + std::to_string(job.attempts.empty() ? 0 : job.attempts.back().number));
  }
  Collector collector(client, id, clock);
  collector.scheduler(0);
  if (collector.told_.empty()) {
    // An older one tells the job, which says as much.
    collector.told_.push_back({trace::job_spans(job, PartyId("scheduler"), NodeId("scheduler")), {}});
  }
  auto device = client.show_device(job.request.device);
  if (device && digest(*device) != job.request.device_digest) {
    device = fail(ErrorCode::kNotFound,
                  "device " + job.request.device.str() + " has other members now than when the job ran");
  }
  for (auto number : attempts) {
    collector.scheduler(number);
    if (!device) {
      collector.miss({number, PartyId(), "node", NodeId(), device.error().message()});
      continue;
    }
    for (const auto& member : device->compute) collector.node(member, number);
  }
  return trace::align(std::move(job), std::move(collector.told_), std::move(collector.missing_),
                      clock.unix_micros());
}

}  // namespace spud::service::client
