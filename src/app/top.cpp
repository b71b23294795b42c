// SPDX-License-Identifier: Apache-2.0
// `spud top`: what runs in a deployment, in a terminal.
#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/client_verb.hpp"
#include "app/top/screen.hpp"
#include "app/top/terminal.hpp"
#include "service/config/key.hpp"
#include "service/status/json.hpp"
#include "service/status/scheduler_view.hpp"

namespace spud::app {
namespace {

using service::client::Client;
using service::status::SchedulerView;
namespace wire = service::wire;

constexpr Millis kPatience{5000};
constexpr Millis kLeastEvery{100};

struct Options : ClientOptions {
  std::string every = "2s";
  bool once = false;
};

Result<SchedulerView> ask(Client& client) {
  SchedulerView view;
  SPUD_ASSIGN(auto nodes, client.scheduler<wire::Nodes>(wire::ListNodes{}, kPatience));
  SPUD_ASSIGN(auto devices, client.scheduler<wire::Devices>(wire::ListDevices{}, kPatience));
  service::status::show_nodes_and_devices(view, nodes, devices);
  // The newest of all, and whatever waits or runs for longer.
  wire::Jobs jobs;
  for (auto state : {std::optional<service::JobState>{}, std::optional(service::JobState::kRunning),
                     std::optional(service::JobState::kQueued)}) {
    wire::ListJobs wanted;
    wanted.state = state;
    SPUD_ASSIGN(auto some, client.scheduler<wire::Jobs>(wanted, kPatience));
    // Of a job that went on meanwhile the later answer counts.
    jobs.insert(jobs.begin(), some.begin(), some.end());
  }
  service::status::show_jobs(view, jobs);
  SPUD_ASSIGN(auto kinds, client.scheduler<wire::StockKinds>(wire::ListStockKinds{}, kPatience));
  service::status::show_stock(view, kinds);
  return view;
}

/// Asks again and again on a thread of its own, since a scheduler that is away takes its time to be.
class Asking {
 public:
  Asking(Client& client, Millis every) : client_(client), every_(every) {
    if (::pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) wake_[0] = wake_[1] = -1;
    thread_ = std::thread([this] { run(); });
  }
  /// Whatever is asked at the moment may take a while, and nothing of it is needed.
  ~Asking() {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
    if (!changed_.wait_for(lock, kLastWords, [&] { return over_; })) {
      std::fflush(stdout);
      std::_Exit(0);
    }
    lock.unlock();
    thread_.join();
    ::close(wake_[0]);
    ::close(wake_[1]);
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  /// Has a byte to read when there is something new.
  int wake() const { return wake_[0]; }
  top::Heard heard() const {
    std::lock_guard lock(mutex_);
    auto heard = heard_;
    heard.unix_millis = clock_.unix_millis();
    heard.age_millis = (clock_.now() - at_).count();
    return heard;
  }

 private:
  static constexpr Millis kLastWords{200};

  void run() {
    // Signals are the terminal's, on its thread.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      lock.unlock();
      auto view = ask(client_);
      lock.lock();
      if (view) {
        heard_.view = std::move(*view);
        heard_.ever = true;
        at_ = clock_.now();
      }
      heard_.silence = view ? "" : view.error().message();
      (void)!::write(wake_[1], "!", 1);
      changed_.wait_for(lock, every_, [&] { return stopped_; });
    }
    over_ = true;
    changed_.notify_all();
  }

  Client& client_;
  const Millis every_;
  const SystemClock clock_;
  int wake_[2] = {-1, -1};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  top::Heard heard_;
  Millis at_{0};
  bool stopped_ = false, over_ = false;
  std::thread thread_;  // last: uses all of the above
};

ExitCode live(Client& client, Millis every) {
  constexpr Millis kRedraw{1000};  // ages grow while nobody answers
  Asking asking(client, every);
  top::Terminal terminal;
  const bool colours = top::wants_colours(), blocks = top::has_blocks();
  for (auto event = top::Terminal::Event::kNothing; event != top::Terminal::Event::kEnd;
       event = terminal.wait(kRedraw, asking.wake())) {
    auto heard = asking.heard();
    heard.scheduler = client.scheduler_name();
    const auto size = terminal.size();
    terminal.show(top::screen(heard, {size.width, size.height, colours, blocks}));
  }
  return ExitCode::kDone;
}

/// Of the terminal, if there is one, else wide enough for all there is.
std::size_t width_of_output() {
  constexpr std::size_t kWide = 200;
  winsize said{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &said) == 0 && said.ws_col > 0 ? said.ws_col : kWide;
}

Result<ExitCode> show(Client& client, const Options& o) {
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  if (terminal && ::isatty(STDIN_FILENO) != 0 && !o.once && !o.json)
    return live(client, std::max(service::parse_duration(o.every).value_or(kLeastEvery), kLeastEvery));
  top::Heard heard;
  SPUD_ASSIGN(heard.view, ask(client));
  heard.ever = true;
  heard.scheduler = client.scheduler_name();
  heard.unix_millis = SystemClock().unix_millis();
  if (o.json) {
    nlohmann::ordered_json out{{"version", service::status::kVersion},
                               {"unix_millis", heard.unix_millis},
                               {"scheduler", service::status::to_json(heard.view)}};
    std::fputs(service::status::text_of(out).c_str(), stdout);
    return ExitCode::kDone;
  }
  const top::Paper paper{width_of_output(), 0, terminal && top::wants_colours(), top::has_blocks()};
  for (const auto& line : top::screen(heard, paper)) std::printf("%s\n", line.c_str());
  return ExitCode::kDone;
}

}  // namespace

void add_top(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("top", "Show jobs, nodes, devices and stock, and go on showing them");
  add_client_verb(*verb, exit_code, options, Shows::kJson,
                  [options](Client& client) { return show(client, *options); });
  verb->add_option("--every", options->every, "How often the scheduler is asked")
      ->capture_default_str()
      ->check([](const std::string& text) {
        return service::parse_duration(text) ? std::string() : "'" + text + "' is no time: 500ms, 2s, 1m";
      });
  verb->add_flag("--once", options->once, "Show it once, as text; the same where the output is no terminal");
  verb->footer(
      "q or Ctrl-C ends it. NO_COLOR set: without colours.\n"
      "Example: spud top --every 5s");
}

}  // namespace spud::app
