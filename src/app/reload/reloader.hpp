// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "service/config/services.hpp"
#include "system/metrics/log.hpp"
#include "system/metrics/registry.hpp"
#include "system/net/tls_context.hpp"

namespace spud::app {

/// What a running service takes anew: the log's level from its configuration; key, certificate and bundles
/// from their files. All or nothing of either, and whatever is refused leaves the service as it was. One
/// thread.
class Reloader {
 public:
  using Reread = std::function<Result<service::Reread>()>;

  /// `reread` reads the configuration again. `registry` outlives it.
  Reloader(const service::ServiceConfig& config, net::TlsContext tls, Reread reread,
           metrics::Registry& registry, metrics::Logger log);

  /// What SIGHUP asks for: everything, and the log's file opened anew.
  void reload();
  /// What is done every minute: whether the files of certificates were replaced. Says what is wrong with them
  /// once, not every minute. An authority is taken away by the second look that does not find it: the first
  /// may have seen a bundle that is being written.
  void look() { look(Asked::kNo); }

 private:
  enum class Asked { kNo, kYes };
  void look(Asked asked);
  void take_configuration();
  void refuse(const std::string& what, const Error& error);
  void show();

  net::TlsContext tls_;
  service::TlsConfig files_;
  metrics::Level level_;
  const Reread reread_;
  metrics::Registry& registry_;
  const metrics::Logger log_;
  std::string complaint_;  ///< what is wrong with the files, as it was said last
  std::string lesser_;     ///< bundles that lack an authority, as the last look found them
  /// As each was looked at last.
  struct {
    bool log = false, configuration = false, certificates = false;
  } refused_;
};

}  // namespace spud::app
