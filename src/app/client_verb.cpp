// SPDX-License-Identifier: Apache-2.0
#include "app/client_verb.hpp"

#include <cstdio>

#include <unistd.h>

#include "service/status/json.hpp"
#include "service/status/text.hpp"

namespace spud::app {

using nlohmann::json;

void add_client_options(CLI::App& verb, const std::shared_ptr<ClientOptions>& options, Shows shows) {
  verb.add_option("--context", options->context, "Whom to talk to and as whom: a YAML file")
      ->envname("SPUD_CONTEXT");
  if (shows == Shows::kJson) verb.add_flag("--json", options->json, "Print JSON");
}

Result<service::client::Client> open_client(const ClientOptions& options) {
  if (options.context.empty()) {
    return fail(ErrorCode::kBadInput, "no context", "--context", "a file, or SPUD_CONTEXT set to one");
  }
  SPUD_ASSIGN(auto context, service::load_client_context(options.context, service::process_environment()));
  return service::client::Client::open(context);
}

void add_client_verb(CLI::App& verb, int& exit_code, const std::shared_ptr<ClientOptions>& options,
                     Shows shows, std::function<Result<ExitCode>(service::client::Client&)> act) {
  add_client_options(verb, options, shows);
  verb.callback([options, act = std::move(act), &exit_code] {
    auto done = [&]() -> Result<ExitCode> {
      SPUD_ASSIGN(auto client, open_client(*options));
      return act(client);
    }();
    exit_code = done ? static_cast<int>(*done) : report(done.error());
  });
}

service::client::Progress progress_line() {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  return [terminal](const std::string& what, std::uint64_t done, std::uint64_t total) {
    if (terminal) {
      std::fprintf(stderr, "\r\033[K%s: %llu of %llu bytes%s", what.c_str(),
                   static_cast<unsigned long long>(done), static_cast<unsigned long long>(total),
                   done == total ? "\n" : "");
    } else if (done == total) {
      std::fprintf(stderr, "%s: %llu bytes\n", what.c_str(), static_cast<unsigned long long>(total));
    }
  };
}

service::client::Progress count_line(const std::string& what_is_counted) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  auto last = std::make_shared<std::string>();
  return [=](const std::string& what, std::uint64_t done, std::uint64_t total) {
    const auto line =
        what + ": " + std::to_string(done) + " of " + std::to_string(total) + " " + what_is_counted;
    if (line == *last) return;
    *last = line;
    std::fprintf(stderr, terminal ? "\r\033[K%s%s" : "%s%s", line.c_str(),
                 !terminal || done == total ? "\n" : "");
  };
}

json to_json(const service::Device& device) {
  auto member = [](const service::Member& m) {
    return json{
        {"party", m.party.str()}, {"node", m.node.str()}, {"identity", m.identity}, {"address", m.address}};
  };
  json compute = json::array(), dealers = json::array();
  for (const auto& m : device.compute) compute.push_back(member(m));
  for (const auto& m : device.dealers) dealers.push_back(member(m));
  return {{"name", device.name.str()},
          {"digest", digest(device).hex()},
          {"layout", to_string(device.layout)},
          {"protocol", to_string(device.protocol)},
          {"ring_bits", device.format.ring_bits},
          {"fraction_bits", device.format.fraction_bits},
          {"compute", compute},
          {"dealer", dealers.empty() ? json(nullptr) : dealers.front()},
          {"dealers", dealers},
          {"owner", device.owner.str()},
          {"previous", device.previous ? json(device.previous->hex()) : json(nullptr)}};
}

