// SPDX-License-Identifier: Apache-2.0
// `spud stock restore`: for a data folder that was brought back from a backup or copied, before its service
// starts.
#include "app/stock_restore.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>

#include "actors/dealer/setup.hpp"
#include "app/verbs.hpp"
#include "base/clock.hpp"
#include "service/config/services.hpp"
#include "service/stock/tape_vault.hpp"
#include "system/store/epoch.hpp"

namespace spud::app {
namespace {

struct Options {
  std::string node, dealer;
};

Status restore_node(const std::string& file) {
  SPUD_ASSIGN(auto config, service::load_node_config(file, service::process_environment()));
  const auto folder = config.data / service::stock::kVaultFolder;
  // Another volume would be given an empty stock, and the right one would keep what must not be used.
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    return bad_input("there is no stock of tapes", folder, "the data folder of a node that keeps tapes");
  SPUD_ASSIGN(auto tapes, service::stock::TapeVault::disown(folder, SystemClock()));
  std::printf("%s: %zu tapes will be burnt when the node starts\n", folder.c_str(), tapes);
  return {};
}

Status restore_dealer(const std::string& file) {
  SPUD_ASSIGN(auto config, service::load_dealer_config(file, service::process_environment()));
  SPUD_ASSIGN(auto store, store::Store::open(config.data, actors::kDealerFamilies));
  SPUD_TRY(store::raise_epoch(*store, store->family("numbers"), SystemClock()));
  std::printf("%s: tapes are numbered in a later epoch from now on\n", config.data.c_str());
  return {};
}

Status restore(const Options& o) {
  if (o.node.empty() == o.dealer.empty())
    return bad_input("no service, or two", "stock restore", "--node FILE or --dealer FILE");
  return o.dealer.empty() ? restore_node(o.node) : restore_dealer(o.dealer);
}

}  // namespace

void add_stock_restore(CLI::App& stock, int& exit_code) {
  auto verb = [&](const char* name, const char* what) {
    auto o = std::make_shared<Options>();
    auto* sub = stock.add_subcommand(name, what);
    sub->footer(
        "Run it while the service is stopped, whenever its data is older than what it last wrote, or others "
        "have\n"
        "it too. What the lost time used cannot be known, so all tapes in the folder are burnt. A plain copy "
        "of a\n"
        "folder is noticed at start without it; a snapshot of a whole file system that was rolled back is "
        "not.\n"
        "Example: spud stock " +
        std::string(name) + " --node config/alice-0.yaml");
    sub->add_option("--node", o->node, "Configuration of a node");
    sub->add_option("--dealer", o->dealer, "Configuration of a dealer");
    sub->callback([&exit_code, o] {
      auto status = restore(*o);
      exit_code = status ? 0 : report(status.error());
    });
  };
  verb("restore", "Disown the tapes of a data folder that was brought back from a backup or a snapshot");
  verb("clone", "Disown the tapes of a data folder that is a copy and starts a life of its own");
}

}  // namespace spud::app
