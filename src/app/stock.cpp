// SPDX-License-Identifier: Apache-2.0
// `spud stock`: correlations made ahead of the jobs that use them.
#include "service/client/stock.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "app/bindings.hpp"
#include "app/client_verb.hpp"
#include "app/stock_restore.hpp"
#include "io/meta.hpp"
#include "io/npy.hpp"
#include "io/npz.hpp"
#include "service/client/datasets.hpp"
#include "service/status/text.hpp"
#include "system/crypto/random.hpp"

namespace spud::app {
namespace {

using nlohmann::json;
using service::client::Client;
using service::client::count_tapes;
using service::client::TapeCounts;
namespace wire = service::wire;

constexpr std::chrono::milliseconds kPause{500};

struct Options : ClientOptions {
  std::string what, device, meta, arrays;
  std::vector<std::string> inputs;
  std::uint32_t runs = 0;
  bool wait = false, no_wait = false;
};

json counts_json(const TapeCounts& counts) {
  return {
      {"ready", counts.ready},
      {"reserved", counts.reserved},
      {"burnt", counts.burnt},
      {"bytes", counts.bytes},
      {"oldest_unix_millis", counts.oldest_unix_millis ? json(*counts.oldest_unix_millis) : json(nullptr)}};
}

json kind_json(const wire::StockKind& kind) {
  return {{"device", kind.device.str()},
          {"plan", kind.plan.hex()},
          {"demand", kind.demand.hex()},
          {"program", kind.program.hex()},
          {"target", kind.target},
          {"ordered", kind.ordered},
          {"making", kind.making},
          {"ready", kind.ready},
          {"waiting", kind.waiting},
          {"made", kind.made},
          {"problem", kind.problem ? to_json(*kind.problem) : json(nullptr)}};
}

std::string counts_text(const TapeCounts& counts) {
  const auto number = [](std::uint64_t n) { return std::to_string(n); };
  std::string text = number(counts.ready) + " ready, " + number(counts.reserved) + " reserved, " +
                     number(counts.burnt) + " burnt, " + number(counts.bytes) + " bytes";
  if (!counts.oldest_unix_millis) return text;
  return text + ", the oldest made " +
         service::status::span_text(SystemClock().unix_millis() - *counts.oldest_unix_millis) + " ago";
}

/// The types of a program's inputs, as the data that it will read has them.
Result<std::vector<wire::StockInput>> inputs_of_bindings(Client& client, const service::Device& device,
                                                         const Options& o) {
  SPUD_ASSIGN(auto bindings, read_bindings(o.inputs, "in"));
  std::vector<wire::StockInput> inputs;
  for (const auto& [name, source] : bindings) {
    SPUD_ASSIGN(auto input, bind_input(client, device, name, source));
    if (auto* open = std::get_if<service::PublicInput>(&input.source)) {
      inputs.emplace_back(std::move(*open));
      continue;
    }
    auto dataset = service::client::show_dataset(client, device, std::get<DatasetId>(input.source));
    if (!dataset) {
      auto error = std::move(dataset).error().in(name);
      if (error.code == ErrorCode::kNotFound) {
        error.hint = "of data that others own only the shape is needed: give it by --meta";
      }
      return std::unexpected(std::move(error));
    }
    const auto& statement = dataset->statement;
    if (statement.keeper) {
      inputs.emplace_back(wire::KeptInput{*statement.keeper, statement.type});
    } else {
      inputs.emplace_back(statement.type);
    }
  }
  return inputs;
}

/// The same, as a META.json says; public inputs need their values, since plans depend on them.
Result<std::vector<wire::StockInput>> inputs_of_meta(Client& client, const service::Device& device,
                                                     const Options& o) {
  SPUD_ASSIGN(auto meta, io::read_meta_file(o.meta, device.parties()));
  io::NamedLiterals arrays;
  if (!o.arrays.empty()) {
    SPUD_ASSIGN(arrays, io::read_npz_file(o.arrays));
  }
  std::vector<wire::StockInput> inputs;
  for (const auto& input : meta.inputs) {
    if (input.visibility != io::InputVisibility::kPublic) {
      if (!input.dtype || !input.shape) {
        return bad_input("no dtype or no shape", o.meta + ": " + input.name, "both, for a secret input");
      }
      const TensorType type{*input.dtype, *input.shape};
      if (input.owner) {
        inputs.emplace_back(wire::KeptInput{*input.owner, type});
      } else {
        inputs.emplace_back(type);
      }
      continue;
    }
    auto found = arrays.find(input.name);
    if (found == arrays.end()) {
      return bad_input("the public input " + input.name + " has no value", "--inputs",
                       "an npz file with " + input.name + ": the plan may depend on it");
    }
    SPUD_ASSIGN(auto open, push_public(client, device, found->second));
    inputs.emplace_back(std::move(open));
  }
  return inputs;
}

/// A program with its inputs, or a plan that the scheduler knows.
Result<std::variant<wire::StockProgram, Digest>> find_wanted(Client& client, const service::Device& device,
                                                             const Options& o) {
  const bool described = !o.meta.empty() || !o.inputs.empty();
  const bool file = std::filesystem::exists(o.what);
  if (!described && !file) {
    auto kind = service::client::find_plan(client, device.name, o.what);
    if (kind) return kind->demand;
    // All digits of a program's digest look like a plan's.
    const bool missing = kind.error().code == ErrorCode::kNotFound;
    if (!missing || !Digest::from_hex(o.what)) return std::unexpected(std::move(kind).error());
  }
  auto inputs = o.meta.empty() ? inputs_of_bindings(client, device, o) : inputs_of_meta(client, device, o);
  if (!inputs) return std::unexpected(std::move(inputs).error());
  SPUD_ASSIGN(auto program, find_program(client, device, o.what));
  return wire::StockProgram{program, std::move(*inputs)};
}

Result<ExitCode> make(Client& client, const Options& o) {
  SPUD_ASSIGN(auto device, client.device(DeviceId(o.device)));
  SPUD_ASSIGN(auto wanted, find_wanted(client, device, o));
  crypto::OsRandom random;
  SPUD_ASSIGN(auto order, service::client::order_stock(client, device, std::move(wanted), o.runs, random));
  auto kind = order.kind;
  if (!o.json) {
    std::printf("%s\n", kind.plan.hex().c_str());
    std::fflush(stdout);
  }
  ExitCode code = ExitCode::kDone;
  if (!o.no_wait) {
    const auto say = count_line("made");
    const auto what = "plan " + kind.plan.brief();
    auto made = service::client::watch_stock(
        client, order, [&](std::uint32_t done) { say(what, done, order.runs); },
        [] { std::this_thread::sleep_for(kPause); });
    if (made) {
      kind = std::move(*made);
    } else {
      (void)report(made.error());
      code = ExitCode::kFailed;
    }
  }
  if (o.json) print_json(kind_json(kind));
  return code;
}

Result<ExitCode> target(Client& client, const Options& o) {
  SPUD_ASSIGN(auto kind, service::client::find_plan(client, DeviceId(o.device), o.what));
  SPUD_ASSIGN(kind, client.scheduler<wire::StockKind>(wire::TargetStock{kind.device, kind.demand, o.runs}));
  std::printf("plan %s: target %u, %u ready\n", kind.plan.brief().c_str(), kind.target, kind.ready);
  return ExitCode::kDone;
}

Result<ExitCode> drop(Client& client, const Options& o) {
  SPUD_ASSIGN(auto kind, service::client::find_plan(client, DeviceId(o.device), o.what));
  SPUD_TRY(client.scheduler<wire::Dropped>(wire::DropStock{kind.device, kind.demand}));
  std::printf("dropped plan %s, with %u tapes that were ready\n", kind.plan.brief().c_str(), kind.ready);
  return ExitCode::kDone;
}

/// A device's nodes and their tapes; why not, is said here.
std::vector<service::client::NodeStock> nodes_of(Client& client, const DeviceId& name, Digest& own) {
  auto device = client.device(name);
  if (!device) {
    (void)report(device.error());
    return {};
  }
  own = digest(*device);
  auto nodes = service::client::ask_nodes(client, *device);
  for (const auto& node : nodes) {
    if (!node.tapes) (void)report(Error(node.tapes.error()).in("node " + node.node.node.str()));
  }
  return nodes;
}

void print_kind(const wire::StockKind& kind, const Digest& own,
                const std::vector<service::client::NodeStock>& nodes) {
  std::vector<TapeCounts> counts;
  for (const auto& node : nodes) {
    if (node.tapes) counts.push_back(count_tapes(*node.tapes, own, kind.demand));
  }
  auto all = together(counts);
  // Those that every node holds and no job has: the scheduler's word.
  all.ready = kind.ready;
  std::printf("plan %s  device %s, demand %s, program %s\n  target %u, %s\n", kind.plan.brief().c_str(),
              kind.device.str().c_str(), kind.demand.brief().c_str(), kind.program.brief().c_str(),
              kind.target, counts_text(all).c_str());
  if (kind.ordered > 0 || kind.making || kind.waiting > 0) {
    std::printf("  %u ordered, %s, %u jobs wait\n", kind.ordered,
                kind.making ? "one is being made" : "none is being made", kind.waiting);
  }
  if (kind.problem) std::printf("  problem: %s\n", kind.problem->message().c_str());
  for (const auto& node : nodes) {
    const auto text = node.tapes ? counts_text(count_tapes(*node.tapes, own, kind.demand)) : "did not answer";
    std::printf("  %-20s %s\n", node.node.node.str().c_str(), text.c_str());
  }
}

json row_of(const wire::StockKind& kind, const Digest& own,
            const std::vector<service::client::NodeStock>& nodes) {
  auto row = kind_json(kind);
  std::vector<TapeCounts> counts;
  row["nodes"] = json::array();
  for (const auto& node : nodes) {
    json entry{{"node", node.node.node.str()}, {"answered", node.tapes.has_value()}};
    if (node.tapes) {
      counts.push_back(count_tapes(*node.tapes, own, kind.demand));
      entry.update(counts_json(counts.back()));
    } else {
      entry["problem"] = to_json(node.tapes.error());
    }
    row["nodes"].push_back(std::move(entry));
  }
  auto all = together(counts);
  all.ready = kind.ready;
  row.update(counts_json(all));
  return row;
}

Result<ExitCode> list(Client& client, const Options& o) {
  SPUD_ASSIGN(auto kinds, client.scheduler<wire::StockKinds>(wire::ListStockKinds{}));
  auto rows = json::array();
  // By device: each node is asked once.
  std::map<DeviceId, std::vector<wire::StockKind>> devices;
  for (auto& kind : kinds) {
    if (o.device.empty() || kind.device == DeviceId(o.device))
      devices[kind.device].push_back(std::move(kind));
  }
  for (const auto& [name, plans] : devices) {
    Digest own;
    const auto nodes = nodes_of(client, name, own);
    for (const auto& kind : plans) {
      if (o.json) {
        rows.push_back(row_of(kind, own, nodes));
      } else {
        print_kind(kind, own, nodes);
      }
    }
  }
  if (o.json) print_json(rows);
  return ExitCode::kDone;
}

}  // namespace

void add_stock(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("stock", "Correlations made ahead of the jobs that use them");
  group->require_subcommand(1);
  group->footer(
      "A tape of stock serves one run of one plan. Jobs take one if there is one: see spud run --supply.\n\n"
      "Example:\n"
      "  spud stock make train.hlo.pb --device demo --in in0=ages --in in1=@rate.npy --runs 3\n"
      "  spud stock make train.hlo.pb --device demo --meta meta.json --inputs public.npz --runs 3 --no-wait\n"
      "  spud stock list --device demo\n"
      "  spud stock target 1a2b3c4d5e6f --device demo --runs 10     keep ten ready from now on\n"
      "  spud stock drop 1a2b3c4d5e6f --device demo                 burn them all, and make no more");
  auto verb = [&](const char* name, const char* what, Shows shows,
                  Result<ExitCode> (*act)(Client&, const Options&)) {
    auto options = std::make_shared<Options>();
    auto* sub = group->add_subcommand(name, what);
    add_client_verb(*sub, exit_code, options, shows,
                    [options, act](Client& client) { return act(client, *options); });
    return std::pair{sub, options};
  };
  constexpr const char* kPlan =
      "The first digits, six or more, of a plan or demand that spud stock list shows";
  constexpr const char* kDevice = "A pinned device";

  auto [make_verb, mo] =
      verb("make", "Have tapes made for so many runs of a program; prints its plan", Shows::kJson, make);
  make_verb
      ->add_option(
          "PROGRAM", mo->what,
          "A serialised HLO module, the digest of one that was pushed, or the first digits of a plan "
          "that spud stock list shows")
      ->required();
  make_verb->add_option("--device", mo->device, kDevice)->required();
  make_verb->add_option("--runs", mo->runs, "How many tapes")->required();
  auto* in = make_verb
                 ->add_option("--in", mo->inputs,
                              "A parameter's value, as in spud run: in0=DATASET, of which only the shape is "
                              "used, or in0=@FILE.npy for a public input")
                 ->take_all();
  auto* meta = make_verb->add_option("--meta", mo->meta, "Each input's visibility, type and shape (.json)");
  meta->excludes(in);
  make_verb->add_option("--inputs", mo->arrays, "The public inputs (.npz)")->needs(meta);
  auto* wait = make_verb->add_flag("--wait", mo->wait,
                                   "Wait until they are made, which is what it does if not told otherwise; "
                                   "exit code 1 if one could not be");
  make_verb->add_flag("--no-wait", mo->no_wait, "Return once the order is stored")->excludes(wait);

  auto [target_verb, to] = verb("target", "Keep so many tapes of a plan ready", Shows::kNothing, target);
  target_verb->add_option("PLAN", to->what, kPlan)->required();
  target_verb->add_option("--device", to->device, kDevice)->required();
  target_verb->add_option("--runs", to->runs, "How many; 0: none")->required();

  auto [list_verb, lo] =
      verb("list", "List plans of which there is stock, and what each node has", Shows::kJson, list);
  list_verb->add_option("--device", lo->device, "Only this one; a pinned device");

  auto [drop_verb, dro] = verb("drop", "Burn all tapes of a plan and make no more", Shows::kNothing, drop);
  drop_verb->add_option("PLAN", dro->what, kPlan)->required();
  drop_verb->add_option("--device", dro->device, kDevice)->required();

  add_stock_restore(*group, exit_code);
}

}  // namespace spud::app
