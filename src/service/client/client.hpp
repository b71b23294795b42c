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

/// Whether the other side may answer another time.
inline bool is_out_of_reach(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout;
}

/// A data provider's side of a deployment: talks to the scheduler and straight to nodes, each of which must
/// show the certificate that the pinned device names. Connections are kept for the next request. One thread.
class Client {
 public:
  static Result<Client> open(const ClientContext& context);

  static constexpr Millis kPatience{60'000};

  const crypto::Identity& self() const { return tls_.self(); }
  /// The scheduler's address, for people.
  std::string scheduler_name() const { return context_.scheduler.str(); }
  const net::TlsContext& tls() const { return tls_; }
  const crypto::PrivateKey& key() const { return key_; }

  /// One request to the scheduler; T is the answer's kind.
  template <class T>
  Result<T> scheduler(const wire::SchedulerRequest& request, Millis patience = kPatience) {
    const bool kept = scheduler_ != nullptr;
    auto answer = once<T>(scheduler_connection(), patience, request);
    if (!answer) scheduler_.reset();
    if (!answer && kept && is_stale(answer.error())) {
      answer = once<T>(scheduler_connection(), patience, request);
    }
    return answer;
  }
  /// One request to a node.
  template <class T>
  Result<T> node(const Member& member, const wire::NodeRequest& request, ByteView payload = {}) {
    const bool kept = nodes_.contains(member.identity);
    auto answer = once<T>(connect(member), kPatience, request, payload, context_.peer_silence_limit);
    if (!answer) forget(member);
    if (!answer && kept && is_stale(answer.error()))
      answer = once<T>(connect(member), kPatience, request, payload, context_.peer_silence_limit);
    return answer;
  }
  /// For answers of several frames.
  Result<net::Connection*> connect(const Member& member);
  void forget(const Member& member) { nodes_.erase(member.identity); }

  /// The device as the scheduler shows it, whatever the pins say. Its members' identities belong to their
  /// parties.
  Result<Device> show_device(const DeviceId& name);
  /// The same, if it is pinned: for everything that sends or trusts.
  Result<Device> device(const DeviceId& name);
  /// How long to go on asking for a node that is away.
  Millis retry_for() const { return context_.retry_for; }
  Result<Pins> pins() const { return Pins::read(context_.pins); }

 private:
  Client(ClientContext context, net::TlsContext tls, crypto::PrivateKey key, crypto::Identity scheduler)
      : context_(std::move(context)),
        tls_(std::move(tls)),
        key_(std::move(key)),
        expected_(std::move(scheduler)) {}
  Result<net::Connection*> scheduler_connection();
  template <class T, class Request, class... More>
  static Result<T> once(Result<net::Connection*> connection, Millis patience, const Request& request,
                        const More&... more) {
    if (!connection) return std::unexpected(std::move(connection).error());
    return expect<T>(ask(**connection, request, patience, more...), **connection);
  }
  /// A connection that was kept may have ended since, with a restart of the other side. Requests may be
  /// repeated.
  static bool is_stale(const Error& error) { return error.code == ErrorCode::kUnavailable; }

  ClientContext context_;
  net::TlsContext tls_;
  crypto::PrivateKey key_;
  crypto::Identity expected_;  ///< the scheduler
  std::unique_ptr<net::Connection> scheduler_;
  std::map<std::string, std::unique_ptr<net::Connection>> nodes_;  ///< by identity
};

}  // namespace spud::service::client
