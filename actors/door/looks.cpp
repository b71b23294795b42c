// SPDX-License-Identifier: Apache-2.0
#include "actors/door/looks.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "system/crypto/pki.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::actors {

namespace family = metrics::family;

namespace {

/// By name in metrics. Of a party's authorities one is enough to be believed.
std::map<std::string, crypto::Validity> times_of_certificates(const net::TlsContext& tls) {
  std::map<std::string, crypto::Validity> times{{"own", tls.certificate().validity()}};
  for (const auto& bundle : tls.trust().bundles()) {
    auto& last = times["ca " + bundle.party.str()];
    for (const auto& authority : bundle.authorities)
      if (authority.not_after() > last.not_after) last = authority.validity();
  }
  return times;
}

class TlsLook {
 public:
  TlsLook(metrics::Registry& registry, const net::TlsContext& tls) : registry_(registry), tls_(tls) {}

  void operator()() {
    const auto& [client, server] = tls_.handshakes();
    const std::array<double, 4> totals{static_cast<double>(client.done), static_cast<double>(client.failed),
                                       static_cast<double>(server.done), static_cast<double>(server.failed)};
    for (std::size_t i = 0; i < totals.size(); ++i) handshakes_[i].follow(totals[i]);
    const auto times = times_of_certificates(tls_);
    for (const auto& [name, valid] : times) {
      registry_.set(family::kCertificateExpiry, {name}, static_cast<double>(valid.not_after));
      registry_.set(family::kCertificateRenewal, {name}, static_cast<double>(crypto::renewal_due(valid)));
    }
    // Those of a party that was taken out of the bundles.
    std::erase_if(shown_, [&](const std::string& name) {
      if (times.contains(name)) return false;
      registry_.remove(family::kCertificateExpiry, {name});
      registry_.remove(family::kCertificateRenewal, {name});
      return true;
    });
    for (const auto& [name, valid] : times) shown_.insert(name);
  }

 private:
  metrics::Follower follower(const char* side, const char* outcome) const {
    return metrics::Follower(registry_.counter(family::kHandshakes, {side, outcome}));
  }

  metrics::Registry& registry_;
  const net::TlsContext& tls_;
  std::array<metrics::Follower, 4> handshakes_{follower("client", "done"), follower("client", "failed"),
                                               follower("server", "done"), follower("server", "failed")};
  std::set<std::string> shown_;
};

class StoreLook {
 public:
  StoreLook(metrics::Registry& registry, std::vector<const store::Store*> stores)
      : registry_(registry), stores_(std::move(stores)), stalls_(registry.counter(family::kStoreStalls)) {}

  void operator()() {
    double stalls = 0;
    bool failed = false;
    for (const auto* store : stores_) {
      stalls += static_cast<double>(store->stalls());
      failed = failed || !store->fault();
      for (const auto& [name, bytes] : store->bytes_by_family()) {
        // The database's own, which every store has.
        if (name != "default") registry_.gauge(family::kStoreBytes, {name}).set(static_cast<double>(bytes));
      }
    }
    stalls_.follow(stalls);
    registry_.gauge(family::kStoreFailed).set(failed ? 1 : 0);
    if (auto free = stores_.front()->free_bytes())
      registry_.gauge(family::kStoreFree).set(static_cast<double>(*free));
  }

 private:
  metrics::Registry& registry_;
  const std::vector<const store::Store*> stores_;
  metrics::Follower stalls_;
};

}  // namespace

metrics::Registry::Looking look_at_tls(metrics::Registry& registry, const net::TlsContext& tls) {
  return registry.look(TlsLook(registry, tls));
}

metrics::Registry::Looking look_at_stores(metrics::Registry& registry,
                                          std::vector<const store::Store*> stores) {
  return registry.look(StoreLook(registry, std::move(stores)));
}

store::StoreOptions timed(store::StoreOptions options, metrics::Registry& registry) {
  options.on_sync = [seconds = registry.histogram(family::kStoreSync)](double took) mutable {
    seconds.observe(took);
  };
  return options;
}

}  // namespace spud::actors
