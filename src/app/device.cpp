// SPDX-License-Identifier: Apache-2.0
// `spud device`: virtual SPUs, and which of them this client trusts.
#include <algorithm>
#include <cstdio>

#include "app/client_verb.hpp"
#include "app/node_list.hpp"

namespace spud::app {
namespace {

using service::client::Client;
namespace wire = service::wire;

struct Options : ClientOptions {
  std::string name, layout = "outsourcing", protocol = "semi2k", digest;
  std::string node, spread;
  std::vector<std::string> parties, dealers, labels;
  bool choose = false;
  unsigned ring = 64, fraction_bits = 0;
  bool pin = false, anew = false;
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

/// What a client does about a device whose members were replaced, or should be.
void say_what_to_do(const service::Device& device, const wire::Nodes& nodes) {
  const auto name = device.name.str();
  if (device.previous) {
    std::printf(
        "replaced  members of %s; it is another device since. Each client pins it\n"
        "          (spud device pin --anew), and every dataset that was pushed to that one is pushed again:\n"
        "          spud data list --device %s shows which are here\n",
        device.previous->hex().c_str(), name.c_str());
  }
  for (const auto& node : nodes) {
    const bool member = std::any_of(device.compute.begin(), device.compute.end(),
                                    [&](const auto& one) { return one.identity == node.member.identity; });
    if (!member || !node.gone) continue;
    std::printf("gone      %s of %s: spud device replace %s puts another node of its party in its place\n",
                node.member.node.str().c_str(), node.member.party.str().c_str(), name.c_str());
  }
}

Status pin(Client& client, const service::Device& device, const Options& o) {
  const auto& expected = o.digest;
  const auto shown = digest(device);
  if (!expected.empty() && expected != shown.hex()) {
    return fail(ErrorCode::kDenied, "the scheduler shows digest " + shown.hex(),
                "device " + device.name.str(), expected, {}, "nothing was pinned");
  }
  SPUD_ASSIGN(auto pins, client.pins());
  if (o.anew) SPUD_TRY(pins.remove(device.name));
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
  if (o.choose) {
    // --parties is how many then.
    const auto& count = o.parties.front();
    const bool number = o.parties.size() == 1 && count.size() == 1 && count[0] >= '1' && count[0] <= '9';
    if (!number) return bad_input("'" + count + "'", "--parties", "with --auto, how many: --parties 3");
    request.count = static_cast<std::uint32_t>(count[0] - '0');
  } else {
    for (const auto& party : o.parties) request.parties.emplace_back(party);
  }
  SPUD_ASSIGN(request.labels, service::parse_labels(o.labels, "--label"));
  request.spread = o.spread;
  for (const auto& party : o.dealers) request.dealers.emplace_back(party);
  SPUD_ASSIGN(auto device, client.scheduler<service::Device>(request));
  if (o.json) {
    print_json(to_json(device));
  } else {
    print(device);
  }
  if (o.pin) return pin(client, device, o);
  return {};
}

Status show(Client& client, const Options& o) {
  SPUD_ASSIGN(auto device, client.show_device(DeviceId(o.name)));
  if (o.json) {
    print_json(to_json(device));
  } else {
    print(device);
    SPUD_ASSIGN(auto nodes, client.scheduler<wire::Nodes>(wire::ListNodes{}));
    say_what_to_do(device, nodes);
  }
  if (o.pin) return pin(client, device, o);
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

Status replace(Client& client, const Options& o) {
  SPUD_ASSIGN(auto device,
              client.scheduler<service::Device>(wire::ReplaceDevice{DeviceId(o.name), NodeId(o.node)}));
  if (o.json) {
    print_json(to_json(device));
  } else {
    print(device);
    say_what_to_do(device, {});
  }
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
      "  spud device create any --auto --parties 3 --label zone=eu --spread provider\n"
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
  sub->add_option(
         "--parties,--nodes", options->parties,
         "Parties that compute, in rank order, by commas; with --auto how many. Each brings its least used "
         "node")
      ->required()
      ->delimiter(',');
  sub->add_option(
         "--dealer", options->dealers,
         "Party that deals; named again, others that deal while it is away. One that does not compute is "
         "chosen if none is given")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_flag("--auto", options->choose, "Let the scheduler choose the parties, too");
  sub->add_option("--label", options->labels,
                  "A NAME=VALUE that every compute node must have; may be repeated")
      ->allow_extra_args(false);
  sub->add_option("--spread", options->spread,
                  "A label in whose values the compute nodes differ, as far as they can");
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
  add_node_list(*group, "nodes", exit_code);
  auto [replace_verb, replace_options] = named(verb(
      "replace", "Put other nodes of the same parties in the place of absent ones", Shows::kJson, replace));
  replace_verb->add_option("--node", replace_options->node, "This member, though it may be there");
  named(verb("drop", "Drop a device that this party made", Shows::kNothing, drop));
  auto [pin_verb, pin_options] = named(verb("pin", "Trust a device from now on", Shows::kNothing,
                                            [](Client& client, const Options& o) -> Status {
                                              SPUD_ASSIGN(auto device, client.show_device(DeviceId(o.name)));
                                              return pin(client, device, o);
                                            }));
  pin_verb->add_option("--digest", pin_options->digest, "Pin it only if it has this digest");
  pin_verb->add_flag("--anew", pin_options->anew,
                     "In place of the digest that is pinned: its members were replaced");
}

}  // namespace spud::app
