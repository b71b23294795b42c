// SPDX-License-Identifier: Apache-2.0
#include "service/client/jobs.hpp"

#include <algorithm>
#include <charconv>

#include "io/split.hpp"

namespace spud::service::client {

namespace {

constexpr std::uint32_t kWaitMillis = 1000;  // and so often one sees how far it is

/// One node's part of a result.
struct Part {
  wire::ResultShare head;
  Bytes data;
};

Result<Part> fetch_part(Client& client, const Member& node, const wire::FetchResult& request,
                        const Progress& progress) {
  SPUD_ASSIGN(auto head, client.node<wire::ResultShare>(node, request));
  const std::uint64_t expected =
      head.format ? alu::stored_bytes(head.type, *head.format)
                  : static_cast<std::uint64_t>(head.type.elements()) * byte_width(head.type.dtype);
  auto fault = [&](std::string what) {
    client.forget(node);
    return fail(ErrorCode::kPeerFault, std::move(what), "result of node " + node.node.str(), {},
                node.party.str());
  };
  if (head.bytes != expected) return fault(std::to_string(head.bytes) + " bytes for " + to_string(head.type));
  SPUD_ASSIGN(auto* connection, client.connect(node));
  Part part{head, {}};
  part.data.reserve(expected);
  while (part.data.size() < expected) {
    Bytes payload;
    SPUD_ASSIGN(auto chunk,
                expect<wire::ResultChunk>(next_answer(*connection, payload, Client::kPatience), *connection));
    if (chunk.offset != part.data.size() || payload.empty() || payload.size() > expected - part.data.size()) {
      return fault("a chunk that does not fit");
    }
    part.data.insert(part.data.end(), payload.begin(), payload.end());
    progress(request.output + " of " + node.node.str(), part.data.size(), expected);
  }
  return part;
}

Result<Literal> put_together(std::vector<Part> parts, const std::string& name) {
  const auto& first = parts.front().head;
  for (const auto& part : parts) {
    if (part.head.tape != first.tape) {
      return fail(ErrorCode::kConflict, "nodes answered parts of different runs", name, {}, {},
                  "some of them were brought back from a copy: run the job again under another id");
    }
    if (part.head.type != first.type || part.head.format != first.format) {
      return fail(ErrorCode::kPeerFault, "nodes answered results of different types", name);
    }
  }
  if (!first.format) {
    for (const auto& part : parts) {
      if (part.data != parts.front().data)
        return fail(ErrorCode::kPeerFault, "nodes answered different values", name);
    }
    return Literal(first.type, std::move(parts.front().data));
  }
  std::vector<alu::StoredShare> shares;
  for (auto& part : parts) shares.push_back({part.head.type, *part.head.format, std::move(part.data)});
  return io::reconstruct(shares);
}

}  // namespace

Result<std::pair<std::string, std::string>> split_binding(const std::string& text,
                                                          const std::string& option) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return bad_input("'" + text + "'", option, "NAME=VALUE");
  }
  return std::pair{text.substr(0, equals), text.substr(equals + 1)};
}

Status order_bindings(std::vector<std::pair<std::string, std::string>>& bindings, const std::string& prefix) {
  auto number = [&](const auto& binding) {
    const std::string& name = binding.first;
    unsigned value = 0;
    const auto* begin = name.data() + std::min(prefix.size(), name.size());
    const auto* end = name.data() + name.size();
    const auto parsed = std::from_chars(begin, end, value);
    const bool right = name.starts_with(prefix) && parsed.ec == std::errc() && parsed.ptr == end;
    return right ? value : static_cast<unsigned>(-1);
  };
  std::stable_sort(bindings.begin(), bindings.end(),
                   [&](const auto& a, const auto& b) { return number(a) < number(b); });
  for (unsigned i = 0; i < bindings.size(); ++i) {
    const auto expected = prefix + std::to_string(i);
    if (bindings[i].first != expected) {
      return bad_input("'" + bindings[i].first + "'", "--" + prefix, expected + " once, and so on from 0");
    }
  }
  return {};
}

Result<Job> submit(Client& client, const Device& device, RunOrder order) {
  JobRequest request{std::move(order.id),
                     device.name,
                     digest(device),
                     order.program,
                     std::move(order.inputs),
                     std::move(order.outputs),
                     order.supply,
                     order.deadline_unix_millis,
                     order.priority,
                     order.max_attempts,
                     order.trace};
  SPUD_TRY(verify(request));
  return client.scheduler<Job>(wire::SubmitJob{std::move(request)});
}

Result<Job> watch(Client& client, const JobId& id, const std::function<void(const Job&)>& seen) {
  for (;;) {
    SPUD_ASSIGN(auto job, client.scheduler<Job>(wire::ShowJob{id, kWaitMillis}));
    seen(job);
    if (has_ended(job.state)) return job;
  }
}

Status outcome(const Job& job) {
  if (job.state == JobState::kDone) return {};
  const auto where = "job " + job.request.id.str();
  if (job.state == JobState::kFailed && job.problem) return std::unexpected(Error(*job.problem).in(where));
  // An older scheduler tells each attempt's problem only.
  if (job.state == JobState::kFailed && !job.attempts.empty() && job.attempts.back().problem) {
    return std::unexpected(Error(*job.attempts.back().problem).in(where));
  }
  return fail(ErrorCode::kUnavailable, std::string("it is ") + to_string(job.state), where, "done", {},
              job.waiting.empty() ? "spud job watch " + job.request.id.str() : "it waits: " + job.waiting);
}

Result<std::vector<Fetched>> fetch(Client& client, const JobId& id, const Progress& progress) {
  SPUD_ASSIGN(auto job, client.scheduler<Job>(wire::ShowJob{id, 0}));
  SPUD_TRY(outcome(job));
  SPUD_ASSIGN(auto device, client.device(job.request.device));
  if (digest(device) != job.request.device_digest) {
    return fail(ErrorCode::kConflict, "members of device " + device.name.str() + " were replaced since",
                "job " + id.str(), {}, {},
                "shares of its results lie at the nodes that it had; run it again");
  }
  const auto& party = client.self().party;
  std::vector<Fetched> results;
  for (const auto& output : job.request.outputs) {
    if (output.recipient != party) continue;
    std::vector<Part> parts;
    for (const auto& node : device.compute) {
      SPUD_ASSIGN(auto part,
                  fetch_part(client, node, {id, job.attempts.back().number, output.name}, progress));
      parts.push_back(std::move(part));
    }
    SPUD_ASSIGN(auto value, put_together(std::move(parts), output.name));
    results.push_back({output.name, std::move(value)});
  }
  if (results.empty()) {
    return fail(ErrorCode::kDenied, "none of its results goes to " + party.str(), "job " + id.str());
  }
  return results;
}

}  // namespace spud::service::client
