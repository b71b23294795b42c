// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "app/bench/setting.hpp"
#include "service/device.hpp"
#include "system/net/tls_context.hpp"

namespace spud::app::bench {

/// A folder that only we may enter, and that goes with its content.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// The organisations of a benchmark: every party and the dealer with an authority, a certificate and the
/// bundles of all, in files; and the device that they make up.
class Deployment {
 public:
  static Result<Deployment> make(const service::SimulatedDevice& device);

  /// Without addresses: processes choose their ports when they start.
  const service::Device& device() const { return device_; }
  bool has_dealer() const { return !device_.dealers.empty(); }
  Result<net::TlsContext> tls(const PartyId& party) const;
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  explicit Deployment(TemporaryFolder folder) : folder_(std::move(folder)) {}
  Status add(const std::string& party, crypto::Role role, crypto::Validity validity);

  TemporaryFolder folder_;
  service::Device device_;
};

}  // namespace spud::app::bench
