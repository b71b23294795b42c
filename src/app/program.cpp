// SPDX-License-Identifier: Apache-2.0
// `spud program`: programs at the nodes of a device, by digest.
#include <cstdio>

#include "app/client_verb.hpp"
#include "base/limits.hpp"
#include "io/file.hpp"
#include "service/client/push.hpp"

namespace spud::app {
namespace {

using service::client::Client;
namespace wire = service::wire;

struct Options : ClientOptions {
  std::string program, device;
};

Status push(Client& client, const Options& o) {
  SPUD_ASSIGN(auto bytes, io::read_file(o.program, limits::kProgramBytes));
  SPUD_ASSIGN(auto device, client.device(DeviceId(o.device)));
  SPUD_ASSIGN(auto digest,
              service::client::push_blob(client, device, wire::BlobKind::kProgram, bytes, progress_line()));
  std::printf("%s\n", digest.hex().c_str());
  return {};
}

Status show(Client& client, const Options& o) {
  auto digest = Digest::from_hex(o.program);
  if (!digest) return bad_input("'" + o.program + "' is no digest", "PROGRAM", "64 hex digits");
  SPUD_ASSIGN(auto device, client.device(DeviceId(o.device)));
  auto rows = nlohmann::json::array();
  for (const auto& node : device.compute) {
    SPUD_ASSIGN(auto state, client.node<wire::BlobState>(node, wire::ShowProgram{*digest}));
    if (o.json) {
      rows.push_back({{"node", node.node.str()}, {"bytes", state.total}});
    } else {
      std::printf("%-24s %llu bytes\n", node.node.str().c_str(),
                  static_cast<unsigned long long>(state.total));
    }
  }
  if (o.json) print_json({{"digest", o.program}, {"nodes", rows}});
  return {};
}

Status list(Client& client, const Options& o) {
  SPUD_ASSIGN(auto device, client.device(DeviceId(o.device)));
  SPUD_ASSIGN(auto programs, client.node<wire::Programs>(device.compute.front(), wire::ListPrograms{}));
  auto rows = nlohmann::json::array();
  for (const auto& program : programs) {
    if (o.json) {
      rows.push_back({{"digest", program.digest.hex()}, {"bytes", program.bytes}});
    } else {
      std::printf("%s  %llu bytes\n", program.digest.hex().c_str(),
                  static_cast<unsigned long long>(program.bytes));
    }
  }
  if (o.json) print_json(rows);
  return {};
}

}  // namespace

void add_program(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("program", "Programs at the nodes of a device, by digest");
  group->require_subcommand(1);
  group->footer("Example: spud program push train.hlo.pb --device demo");
  auto verb = [&](const char* name, const char* what, Shows shows, const char* argument,
                  Status (*act)(Client&, const Options&)) {
    auto options = std::make_shared<Options>();
    auto* sub = group->add_subcommand(name, what);
    if (argument != nullptr) sub->add_option("PROGRAM", options->program, argument)->required();
    sub->add_option("--device", options->device, "A pinned device")->required();
    add_client_verb(*sub, exit_code, options, shows, [options, act](Client& client) -> Result<ExitCode> {
      SPUD_TRY(act(client, *options));
      return ExitCode::kDone;
    });
  };
  verb("push", "Send a program to every node; prints its digest", Shows::kNothing, "A serialised HLO module",
       push);
  verb("show", "Show which nodes have a program", Shows::kJson, "Its digest", show);
  verb("list", "List programs", Shows::kJson, nullptr, list);
}

}  // namespace spud::app
