// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/literal.hpp"
#include "service/client/client.hpp"
#include "service/job.hpp"

/// What verbs that name a program and its inputs share.
namespace spud::app {

/// A program by digest, or a file that is sent to every node that does not have it.
Result<Digest> find_program(service::client::Client& client, const service::Device& device,
                            const std::string& program);

/// --in or --out bindings in their order, before anything is sent anywhere.
Result<std::vector<std::pair<std::string, std::string>>> read_bindings(const std::vector<std::string>& texts,
                                                                       const std::string& prefix);

/// Sends a public input to every node.
Result<service::PublicInput> push_public(service::client::Client& client, const service::Device& device,
                                         const Literal& array);
/// "@file.npy", sent to every node; else a dataset's name.
Result<service::InputBinding> bind_input(service::client::Client& client, const service::Device& device,
                                         const std::string& name, const std::string& source);

}  // namespace spud::app
