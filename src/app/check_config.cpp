// SPDX-License-Identifier: Apache-2.0
#include "app/check_config.hpp"

#include <filesystem>

#include <unistd.h>

#include "service/credentials.hpp"
#include "system/store/look.hpp"

namespace spud::app {

Result<net::TlsContext> load_own_tls(const service::ServiceConfig& config, crypto::Role role) {
  SPUD_ASSIGN(auto tls, service::load_tls(config.tls));
  if (tls.self().role == role) return tls;
  return bad_input("a certificate of role " + std::string(crypto::to_string(tls.self().role)),
                   config.tls.certificate, "role " + std::string(crypto::to_string(role)));
}

Status check_places(const service::ServiceConfig& config) {
  SPUD_TRY(store::look_at(config.data));
  return check_log_file(config);
}

Status check_log_file(const service::ServiceConfig& config) {
  if (config.log_file.empty()) return {};
  std::error_code error;
  const bool there = std::filesystem::exists(config.log_file, error);
  const bool open = there ? std::filesystem::is_regular_file(config.log_file, error) &&
                                ::access(config.log_file.c_str(), W_OK) == 0
                          : store::look_for_room(config.log_file.parent_path()).has_value();
  if (open) return {};
  return bad_input("cannot be written", "log.file " + config.log_file.string(), "a file that can be written");
}

}  // namespace spud::app
