// SPDX-License-Identifier: Apache-2.0
#include "app/node_list.hpp"

#include <cstdio>
#include <cstdlib>

#include "service/status/text.hpp"

namespace spud::app {

namespace {

using service::client::Client;
namespace wire = service::wire;

/// What the way of an announcement may take is no difference of clocks.
constexpr std::int64_t kNotedOffsetMillis = 1000;

nlohmann::json row(const wire::NodeStatus& node) {
  auto protocols = nlohmann::json::array();
  for (auto protocol : node.facts.protocols) protocols.push_back(to_string(protocol));
  const auto offset = wire::clock_offset_millis(node);
  return {{"identity", node.member.identity},
          {"party", node.member.party.str()},
          {"role", node.role},
          {"address", node.member.address},
          {"compiler", node.compiler},
          {"draining", node.draining},
          {"silent_millis", node.silent_millis},
          {"gone", node.gone},
          {"absent", node.absent},
          {"clock_offset_millis", offset ? nlohmann::json(*offset) : nlohmann::json(nullptr)},
          {"labels", node.facts.labels},
          {"cores", node.facts.cores},
          {"memory_bytes", node.facts.memory_bytes},
          {"protocols", protocols},
          {"wire_version", node.facts.wire_version},
          {"slots", node.facts.slots},
          {"running", node.facts.running}};
}

void print(const wire::NodeStatus& node) {
  const auto heard = node.silent_millis < 0 ? std::string("not heard of")
                                            : service::status::span_text(node.silent_millis) + " ago";
  std::printf("%-8s %-16s %-48s %-22s %s%s%s\n", node.role.c_str(), node.member.party.str().c_str(),
              node.member.identity.c_str(), node.member.address.c_str(), heard.c_str(),
              node.draining ? ", draining" : "",
              node.gone                                ? ", gone: spud device replace"
              : node.absent && node.silent_millis >= 0 ? ", absent"
                                                       : "");
  if (const auto offset = wire::clock_offset_millis(node);
      offset && std::abs(*offset) >= kNotedOffsetMillis) {
    std::printf("         its clock is %lld.%03lld s %s the scheduler's\n",
                static_cast<long long>(std::abs(*offset) / 1000),
                static_cast<long long>(std::abs(*offset) % 1000), *offset > 0 ? "ahead of" : "behind");
  }
  const auto& facts = node.facts;
  if (facts.slots == 0) return;  // it does not say
  std::string protocols;
  for (auto protocol : facts.protocols)
    protocols += (protocols.empty() ? "" : ",") + std::string(to_string(protocol));
  std::printf("         %u of %u slots in use, %u cores, %llu MiB for jobs, runs %s, labels %s\n",
              facts.running, facts.slots, facts.cores,
              static_cast<unsigned long long>(facts.memory_bytes >> 20), protocols.c_str(),
              service::to_string(facts.labels).c_str());
}

}  // namespace

void add_node_list(CLI::App& group, const char* name, int& exit_code) {
  auto options = std::make_shared<ClientOptions>();
  auto* verb = group.add_subcommand(name, "List the nodes and dealers that the scheduler knows");
  add_client_verb(*verb, exit_code, options, Shows::kJson, [options](Client& client) -> Result<ExitCode> {
    SPUD_ASSIGN(auto nodes, client.scheduler<wire::Nodes>(wire::ListNodes{}));
    auto rows = nlohmann::json::array();
    for (const auto& node : nodes) {
      if (options->json) {
        rows.push_back(row(node));
      } else {
        print(node);
      }
    }
    if (options->json) print_json(rows);
    return ExitCode::kDone;
  });
}

}  // namespace spud::app
