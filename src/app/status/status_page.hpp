// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "service/status/history.hpp"
#include "service/status/view.hpp"
#include "system/metrics/operations_server.hpp"
#include "system/net/tls_context.hpp"

namespace spud::app {

/// The documents / and /status.json of a service: asks its parts at most once a second, however many look,
/// and keeps the curves of the last minutes. A thread samples; the documents are made on the operations
/// server's.
class StatusPage {
 public:
  using Checks = std::function<std::vector<metrics::Check>()>;
  /// Adds what this kind of service knows of itself. One thread at a time; waits for no more than a moment.
  using Describe = std::function<void(service::status::Snapshot&)>;

  /// `service` says who it is. All that is referred to outlives this, whatever `checks` and `describe` use
  /// included.
  StatusPage(service::status::Snapshot service, const Clock& clock, const metrics::Registry& registry,
             Checks checks, Describe describe);
  ~StatusPage();

  metrics::Documents documents();

 private:
  service::status::Snapshot look();
  service::status::Snapshot ask() const;
  void sample();

  const service::status::Snapshot service_;
  const Clock& clock_;
  const metrics::Registry& registry_;
  const Checks checks_;
  const Describe describe_;
  const Millis started_ = clock_.now();

  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  std::optional<service::status::Snapshot> last_;
  Millis taken_{0};
  bool asking_ = false;
  bool stopped_ = false;
  service::status::History history_;
  std::thread sampler_;  // last: uses all of the above
};

/// Until when the process's own certificate and those of the authorities that it believes hold, the first to
/// end first.
std::vector<service::status::CertificateRow> certificates_of(const net::TlsContext& tls);

/// What the disk under a store has left.
template <class Store>
void describe_disk(service::status::Snapshot& snapshot, const Store& store, std::uint64_t min_free_bytes) {
  if (auto free = store.free_bytes()) snapshot.disks.push_back({"store", *free, min_free_bytes});
}

}  // namespace spud::app
