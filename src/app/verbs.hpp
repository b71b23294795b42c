// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "base/error.hpp"

namespace spud::app {

/// Each adds its verbs to the command line. A verb's callback sets the process's exit code: 0 done, 1 the job
/// or check failed, 2 usage or bad input.
void add_sim(CLI::App& app, int& exit_code);
void add_plan(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);
void add_keys(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);
void add_scheduler(CLI::App& app, int& exit_code);
void add_node(CLI::App& app, int& exit_code);
void add_dealer(CLI::App& app, int& exit_code);
void add_device(CLI::App& app, int& exit_code);
void add_data(CLI::App& app, int& exit_code);
void add_program(CLI::App& app, int& exit_code);
void add_job(CLI::App& app, int& exit_code);
void add_stock(CLI::App& app, int& exit_code);
void add_top(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);

/// What the verbs of services share: --config, --check-config and --explain-config.
struct ServiceVerb {
  std::string (*explain)();
  Status (*check)(const std::string& config_file);  ///< starts nothing, opens nothing, writes nothing
  Status (*serve)(const std::string& config_file);
};
void add_service(CLI::App& verb, int& exit_code, const ServiceVerb& service);

/// One line on standard error, and the exit code that fits: bad input is 2, everything else 1.
int report(const Error& error);

}  // namespace spud::app
