// SPDX-License-Identifier: Apache-2.0
// `spud push` and `spud data`: datasets as shares at the nodes of a device.
#include <cstdio>
#include <filesystem>

#include "app/client_verb.hpp"
#include "base/limits.hpp"
#include "io/file.hpp"
#include "io/npy.hpp"
#include "io/table.hpp"
#include "service/client/datasets.hpp"
#include "service/client/push.hpp"
#include "system/crypto/random.hpp"

namespace spud::app {
namespace {

using service::client::Client;
namespace wire = service::wire;

constexpr std::size_t kPolicyBytes = 1u << 20;

struct Options : ClientOptions {
  std::string name, file, device, id_column, dtype, policy;
  std::vector<std::string> columns;
};

Status read_values(const Options& o, service::client::PushOrder& order) {
  const auto extension = std::filesystem::path(o.file).extension();
  if (extension == ".csv") {
    io::TableOptions table;
    table.columns = o.columns;
    if (!o.id_column.empty()) table.id_column = o.id_column;
    if (!o.dtype.empty()) {
      SPUD_ASSIGN(table.dtype, dtype_from_string(o.dtype));
    }
    SPUD_ASSIGN(auto read, io::read_table_file(o.file, table));
    // One column that was named is a vector, as in data frames: labels, weights, ages.
    const bool is_vector = o.columns.size() == 1;
    order.values = is_vector ? read.values.reshaped({read.values.shape()[0]}) : std::move(read.values);
    order.row_ids = read.row_ids;
    return {};
  }
  if (extension != ".npy")
    return bad_input("neither a table nor an array", o.file, "a file named .csv or .npy");
  if (!o.columns.empty() || !o.id_column.empty()) {
    return bad_input("an array has no columns", o.file, "--columns and --id-column with a .csv file");
  }
  SPUD_ASSIGN(order.values, io::read_npy_file(o.file));
  if (o.dtype.empty()) return {};
  SPUD_ASSIGN(auto dtype, dtype_from_string(o.dtype));
  if (dtype != order.values.dtype()) {
    return bad_input("holds " + std::string(to_string(order.values.dtype())), o.file, to_string(dtype));
  }
  return {};
}

Status push(Client& client, const Options& o) {
  if (!is_valid_name(o.name))
    return bad_input("'" + o.name + "' is no name", "NAME", "1 to 63 of [a-z0-9._-]");
  service::client::PushOrder order{DatasetId(o.name), Literal(), {}, {}};
  SPUD_TRY(read_values(o, order));
  std::string policy;
  if (!o.policy.empty()) {
    SPUD_ASSIGN(auto bytes, io::read_file(o.policy, kPolicyBytes));
    policy = as_text(bytes);
  }
  SPUD_ASSIGN(auto device, client.device(DeviceId(o.device)));
  std::vector<PartyId> parties;
  for (const auto& member : device.compute) parties.push_back(member.party);
  SPUD_ASSIGN(order.policy, service::parse_policy(policy, o.policy, client.self().party, parties));
  crypto::OsRandom random;
  SPUD_ASSIGN(auto statement, service::client::push(client, device, order, random, progress_line()));
  std::printf("pushed %s, %s, to device %s\n", o.name.c_str(), to_string(statement.type).c_str(),
              o.device.c_str());
  return {};
}

Status list(Client& client, const Options& o) {
  std::vector<service::Device> devices;
  if (o.device.empty()) {
    SPUD_ASSIGN(auto all, client.scheduler<wire::Devices>(wire::ListDevices{}));
    SPUD_ASSIGN(auto pins, client.pins());
    for (auto& device : all) {
      if (pins.check(device)) devices.push_back(std::move(device));
    }
  } else {
    SPUD_ASSIGN(auto device, client.device(DeviceId(o.device)));
    devices.push_back(std::move(device));
  }
  auto rows = nlohmann::json::array();
  for (const auto& device : devices) {
    SPUD_ASSIGN(auto listing, service::client::list_datasets(client, device));
    auto absent = nlohmann::json::array();
    std::string unknown;
    for (std::size_t i = 0; i < listing.absent.size(); ++i) {
      (void)report(listing.problems[i]);
      absent.push_back(listing.absent[i].node.str());
      unknown += ", not known at " + listing.absent[i].node.str();
    }
    for (const auto& dataset : listing.datasets) {
      if (o.json) {
        rows.push_back(to_json(dataset));
        rows.back()["device"] = device.name.str();
        rows.back()["not_known_at"] = absent;
      } else {
        std::printf("%-24s %-20s device %s, read by %llu jobs%s\n", dataset.statement.dataset.str().c_str(),
                    to_string(dataset.statement.type).c_str(), device.name.str().c_str(),
                    static_cast<unsigned long long>(dataset.uses), unknown.c_str());
      }
    }
  }
  if (o.json) print_json(rows);
  return {};
}

Status show(Client& client, const Options& o) {
  SPUD_ASSIGN(auto device, client.device(DeviceId(o.device)));
  SPUD_ASSIGN(auto dataset, service::client::show_dataset(client, device, DatasetId(o.name)));
  if (o.json) {
    print_json(to_json(dataset));
    return {};
  }
  for (const auto& field : describe(dataset.statement)) {
    std::printf("%-20s %s\n", field.name.c_str(), field.value.c_str());
  }
  std::printf("%-20s %llu\n", "jobs that read it", static_cast<unsigned long long>(dataset.uses));
  return {};
}

Status drop(Client& client, const Options& o) {
  SPUD_ASSIGN(auto device, client.device(DeviceId(o.device)));
  SPUD_TRY(drop_dataset(client, device, DatasetId(o.name)));
  std::printf("dropped %s at every node of %s\n", o.name.c_str(), o.device.c_str());
  return {};
}

CLI::App* add_verb(CLI::App& parent, int& exit_code, const std::shared_ptr<Options>& options,
                   const char* name, const char* what, Shows shows, Status (*act)(Client&, const Options&)) {
  auto* sub = parent.add_subcommand(name, what);
  add_client_verb(*sub, exit_code, options, shows, [options, act](Client& client) -> Result<ExitCode> {
    SPUD_TRY(act(client, *options));
    return ExitCode::kDone;
  });
  return sub;
}

}  // namespace

void add_data(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* sub = add_verb(app, exit_code, options, "push",
                       "Push a dataset: a share straight to each node of a device", Shows::kNothing, push);
  sub->add_option("NAME", options->name, "What the dataset is called")->required();
  sub->add_option("FILE", options->file, "A table (.csv) or an array (.npy)")->required();
  sub->add_option("--device", options->device, "A pinned device")->required();
  sub->add_option(
         "--columns", options->columns,
         "Columns of a table, by commas; all if not given. One name gives a vector, several a matrix")
      ->delimiter(',');
  sub->add_option("--id-column", options->id_column,
                  "Column of row ids: not pushed, its digest guards joins");
  sub->add_option("--dtype", options->dtype, "Type of a table's values; f32 if not given");
  sub->add_option("--policy", options->policy,
                  "What jobs may do with it (YAML): recipients, programs, holders, expires, uses; "
                  "if not given, any program may read it and results reach its owner only");
  sub->footer(
      "Example: spud push ages ages.csv --device demo --id-column id --columns age --policy policy.yaml");

  auto* group = app.add_subcommand("data", "Datasets of this client's party");
  group->require_subcommand(1);
  group->footer("Example: spud data show ages --device demo --json");
  struct Verb {
    const char* name;
    const char* what;
    Shows shows;
    Status (*act)(Client&, const Options&);
    bool one;
  };
  for (const auto& verb : {Verb{"list", "List datasets", Shows::kJson, list, false},
                           Verb{"show", "Show a dataset and its policy", Shows::kJson, show, true},
                           Verb{"drop", "Drop a dataset at every node", Shows::kNothing, drop, true}}) {
    auto verb_options = std::make_shared<Options>();
    auto* made = add_verb(*group, exit_code, verb_options, verb.name, verb.what, verb.shows, verb.act);
    if (verb.one) made->add_option("NAME", verb_options->name, "The dataset")->required();
    auto* device = made->add_option("--device", verb_options->device, "A pinned device");
    if (verb.one) device->required();
  }
}

}  // namespace spud::app
