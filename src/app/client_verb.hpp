// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "app/verbs.hpp"
#include "service/client/client.hpp"

namespace spud::app {

/// How a verb ended that was understood and carried out.
enum class ExitCode { kDone = 0, kFailed = 1 };

/// What every client verb takes.
struct ClientOptions {
  std::string context;
  bool json = false;
};

/// --context, and --json if it shows something. `options` lives as long as the verb.
enum class Shows { kNothing, kJson };
void add_client_options(CLI::App& verb, const std::shared_ptr<ClientOptions>& options, Shows shows);
/// The client that --context, or SPUD_CONTEXT, names.
Result<service::client::Client> open_client(const ClientOptions& options);

/// A verb that talks to a deployment: adds these options, opens the client, runs `act`.
void add_client_verb(CLI::App& verb, int& exit_code, const std::shared_ptr<ClientOptions>& options,
                     Shows shows, std::function<Result<ExitCode>(service::client::Client&)> act);

/// Rewrites one line on a terminal; elsewhere says a step once, when it is complete.
service::client::Progress progress_line();

/// "…: 2 of 3 made" and the like, rewritten on a terminal; elsewhere a line for each.
service::client::Progress count_line(const std::string& what_is_counted);

nlohmann::json to_json(const service::Device& device);
nlohmann::json to_json(const service::Dataset& dataset);
nlohmann::json to_json(const service::Job& job);
nlohmann::json to_json(const Error& error);
void print_json(const nlohmann::json& value);

/// "running, 5 of 9 instructions, 30 of 90 rounds, rest: 3 s"
std::string progress_text(const service::JobProgress& progress);

}  // namespace spud::app
