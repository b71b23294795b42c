// SPDX-License-Identifier: Apache-2.0
#include "app/bindings.hpp"

#include <filesystem>

#include "app/client_verb.hpp"
#include "base/limits.hpp"
#include "io/file.hpp"
#include "io/npy.hpp"
#include "service/client/jobs.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::app {

using service::client::Client;
namespace wire = service::wire;

Result<Digest> find_program(Client& client, const service::Device& device, const std::string& program) {
  if (auto digest = Digest::from_hex(program); digest && !std::filesystem::exists(program)) return *digest;
  SPUD_ASSIGN(auto bytes, io::read_file(program, limits::kProgramBytes));
  auto pushed = service::client::push_blob(client, device, wire::BlobKind::kProgram, bytes, progress_line());
  if (!pushed && service::client::is_out_of_reach(pushed.error())) {
    auto& hint = pushed.error().hint;
    hint += (hint.empty() ? "" : "; ") +
            std::string("if every node has the program already, run it by its digest, ") +
            crypto::sha256(bytes).hex();
  }
  return pushed;
}

Result<std::vector<std::pair<std::string, std::string>>> read_bindings(const std::vector<std::string>& texts,
                                                                       const std::string& prefix) {
  std::vector<std::pair<std::string, std::string>> bindings;
  for (const auto& text : texts) {
    SPUD_ASSIGN(auto binding, service::client::split_binding(text, "--" + prefix));
    bindings.push_back(std::move(binding));
  }
  SPUD_TRY(service::client::order_bindings(bindings, prefix));
  return bindings;
}

Result<service::PublicInput> push_public(Client& client, const service::Device& device,
                                         const Literal& array) {
  SPUD_ASSIGN(auto digest, service::client::push_blob(client, device, wire::BlobKind::kPublicInput,
                                                      array.bytes(), progress_line()));
  return service::PublicInput{digest, array.type()};
}

Result<service::InputBinding> bind_input(Client& client, const service::Device& device,
                                         const std::string& name, const std::string& source) {
  if (source[0] != '@') return service::InputBinding{name, DatasetId(source)};
  SPUD_ASSIGN(auto array, io::read_npy_file(source.substr(1)));
  SPUD_ASSIGN(auto open, push_public(client, device, array));
  return service::InputBinding{name, std::move(open)};
}

}  // namespace spud::app
