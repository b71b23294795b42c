// SPDX-License-Identifier: Apache-2.0
#include "app/doctor/reach.hpp"

#include <chrono>
#include <cstdio>
#include <map>
#include <set>

#include "service/client/client.hpp"
#include "service/credentials.hpp"

namespace spud::app {

namespace {

using service::client::Client;
using Steady = std::chrono::steady_clock;
namespace wire = service::wire;

double millis_since(Steady::time_point begin) {
  return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

std::string within(double millis) {
  char text[48];
  std::snprintf(text, sizeof text, " within %.1f ms", millis);
  return text;
}

/// Connecting is several round trips, checks of both certificates among them.
void check_connection(Findings& findings, const std::string& check, const net::TlsContext& tls,
                      const net::Address& address, const net::ExpectedPeer& peer, const std::string& hint) {
  const auto begin = Steady::now();
  auto connection = net::Connection::connect(address, tls, peer, kDoctorsPatience);
  if (!connection) return findings.fail(check, connection.error(), hint);
  findings.ok(check, "reached at " + address.str() + within(millis_since(begin)));
}

/// What the scheduler's clock showed when it answered, known to half of what the answer took.
void check_clocks(Findings& findings, const wire::Nodes& nodes, std::int64_t asked, std::int64_t answered) {
  for (const auto& node : nodes) {
    if (node.heard_unix_millis == 0 || node.silent_millis < 0) continue;
    const auto scheduler = node.heard_unix_millis + node.silent_millis;
    const auto half = (answered - asked) / 2;
    // Both are whole milliseconds.
    findings.add(judge_offset("scheduler's clock", scheduler - (asked + half), half + 1));
    break;
  }
  for (const auto& node : nodes) {
    const auto offset = wire::clock_offset_millis(node);
    if (!offset || node.gone) continue;
    // The announcement's way is not known: a node's clock is never behind by as much as it seems.
    auto finding = judge_offset("clock of " + node.member.node.str(), *offset, 0);
    if (finding.verdict == Verdict::kOk) continue;
    finding.says = "beside the scheduler's: " + finding.says;
    findings.add(std::move(finding));
  }
}

/// The devices that are pinned, and the identities of their compute nodes: those that this client talks to.
std::set<std::string> check_devices(Findings& findings, Client& client) {
  std::set<std::string> needed;
  auto pins = client.pins();
  if (!pins) {
    findings.fail("pins", pins.error());
    return needed;
  }
  if (pins->all().empty())
    findings.warn("pins", "no device is pinned", "spud device list, then spud device pin");
  for (const auto& [name, digest] : pins->all()) {
    auto device = client.device(name);
    const auto check = "device " + name.str();
    if (!device) {
      findings.fail(check, device.error(), "spud device pin --anew, if you know who changed it");
      continue;
    }
    findings.ok(check, "is the one that was pinned");
    for (const auto& member : device->compute) needed.insert(member.identity);
  }
  return needed;
}

void check_compilers(Findings& findings, const wire::Nodes& nodes) {
  std::map<std::string, std::size_t> compilers;
  for (const auto& node : nodes) {
    if (!node.compiler.empty() && !node.gone) ++compilers[node.compiler];
  }
  if (compilers.size() < 2) return;
  std::string says;
  for (const auto& [compiler, count] : compilers)
    says += (says.empty() ? "" : "; ") + compiler + " at " + std::to_string(count);
  findings.warn("compilers", says, "jobs wait until the nodes of their device run equal compilers");
}

/// Compute nodes are connected to. Dealers are not: clients have nothing to ask of them, and networks may
/// well keep them apart.
void check_node(Findings& findings, Client& client, const wire::NodeStatus& node, bool needed) {
  const auto name = node.role + " " + node.member.node.str();
  const bool dealer = node.role == crypto::to_string(crypto::Role::kDealer);
  const std::string waits = "jobs of its devices wait until it is back";
  if (node.gone) {
    return findings.warn(name, "has not been heard of for so long that it counts as gone",
                         "spud device replace puts another in its place");
  }
  std::string says = "the scheduler hears of it";
  if (!dealer) {
    const auto begin = Steady::now();
    auto connected = client.connect(node.member);
    if (!connected && needed) {
      return findings.fail(name, connected.error(),
                           "is it running, and does the network let this machine to it?");
    }
    if (!connected) {
      return findings.warn(name, connected.error().message(),
                           "no device that is pinned needs it; others may");
    }
    says = "reached at " + node.member.address + within(millis_since(begin));
  }
  if (node.absent && dealer) return findings.warn(name, "the scheduler does not hear of it", waits);
  if (node.absent) return findings.warn(name, says + ", but the scheduler does not hear of it", waits);
  if (node.draining) return findings.warn(name, says + ", shutting down", waits);
  findings.ok(name, says);
}

}  // namespace

void check_deployment(Findings& findings, const service::ClientContext& context) {
  auto hasty = context;
  hasty.peer_silence_limit = kDoctorsPatience;
  auto client = Client::open(hasty);
  if (!client) return findings.fail("client", client.error());
  const SystemClock clock;
  const auto asked = clock.unix_millis();
  const auto begin = Steady::now();
  auto nodes = client->scheduler<wire::Nodes>(wire::ListNodes{}, kDoctorsPatience);
  if (!nodes) {
    return findings.fail(
        "scheduler", nodes.error(),
        "is it running, and does the network let this machine to " + context.scheduler.str() + "?");
  }
  findings.ok("scheduler", "answered at " + context.scheduler.str() + within(millis_since(begin)));
  // The connection is there now, so the second answer takes one round trip.
  const auto asked_again = clock.unix_millis();
  auto again = client->scheduler<wire::Nodes>(wire::ListNodes{}, kDoctorsPatience);
  if (again) {
    check_clocks(findings, *again, asked_again, clock.unix_millis());
  } else {
    check_clocks(findings, *nodes, asked, clock.unix_millis());
  }
  const auto needed = check_devices(findings, *client);
  if (nodes->empty())
    findings.warn("nodes", "none has announced itself",
                  "start one, with this scheduler in its configuration");
  for (const auto& node : *nodes) check_node(findings, *client, node, needed.contains(node.member.identity));
  check_compilers(findings, *nodes);
}

void check_scheduler(Findings& findings, const net::TlsContext& tls, const net::Address& scheduler,
                     const crypto::Identity& identity) {
  auto expected = service::with_party(identity, tls.trust());
  if (!expected) return findings.fail("scheduler", expected.error());
  check_connection(findings, "scheduler", tls, scheduler, net::ExpectedPeer::exactly(*expected),
                   "is it running, and does the network let this machine to it?");
}

void check_own_door(Findings& findings, const net::TlsContext& tls, const net::Address& advertise) {
  const auto begin = Steady::now();
  auto connection =
      net::Connection::connect(advertise, tls, net::ExpectedPeer::exactly(tls.self()), kDoctorsPatience);
  if (connection)
    return findings.ok("own address", "it answers at " + advertise.str() + within(millis_since(begin)));
  findings.warn("own address", connection.error().message(),
                "start the service; if it runs, others cannot reach it under what it advertises");
}

}  // namespace spud::app
