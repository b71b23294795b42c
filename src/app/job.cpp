// SPDX-License-Identifier: Apache-2.0
// `spud run`, `spud job` and `spud fetch`: from a program and datasets to results.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "app/bindings.hpp"
#include "app/client_verb.hpp"
#include "app/job_trace.hpp"
#include "io/npy.hpp"
#include "service/client/jobs.hpp"
#include "service/config/moment.hpp"
#include "service/status/text.hpp"
#include "system/crypto/random.hpp"

namespace spud::app {
namespace {

using service::Job;
using service::client::Client;
using service::status::moment_text;
namespace wire = service::wire;

struct Options : ClientOptions {
  std::string program, device, id, out, supply = "any";
  std::vector<std::string> inputs, outputs;
  bool wait = false;
  std::string deadline, traceparent;
  std::int32_t priority = 0;
  std::uint32_t retries = service::kStandardAttempts - 1;
  // Of a list.
  std::string state, before;
  std::uint32_t limit = 0;
};

void print(const Job& job) {
  std::printf("job %s: %s\n", job.request.id.str().c_str(), to_string(job.state));
  std::printf("  by %s, on device %s, submitted %s\n  program %s\n", job.party.str().c_str(),
              job.request.device.str().c_str(), moment_text(job.submitted_unix_millis).c_str(),
              job.request.program.hex().c_str());
  const auto& request = job.request;
  std::printf("  priority %d, %u attempts at most", request.priority, request.max_attempts);
  if (request.deadline_unix_millis != 0)
    std::printf(", deadline %s", moment_text(request.deadline_unix_millis).c_str());
  std::printf("\n");
  std::printf("  trace %s\n", service::trace_of(request).hex().c_str());
  if (!job.waiting.empty()) std::printf("  waits: %s\n", job.waiting.c_str());
  if (job.progress) std::printf("  %s\n", progress_text(*job.progress).c_str());
  if (job.problem) std::printf("  failed: %s\n", job.problem->message().c_str());
  for (const auto& attempt : job.attempts) {
    std::printf("  attempt %u: %s to %s\n", attempt.number, moment_text(attempt.started_unix_millis).c_str(),
                moment_text(attempt.ended_unix_millis).c_str());
    if (attempt.tape) std::printf("    tape %s, from stock\n", attempt.tape->str().c_str());
    if (attempt.problem) std::printf("    failed: %s\n", attempt.problem->message().c_str());
    for (const auto& report : attempt.reports) {
      std::printf("    %s:", report.node.str().c_str());
      for (const auto& measure : report.measures)
        std::printf(" %s %.6g", measure.name.c_str(), measure.value);
      std::printf("\n");
    }
  }
}

/// Says every change of a job once. How far it is rewrites one line on a terminal; elsewhere it is a line for
/// each phase and tenth.
std::function<void(const Job&)> say_changes() {
  struct Said {
    std::string line, step;
    bool open = false;  ///< the terminal's line is to be rewritten
  };
  const bool terminal = isatty(STDERR_FILENO) != 0;
  return [terminal, said = std::make_shared<Said>()](const Job& job) {
    std::string line = "job " + job.request.id.str() + ": " + to_string(job.state);
    if (!job.attempts.empty()) line += ", attempt " + std::to_string(job.attempts.back().number);
    if (job.state == service::JobState::kQueued && !job.waiting.empty()) line += ", waits: " + job.waiting;
    std::string step = line;
    if (job.progress) {
      const auto& progress = *job.progress;
      line = "job " + job.request.id.str() + ", attempt " + std::to_string(job.attempts.back().number) +
             ": " + progress_text(progress);
      const auto tenths = progress.of_rounds > 0 ? progress.rounds * 10 / progress.of_rounds : 0;
      step = std::string(to_string(progress.phase)) + std::to_string(tenths);
    }
    if (terminal ? line == said->line : step == said->step) return;
    const bool rewritten = terminal && job.progress;
    if (said->open) std::fprintf(stderr, rewritten ? "\r\033[K" : "\n");
    std::fprintf(stderr, "%s%s", line.c_str(), rewritten ? "" : "\n");
    *said = {line, step, rewritten};
  };
}

/// The job's own failure is exit code 1, whatever its cause.
Result<ExitCode> wait(Client& client, const JobId& id, bool json) {
  SPUD_ASSIGN(auto job, service::client::watch(client, id, say_changes()));
  if (json) print_json(to_json(job));
  auto outcome = service::client::outcome(job);
  if (outcome) return ExitCode::kDone;
  (void)report(outcome.error());
  return ExitCode::kFailed;
}

/// What the caller says it belongs to, else a new trace. An environment that makes no sense is none of ours.
Result<service::trace::Context> trace_of(const Options& o, Random& random) {
  if (!o.traceparent.empty()) return service::trace::parse_traceparent(o.traceparent, "--traceparent");
  if (const char* outer = std::getenv("TRACEPARENT"); outer != nullptr) {
    if (auto context = service::trace::parse_traceparent(outer, "TRACEPARENT")) return context;
  }
  return service::trace::fresh(random);
}

Result<ExitCode> run(Client& client, const Options& o) {
  SPUD_ASSIGN(auto inputs, read_bindings(o.inputs, "in"));
  SPUD_ASSIGN(auto outputs, read_bindings(o.outputs, "out"));
  SPUD_ASSIGN(auto supply, service::supply_from_string(o.supply));
  SPUD_ASSIGN(auto device, client.device(DeviceId(o.device)));
  service::client::RunOrder order;
  order.supply = supply;
  order.priority = o.priority;
  order.max_attempts = o.retries + 1;
  if (!o.deadline.empty()) {
    SPUD_ASSIGN(order.deadline_unix_millis,
                service::parse_moment(o.deadline, SystemClock().unix_millis(), "--deadline"));
  }
  crypto::OsRandom random;
  SPUD_ASSIGN(order.trace, trace_of(o, random));
  if (o.id.empty()) {
    SPUD_ASSIGN(auto id, service::client::fresh_id("job-", random));
    order.id = JobId(id);
  } else {
    order.id = JobId(o.id);
  }
  for (const auto& [name, recipient] : outputs) order.outputs.push_back({name, PartyId(recipient)});
  SPUD_ASSIGN(order.program, find_program(client, device, o.program));
  for (const auto& [name, source] : inputs) {
    SPUD_ASSIGN(auto input, bind_input(client, device, name, source));
    order.inputs.push_back(std::move(input));
  }
  SPUD_ASSIGN(auto job, service::client::submit(client, device, std::move(order)));
  if (o.wait) {
    if (!o.json) std::printf("%s\n", job.request.id.str().c_str());
    std::fflush(stdout);
    return wait(client, job.request.id, o.json);
  }
  if (o.json) {
    print_json(to_json(job));
  } else {
    std::printf("%s\n", job.request.id.str().c_str());
  }
  return ExitCode::kDone;
}

Result<ExitCode> show(Client& client, const Options& o) {
  SPUD_ASSIGN(auto job, client.scheduler<Job>(wire::ShowJob{JobId(o.id), 0}));
  if (o.json) {
    print_json(to_json(job));
  } else {
    print(job);
  }
  return ExitCode::kDone;
}

Result<ExitCode> list(Client& client, const Options& o) {
  wire::ListJobs wanted;
  wanted.limit = o.limit;
  if (!o.state.empty()) {
    SPUD_ASSIGN(wanted.state, service::job_state_from_string(o.state));
  }
  wanted.device = DeviceId(o.device);
  wanted.before = JobId(o.before);
  SPUD_ASSIGN(auto jobs, client.scheduler<wire::Jobs>(wanted));
  auto rows = nlohmann::json::array();
  for (const auto& job : jobs) {
    if (o.json) {
      rows.push_back(to_json(job));
    } else {
      std::printf("%-28s %-10s %-16s %s  %zu attempts\n", job.request.id.str().c_str(), to_string(job.state),
                  job.request.device.str().c_str(), moment_text(job.submitted_unix_millis).c_str(),
                  job.attempts.size());
    }
  }
  if (o.json) print_json(rows);
  return ExitCode::kDone;
}

Result<ExitCode> cancel(Client& client, const Options& o) {
  SPUD_ASSIGN(auto job, client.scheduler<Job>(wire::CancelJob{JobId(o.id)}));
  std::printf("job %s: %s\n", o.id.c_str(), to_string(job.state));
  return ExitCode::kDone;
}

Result<ExitCode> fetch(Client& client, const Options& o) {
  SPUD_ASSIGN(auto results, service::client::fetch(client, JobId(o.id), progress_line()));
  std::error_code error;
  std::filesystem::create_directories(o.out, error);
  if (error) return bad_input("cannot be made: " + error.message(), o.out, "a folder that can be written");
  for (const auto& result : results) {
    const auto file = std::filesystem::path(o.out) / (result.name + ".npy");
    SPUD_TRY(io::write_npy_file(file.string(), result.value));
    std::printf("%s  %s\n", file.c_str(), to_string(result.value.type()).c_str());
  }
  return ExitCode::kDone;
}

}  // namespace

void add_job(CLI::App& app, int& exit_code) {
  auto add = [&exit_code](CLI::App& parent, const char* name, const char* what, Shows shows,
                          Result<ExitCode> (*act)(Client&, const Options&)) {
    auto options = std::make_shared<Options>();
    auto* sub = parent.add_subcommand(name, what);
    add_client_verb(*sub, exit_code, options, shows,
                    [options, act](Client& client) { return act(client, *options); });
    return std::pair{sub, options};
  };
  auto [run_verb, ro] = add(app, "run", "Run a program on a device", Shows::kJson, run);
  run_verb
      ->add_option("PROGRAM", ro->program, "A serialised HLO module, or the digest of one that was pushed")
      ->required();
  run_verb->add_option("--device", ro->device, "A pinned device")->required();
  run_verb
      ->add_option("--in", ro->inputs,
                   "A parameter's value: in0=DATASET, or in0=@FILE.npy for a public input")
      ->take_all();
  run_verb->add_option("--out", ro->outputs, "Who receives a result: out0=PARTY")->required()->take_all();
  run_verb->add_option("--id", ro->id, "Name of the job: repeating it repeats nothing; random if not given");
  run_verb
      ->add_option("--supply", ro->supply,
                   "Where its correlations come from: any, which is stock if a tape is ready and else dealt "
                   "live, stock, for which it waits, or live")
      ->capture_default_str();
  run_verb->add_option(
      "--deadline", ro->deadline,
      "When it ends at the latest, done or not: 10m from now, or 2026-01-31T12:00:00Z, which a "
      "repeated request can say again");
  run_verb->add_option("--priority", ro->priority, "Jobs of a higher one come first: -100 to 100")
      ->capture_default_str();
  run_verb
      ->add_option("--retries", ro->retries,
                   "How often it is tried again when somebody was absent, late or gave up")
      ->check(CLI::Range(0u, service::kAttemptsPerJob - 1))
      ->capture_default_str();
  run_verb->add_option("--traceparent", ro->traceparent,
                       "The trace and span that it belongs to, as W3C Trace Context has it; TRACEPARENT if "
                       "not given, else a new trace. A repeated request may name another");
  run_verb->add_flag("--wait", ro->wait, "Wait until it has ended; exit code 1 if it failed");
  run_verb->footer(
      "Example: spud run train.hlo.pb --device demo --in in0=ages --in in1=@rate.npy --out out0=alice "
      "--wait");

  auto* group = app.add_subcommand("job", "Jobs");
  group->require_subcommand(1);
  group->footer(
      "Example:\n"
      "  spud job show training-7 --json\n"
      "  spud job list --state failed --limit 20\n"
      "  spud job report training-7 --out training-7.html");
  auto one = [&](const char* name, const char* what, Shows shows,
                 Result<ExitCode> (*act)(Client&, const Options&)) {
    auto made = add(*group, name, what, shows, act);
    made.first->add_option("JOB", made.second->id, "The job's id")->required();
  };
  auto [list_verb, lo] =
      add(*group, "list", "List the jobs this party may see, the newest first", Shows::kJson, list);
  list_verb->add_option("--limit", lo->limit, "How many at most; as many as fit, up to 200, if not given");
  list_verb->add_option("--state", lo->state,
                        "Only those that are queued, running, failed, done or cancelled");
  list_verb->add_option("--device", lo->device, "Only those of this device");
  list_verb->add_option("--before", lo->before, "Only those that come after this job in such a list");
  one("show", "Show a job, its attempts and what they measured", Shows::kJson, show);
  one("watch", "Wait until a job has ended; exit code 1 if it failed", Shows::kJson,
      [](Client& client, const Options& o) { return wait(client, JobId(o.id), o.json); });
  one("cancel", "Cancel a job of this party", Shows::kNothing, cancel);

  add_job_trace(*group, exit_code);

  auto [fetch_verb, fo] =
      add(app, "fetch", "Fetch the results that go to this party", Shows::kNothing, fetch);
  fetch_verb->add_option("JOB", fo->id, "The job's id")->required();
  fetch_verb->add_option("--out", fo->out, "Folder for out0.npy, …")->required();
  fetch_verb->footer("Example: spud fetch training-7 --out results");
}

}  // namespace spud::app
