// SPDX-License-Identifier: Apache-2.0
// `spud job trace` and `spud job report`: what a job did, when, and for whom it waited.
#include "app/job_trace.hpp"

#include <cstdio>

#include "app/client_verb.hpp"
#include "app/job_report/report.hpp"
#include "app/service.hpp"
#include "app/trace/export.hpp"
#include "io/file.hpp"
#include "service/client/trace.hpp"

namespace spud::app {
namespace {

using service::client::Client;

struct Options : ClientOptions {
  std::string id, format = "chrome", out;
  std::uint32_t attempt = 0;  ///< 0: all
};

/// What is not in it is said, since nothing in a file looks like what is missing.
void say(const service::trace::Timeline& timeline) {
  for (const auto& missing : timeline.missing) {
    std::fprintf(stderr, "attempt %u: nothing of %s%s%s%s: %s\n", missing.attempt, missing.service.c_str(),
                 missing.name.empty() ? "" : " ", missing.name.str().c_str(),
                 missing.party.empty() ? "" : (" (" + missing.party.str() + ")").c_str(),
                 missing.why.c_str());
  }
  for (const auto& note : timeline.notes) std::fprintf(stderr, "%s\n", note.c_str());
}

Result<ExitCode> write(const Options& o, Client& client,
                       std::string (*text_of)(const service::trace::Timeline&)) {
  const SystemClock clock;
  SPUD_ASSIGN(auto timeline,
              service::client::timeline(client, JobId(o.id),
                                        o.attempt != 0 ? std::optional(o.attempt) : std::nullopt, clock));
  say(timeline);
  const auto text = text_of(timeline);
  if (o.out.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else {
    SPUD_TRY(io::write_file(o.out, as_bytes(text)));
  }
  return ExitCode::kDone;
}

std::string otlp(const service::trace::Timeline& timeline) {
  return trace::otlp_text(timeline, kVersion);
}

}  // namespace

void add_job_trace(CLI::App& group, int& exit_code) {
  const auto add = [&](const char* name, const char* what, Result<ExitCode> (*act)(const Options&, Client&)) {
    auto options = std::make_shared<Options>();
    auto* verb = group.add_subcommand(name, what);
    add_client_verb(*verb, exit_code, options, Shows::kNothing,
                    [options, act](Client& client) { return act(*options, client); });
    verb->add_option("JOB", options->id, "The job's id")->required();
    verb->add_option("--attempt", options->attempt, "Only this attempt; all if not given")
        ->check(CLI::Range(1u, service::kAttemptsPerJob));
    verb->add_option("--out", options->out, "A file; standard output if not given");
    return std::pair{verb, options};
  };
  auto [trace_verb, to] =
      add("trace", "Who did what when, by scheduler, nodes and dealer, for other programs",
          [](const Options& o, Client& client) {
            return write(o, client, o.format == "otlp" ? otlp : trace::chrome_text);
          });
  trace_verb
      ->add_option("--format", to->format,
                   "The file's format: chrome, for Perfetto, or otlp, for OpenTelemetry")
      ->check(CLI::IsMember({"chrome", "otlp"}))
      ->capture_default_str();
  trace_verb->footer("Example: spud job trace training-7 --format otlp --out training-7.json");
  auto [report_verb, ro] =
      add("report", "What a job did and for whom it waited, as one page",
          [](const Options& o, Client& client) { return write(o, client, job_report::html_text); });
  report_verb->footer("Example: spud job report training-7 --out training-7.html");
}

}  // namespace spud::app
