// SPDX-License-Identifier: Apache-2.0
// Many jobs, one after the other, by clients that stay connected: each submits, waits, fetches, and begins
// again. A line of output a job: its id, then the milliseconds from submission to accepted, to done, and to
// fetched.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>

#include <CLI/CLI.hpp>

#include "service/client/jobs.hpp"

namespace {

using namespace spud;
using service::client::Client;

struct Options {
  std::string context, device, program, prefix, recipient, supply = "live";
  std::vector<std::string> datasets;
  unsigned jobs = 1, clients = 1, outputs = 1;
};

double milliseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

Result<service::client::RunOrder> order_of(const Options& o, unsigned number) {
  service::client::RunOrder order;
  order.id = JobId(o.prefix + std::to_string(number));
  const auto program = Digest::from_hex(o.program);
  if (!program) return bad_input("'" + o.program + "'", "--program", "a digest in hexadecimal digits");
  order.program = *program;
  SPUD_ASSIGN(order.supply, service::supply_from_string(o.supply));
  for (std::size_t i = 0; i < o.datasets.size(); ++i)
    order.inputs.push_back({"in" + std::to_string(i), DatasetId(o.datasets[i])});
  for (unsigned i = 0; i < o.outputs; ++i)
    order.outputs.push_back({"out" + std::to_string(i), PartyId(o.recipient)});
  return order;
}

Status run_one(Client& client, const service::Device& device, const Options& o, unsigned number) {
  SPUD_ASSIGN(auto order, order_of(o, number));
  const auto id = order.id;
  const auto begin = std::chrono::steady_clock::now();
  SPUD_TRY(service::client::submit(client, device, std::move(order)));
  const double accepted = milliseconds_since(begin);
  SPUD_ASSIGN(auto job, service::client::watch(client, id, [](const service::Job&) {}));
  SPUD_TRY(service::client::outcome(job));
  const double done = milliseconds_since(begin);
  SPUD_TRY(service::client::fetch(client, id, [](const std::string&, std::uint64_t, std::uint64_t) {}));
  std::printf("%s %.3f %.3f %.3f\n", id.str().c_str(), accepted, done, milliseconds_since(begin));
  return {};
}

/// One client's jobs: it takes the next number until there is none.
Status run_client(const Options& o, std::atomic<unsigned>& next) {
  SPUD_ASSIGN(auto context, service::load_client_context(o.context, service::process_environment()));
  SPUD_ASSIGN(auto client, Client::open(context));
  SPUD_ASSIGN(auto device, client.device(DeviceId(o.device)));
  for (;;) {
    const unsigned number = next++;
    if (number >= o.jobs) return {};
    SPUD_TRY(run_one(client, device, o, number));
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app{"Many jobs of one program by clients that stay connected"};
  app.add_option("--context", o.context, "The client's context")->required();
  app.add_option("--device", o.device, "A pinned device")->required();
  app.add_option("--program", o.program, "Digest of a program that was pushed")->required();
  app.add_option("--in", o.datasets, "Datasets, in order")->take_all();
  app.add_option("--outputs", o.outputs, "How many results it has");
  app.add_option("--recipient", o.recipient, "Who receives them")->required();
  app.add_option("--prefix", o.prefix, "How jobs' names begin")->required();
  app.add_option("--supply", o.supply, "live, stock or any");
  app.add_option("--jobs", o.jobs, "How many jobs");
  app.add_option("--clients", o.clients, "How many at a time");
  CLI11_PARSE(app, argc, argv);

  std::atomic<unsigned> next{0};
  std::atomic<bool> failed{false};
  std::vector<std::thread> clients;
  for (unsigned i = 0; i < o.clients; ++i) {
    clients.emplace_back([&] {
      if (auto done = run_client(o, next); !done) {
        std::fprintf(stderr, "jobs_load: %s\n", done.error().message().c_str());
        failed = true;
      }
    });
  }
  for (auto& client : clients) client.join();
  return failed ? 1 : 0;
}
