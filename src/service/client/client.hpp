// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "service/client/pins.hpp"
#include "service/config/services.hpp"
#include "service/rpc.hpp"
#include "system/crypto/keys.hpp"

namespace spud::service::client {

/// Told how far a long step has come: what, done, of. For people; called often.
using Progress = std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)>;

/// A data provider's side of a deployment: talks to the scheduler and straight to nodes, each of which must
/// show the certificate that the pinned device names. Connections are kept for the next request. One thread.
class Client {
 public:
  static Result<Client> open(const ClientContext& context);

  const crypto::Identity& self() const { return tls_.self(); }
  const net::TlsContext& tls() const { return tls_; }
  const crypto::PrivateKey& key() const { return key_; }

  /// One request to the scheduler; T is the answer's kind.
  template <class T>
  Result<T> scheduler(const wire::SchedulerRequest& request) {
    SPUD_ASSIGN(auto* connection, scheduler_connection());
    auto answer = ask(*connection, request, kPatience);
    const bool usable = answer.has_value();
    auto wanted = expect<T>(std::move(answer), *connection);
    if (!usable) scheduler_.reset();
    return wanted;
  }
  /// One request to a node.
  template <class T>
  Result<T> node(const Member& member, const wire::NodeRequest& request, ByteView payload = {}) {
    SPUD_ASSIGN(auto* connection, connect(member));
    auto answer = ask(*connection, request, kPatience, payload);
    const bool usable = answer.has_value();
    auto wanted = expect<T>(std::move(answer), *connection);
    if (!usable) forget(member);
    return wanted;
  }
  /// For answers of several frames.
  Result<net::Connection*> connect(const Member& member);
  void forget(const Member& member) { nodes_.erase(member.identity); }

  /// The device as the scheduler shows it, whatever the pins say. Its members' identities belong to their
  /// parties.
  Result<Device> show_device(const DeviceId& name);
  /// The same, if it is pinned: for everything that sends or trusts.
  Result<Device> device(const DeviceId& name);
  Result<Pins> pins() const { return Pins::read(context_.pins); }

  static constexpr Millis kPatience{60'000};

 private:
  Client(ClientContext context, net::TlsContext tls, crypto::PrivateKey key, crypto::Identity scheduler)
      : context_(std::move(context)),
        tls_(std::move(tls)),
        key_(std::move(key)),
        expected_(std::move(scheduler)) {}
  Result<net::Connection*> scheduler_connection();

  ClientContext context_;
  net::TlsContext tls_;
  crypto::PrivateKey key_;
  crypto::Identity expected_;  ///< the scheduler
  std::unique_ptr<net::Connection> scheduler_;
  std::map<std::string, std::unique_ptr<net::Connection>> nodes_;  ///< by identity
};

}  // namespace spud::service::client
