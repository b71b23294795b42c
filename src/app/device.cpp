// SPDX-License-Identifier: Apache-2.0
// `spud device`: virtual SPUs, and which of them this client trusts.
#include <cstdio>

#include "app/client_verb.hpp"

namespace spud::app {
namespace {

using service::client::Client;
namespace wire = service::wire;

struct Options : ClientOptions {
  std::string name, layout = "outsourcing", protocol = "semi2k", digest;
  std::vector<std::string> parties, dealers;
  unsigned ring = 64, fraction_bits = 0;
  bool pin = false;
};

void print(const service::Device& device) {
  std::printf(
      "device    %s\ndigest    %s\nprotocol  %s, %s\nnumbers   ring of %u bits, %u of them fraction\n",
      device.name.str().c_str(), digest(device).hex().c_str(), to_string(device.protocol),
      to_string(device.layout), device.format.ring_bits, device.format.fraction_bits);
  for (unsigned i = 0; i < device.parties(); ++i) {
    const auto& member = device.compute[i];
    std::printf("rank %u    %s  %s  at %s\n", i, member.party.str().c_str(), member.identity.c_str(),
                member.address.c_str());
  }
  for (const auto& dealer : device.dealers) {
    std::printf("dealer    %s  %s  at %s\n", dealer.party.str().c_str(), dealer.identity.c_str(),
                dealer.address.c_str());
  }
}

Status pin(Client& client, const service::Device& device, const std::string& expected) {
  const auto shown = digest(device);
  if (!expected.empty() && expected != shown.hex()) {
    return fail(ErrorCode::kDenied, "the scheduler shows digest " + shown.hex(),
                "device " + device.name.str(), expected, {}, "nothing was pinned");
  }
  SPUD_ASSIGN(auto pins, client.pins());
  SPUD_TRY(pins.add(device.name, shown));
  std::printf("pinned %s %s\n", device.name.str().c_str(), shown.hex().c_str());
  return {};
}

Status create(Client& client, const Options& o) {
  if (!is_valid_name(o.name))
    return bad_input("'" + o.name + "' is no name", "NAME", "1 to 63 of [a-z0-9._-]");
  wire::CreateDevice request;
  request.name = DeviceId(o.name);
  SPUD_ASSIGN(request.layout, service::layout_from_string(o.layout));
  SPUD_ASSIGN(request.protocol, service::protocol_from_string(o.protocol));
  // 8 and 18 fraction bits leave products of ordinary data room enough.
  request.format = {o.ring, o.fraction_bits != 0 ? o.fraction_bits : (o.ring == 32 ? 8 : 18)};
  for (const auto& party : o.parties) request.parties.emplace_back(party);
  for (const auto& party : o.dealers) request.dealers.emplace_back(party);
  SPUD_ASSIGN(auto device, client.scheduler<service::Device>(request));
  if (o.json) {
    print_json(to_json(device));
  } else {
    print(device);
  }
  if (o.pin) return pin(client, device, o.digest);
  return {};
}

Status show(Client& client, const Options& o) {
  SPUD_ASSIGN(auto device, client.show_device(DeviceId(o.name)));
  if (o.json) {
    print_json(to_json(device));
  } else {
    print(device);
  }
  if (o.pin) return pin(client, device, o.digest);
  return {};
}

Status list(Client& client, const Options& o) {
  SPUD_ASSIGN(auto devices, client.scheduler<wire::Devices>(wire::ListDevices{}));
  SPUD_ASSIGN(auto pins, client.pins());
  auto rows = nlohmann::json::array();
  for (const auto& device : devices) {
    const bool pinned = pins.check(device).has_value();
    if (o.json) {
      rows.push_back(to_json(device));
      rows.back()["pinned"] = pinned;
    } else {
      std::string dealers;
      for (const auto& dealer : device.dealers) {
        dealers += (dealers.empty() ? ", dealt by " : " or ") + dealer.party.str();
      }
      std::printf("%-24s %-7s %s %s%s\n", device.name.str().c_str(), to_string(device.protocol),
                  digest(device).brief().c_str(), pinned ? "pinned" : "not pinned", dealers.c_str());
    }
  }
  if (o.json) print_json(rows);
  return {};
}

Status list_nodes(Client& client, const Options& o) {
  SPUD_ASSIGN(auto nodes, client.scheduler<wire::Nodes>(wire::ListNodes{}));
  auto rows = nlohmann::json::array();
  for (const auto& node : nodes) {
    if (o.json) {
      rows.push_back({{"identity", node.member.identity},
                      {"party", node.member.party.str()},
                      {"role", node.role},
                      {"address", node.member.address},
                      {"compiler", node.compiler},
                      {"draining", node.draining},
                      {"silent_millis", node.silent_millis}});
    } else {
      const auto heard =
          node.silent_millis < 0 ? "not heard of" : std::to_string(node.silent_millis) + " ms ago";
      std::printf("%-8s %-16s %-48s %-22s %s%s\n", node.role.c_str(), node.member.party.str().c_str(),
                  node.member.identity.c_str(), node.member.address.c_str(), heard.c_str(),
                  node.draining ? ", draining" : "");
    }
  }
  if (o.json) print_json(rows);
  return {};
}

Status drop(Client& client, const Options& o) {
  SPUD_TRY(client.scheduler<wire::Dropped>(wire::DropDevice{DeviceId(o.name)}));
  SPUD_ASSIGN(auto pins, client.pins());
  return pins.remove(DeviceId(o.name));
}

}  // namespace

void add_device(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("device", "Virtual SPUs, and which of them this client trusts");
  group->require_subcommand(1);
  group->footer(
      "Example:\n"
      "  spud device create demo --parties alice,bob --dealer carol --dealer dora\n"
      "  spud device show demo         look at its nodes and digest\n"
      "  spud device pin demo          trust it: nothing is sent to a device that is not pinned");
  auto verb = [&](const char* name, const char* what, Shows shows, Status (*act)(Client&, const Options&)) {
    auto options = std::make_shared<Options>();
    auto* sub = group->add_subcommand(name, what);
    add_client_verb(*sub, exit_code, options, shows, [options, act](Client& client) -> Result<ExitCode> {
      SPUD_TRY(act(client, *options));
      return ExitCode::kDone;
    });
    return std::pair{sub, options};
  };
  auto named = [](std::pair<CLI::App*, std::shared_ptr<Options>> made) {
    made.first->add_option("NAME", made.second->name, "The device")->required();
    return made;
  };
  auto pinnable = [](std::pair<CLI::App*, std::shared_ptr<Options>> made) {
    made.first->add_flag("--pin", made.second->pin, "Trust it from now on");
    made.first->add_option("--digest", made.second->digest, "Pin it only if it has this digest");
    return made;
  };
  auto [sub, options] = pinnable(named(verb("create", "Make a device", Shows::kJson, create)));
  sub->add_option("--parties,--nodes", options->parties, "Parties that compute, in rank order, by commas")
      ->required()
      ->delimiter(',');
  sub->add_option(
         "--dealer", options->dealers,
         "Party that deals; named again, others that deal while it is away. One that does not compute is "
         "chosen if none is given")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_option("--protocol", options->protocol, "How it computes: semi2k, or ref2k, which hides nothing")
      ->capture_default_str();
  sub->add_option(
         "--layout", options->layout,
         "Whose data it computes on: outsourcing (anybody's, shared), colocated (the compute parties' "
         "own, kept at their nodes) or hybrid (both)")
      ->capture_default_str();
  sub->add_option("--ring", options->ring, "Bits of the ring of floats: 32, 64 or 128")
      ->capture_default_str();
  sub->add_option("--fraction-bits", options->fraction_bits,
                  "Fraction bits of floats; 18, or 8 in a ring of 32, if not given");
  pinnable(named(verb("show", "Show a device", Shows::kJson, show)));
  verb("list", "List devices", Shows::kJson, list);
  verb("nodes", "List the nodes and dealers that the scheduler knows", Shows::kJson, list_nodes);
  named(verb("drop", "Drop a device that this party made", Shows::kNothing, drop));
  auto [pin_verb, pin_options] = named(verb("pin", "Trust a device from now on", Shows::kNothing,
                                            [](Client& client, const Options& o) -> Status {
                                              SPUD_ASSIGN(auto device, client.show_device(DeviceId(o.name)));
                                              return pin(client, device, o.digest);
                                            }));
  pin_verb->add_option("--digest", pin_options->digest, "Pin it only if it has this digest");
}

}  // namespace spud::app