json to_json(const service::Dataset& dataset) {
  const auto& s = dataset.statement;
  json recipients = json::array(), holders = json::array(), programs = json::array();
  for (const auto& party : s.policy.recipients) recipients.push_back(party.str());
  for (const auto& party : s.policy.holders) holders.push_back(party.str());
  for (const auto& program : s.policy.programs) programs.push_back(program.hex());
  return {{"name", s.dataset.str()},
          {"upload", s.upload.str()},
          {"owner", s.owner.str()},
          {"device_digest", s.device.hex()},
          {"dtype", to_string(s.type.dtype)},
          {"shape", s.type.shape},
          {"row_ids", s.row_ids ? json(s.row_ids->hex()) : json(nullptr)},
          {"uses", dataset.uses},
          {"policy",
           {{"holders", holders},
            {"programs", s.policy.any_program ? json("any") : programs},
            {"recipients", recipients},
            {"expires_unix_millis", s.policy.expires_unix_millis},
            {"uses", s.policy.uses}}}};
}

json to_json(const Error& error) {
  return {{"code", to_string(error.code)}, {"what", error.what},   {"where", error.where},
          {"expected", error.expected},    {"party", error.party}, {"hint", error.hint}};
}

std::string progress_text(const service::JobProgress& progress) {
  std::string text = to_string(progress.phase);
  if (progress.phase < service::Phase::kRunning) return text;
  const auto of = [](std::uint64_t done, std::uint64_t total) {
    return std::to_string(done) + (total > 0 ? " of " + std::to_string(total) : "");
  };
  text += ", " + of(progress.instructions, progress.of_instructions) + " instructions, " +
          of(progress.rounds, progress.of_rounds) + " rounds";
  if (progress.phase != service::Phase::kRunning) return text;
  const auto rest = service::rest_millis(progress);
  return text +
         ", rest: " + (rest ? service::status::span_text(static_cast<std::int64_t>(*rest)) : "unknown");
}

json to_json(const service::Job& job) {
  json inputs = json::object(), outputs = json::object(), attempts = json::array();
  for (const auto& input : job.request.inputs) {
    if (const auto* dataset = std::get_if<DatasetId>(&input.source)) {
      inputs[input.name] = {{"dataset", dataset->str()}};
    } else {
      const auto& open = std::get<service::PublicInput>(input.source);
      inputs[input.name] = {{"public", open.digest.hex()}, {"type", to_string(open.type)}};
    }
  }
  for (const auto& output : job.request.outputs) outputs[output.name] = output.recipient.str();
  for (const auto& attempt : job.attempts) {
    json reports = json::array();
    for (const auto& report : attempt.reports) {
      json measures = json::object();
      for (const auto& measure : report.measures) measures[measure.name] = measure.value;
      reports.push_back({{"node", report.node.str()}, {"measures", measures}});
    }
    attempts.push_back({{"number", attempt.number},
                        {"started_unix_millis", attempt.started_unix_millis},
                        {"ended_unix_millis", attempt.ended_unix_millis},
                        {"manifest", attempt.manifest ? json(attempt.manifest->hex()) : json(nullptr)},
                        {"tape", attempt.tape ? json(attempt.tape->str()) : json(nullptr)},
                        {"error", attempt.problem ? to_json(*attempt.problem) : json(nullptr)},
                        {"reports", reports}});
  }
  return {{"id", job.request.id.str()},
          {"state", to_string(job.state)},
          {"party", job.party.str()},
          {"device", job.request.device.str()},
          {"program", job.request.program.hex()},
          {"inputs", inputs},
          {"outputs", outputs},
          {"supply", to_string(job.request.supply)},
          {"deadline_unix_millis", job.request.deadline_unix_millis},
          {"priority", job.request.priority},
          {"trace", service::trace_of(job.request).hex()},
          {"max_attempts", job.request.max_attempts},
          {"failures", job.failures},
          {"retry_unix_millis", job.retry_unix_millis},
          {"ended_unix_millis", job.ended_unix_millis},
          {"error", job.problem ? to_json(*job.problem) : json(nullptr)},
          {"demand", job.demand ? json(job.demand->hex()) : json(nullptr)},
          {"submitted_unix_millis", job.submitted_unix_millis},
          {"waiting", job.waiting},
          {"progress", job.progress ? json(service::status::progress_json(*job.progress)) : json(nullptr)},
          {"attempts", attempts}};
}

void print_json(const json& value) {
  std::printf("%s\n", value.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

}  // namespace spud::app
