// SPDX-License-Identifier: Apache-2.0
#include "actors/node/serve.hpp"

#include <array>

#include "actors/door/ask.hpp"
#include "actors/door/refused_frame.hpp"
#include "actors/door/request_line.hpp"
#include "actors/door/working.hpp"
#include "actors/node/control.hpp"
#include "service/node/upload_book.hpp"

namespace spud::actors {

namespace {

constexpr Millis kIdle{10 * 60'000};
constexpr Millis kSend{60'000};
constexpr Millis kStoreAnswer{5 * 60'000};
constexpr Millis kPrepare{15 * 60'000};

void judge(const NodeDoor& door, const net::Connection& connection, Error& error) {
  judge_frame(door.registry, kMalformedRequest, door.log, connection, error);
}

void serve_peer(const NodeDoor& door, const std::shared_ptr<net::Connection>& connection) {
  auto frame = connection->receive({.payload_bytes = 0}, kSend);
  if (!frame) return judge(door, *connection, frame.error());
  auto said = wire::decode_link_frame(frame->header);
  const auto* hello = said ? std::get_if<wire::Hello>(&*said) : nullptr;
  if (hello == nullptr) {
    Error error =
        said ? Error{ErrorCode::kPeerFault, "no hello", "link", "hello first", "", ""} : said.error();
    judge(door, *connection, error);
    turn_away(*connection, error);
    return;
  }
  caf::anon_send(door.node, std::make_shared<LinkOffer>(LinkOffer{connection, *hello}));
}

/// Sends a result: its head, then its bytes in chunks.
bool send_result(net::Connection& connection, const ResultMail& mail) {
  if (!connection.send(wire::encode(wire::NodeAnswer(mail.head)), kSend)) return false;
  const ByteView data(*mail.data);
  for (std::uint64_t at = 0; at < data.size(); at += service::node::kChunkBytes) {
    const std::array segments{
        data.subspan(at, std::min<std::size_t>(service::node::kChunkBytes, data.size() - at))};
    if (!connection.send(wire::encode(wire::NodeAnswer(wire::ResultChunk{at})), segments, kSend))
      return false;
  }
  return true;
}

/// Which actor a request is for, and whether it brings a payload.
struct Dispatch {
  caf::scoped_actor& self;
  const NodeDoor& door;
  net::Connection& connection;
  Payload payload;

  template <class Kind>
  wire::NodeAnswer operator()(const Kind& kind) const {
    constexpr bool stock = std::is_same_v<Kind, wire::PrepareStock> || std::is_same_v<Kind, wire::MakeTape> ||
                           std::is_same_v<Kind, wire::ListStock> || std::is_same_v<Kind, wire::DiscardTape>;
    constexpr bool attempt =
        std::is_same_v<Kind, wire::PrepareAttempt> || std::is_same_v<Kind, wire::StartAttempt> ||
        std::is_same_v<Kind, wire::AwaitAttempt> || std::is_same_v<Kind, wire::CancelAttempt> ||
        std::is_same_v<Kind, wire::ReserveTape> || std::is_same_v<Kind, wire::FetchTrace>;
    constexpr bool bulk = std::is_same_v<Kind, wire::PrepareUpload> ||
                          std::is_same_v<Kind, wire::UploadChunk> || std::is_same_v<Kind, wire::BlobChunk>;
    // What has begun may go on: an upload lies on disk and is resumed after the restart.
    constexpr bool begins = std::is_same_v<Kind, wire::PrepareUpload> ||
                            std::is_same_v<Kind, wire::BlobChunk> ||
                            std::is_same_v<Kind, wire::PrepareStock> || std::is_same_v<Kind, wire::MakeTape>;
    if constexpr (begins) {
      if (door.draining != nullptr && *door.draining) {
        return Error{ErrorCode::kUnavailable, "is shutting down",     "node " + door.name.str(), "",
                     door.party.str(),        "ask again in a moment"};
      }
    }
    if constexpr (stock) {
      return about_stock(kind);
    } else if constexpr (attempt) {
      return answer(door.node, kPrepare, connection.peer(), kind);
    } else if constexpr (bulk) {
      return answer(door.store, kStoreAnswer, connection.peer(), kind, payload);
    } else {
      return answer(door.store, kStoreAnswer, connection.peer(), kind);
    }
  }

 private:
  template <class T>
  static wire::NodeAnswer plain(Result<T> result) {
    if (!result) return std::move(result).error();
    return std::move(*result);
  }
  template <class Kind>
  wire::NodeAnswer about_stock(const Kind& kind) const {
    const auto& caller = connection.peer();
    if (door.tapes == nullptr) {
      return Error{ErrorCode::kUnsupported,
                   "this node keeps no stock",
                   "stock",
                   "",
                   "",
                   "its configuration names stock.keys"};
    }
    if constexpr (std::is_same_v<Kind, wire::PrepareStock>) return plain(door.tapes->prepare(caller, kind));
    if constexpr (std::is_same_v<Kind, wire::MakeTape>) return plain(door.tapes->make(caller, kind));
    if constexpr (std::is_same_v<Kind, wire::ListStock>) return plain(door.tapes->list(caller));
    if constexpr (std::is_same_v<Kind, wire::DiscardTape>) return plain(door.tapes->discard(caller, kind));
  }
  template <class Actor, class... Arguments>
  wire::NodeAnswer answer(const Actor& actor, Millis timeout, const Arguments&... arguments) const {
    using T = typename AnswerOf<Actor, Arguments...>::type;
    auto outcome = ask<T>(self, actor, timeout, arguments...);
    if (!outcome) return std::move(outcome).error();
    return std::move(*outcome);
  }
};

/// A request whose answer has not gone yet.
class Owed {
 public:
  explicit Owed(std::atomic<std::uint64_t>* all) : all_(all) {
    if (all_ != nullptr) ++*all_;
  }
  ~Owed() {
    if (all_ != nullptr) --*all_;
  }
  Owed(const Owed&) = delete;
  Owed& operator=(const Owed&) = delete;

 private:
  std::atomic<std::uint64_t>* all_;
};

/// Answers one request; false when the connection is of no more use.
bool serve_request(caf::scoped_actor& self, const NodeDoor& door, net::Connection& connection,
                   Working& working) {
  auto frame = connection.receive({}, kIdle);
  if (!frame) {
    judge(door, connection, frame.error());
    return false;
  }
  auto request = wire::decode_node_request(frame->header);
  if (!request) {
    judge(door, connection, request.error());
    (void)connection.send(wire::encode(wire::NodeAnswer(request.error())), kSend);
    return false;
  }
  const Owed owed(door.answering);
  working.begin();
  if (const auto* fetch = std::get_if<wire::FetchResult>(&*request)) {
    auto mail = [&] {
      // How long it takes to send it is the client's matter.
      const RequestLine line(door.log, connection.peer(), *fetch);
      return ask<ResultMail>(self, door.store, kStoreAnswer, connection.peer(), *fetch);
    }();
    working.end();
    if (mail) return send_result(connection, *mail);
    return connection.send(wire::encode(wire::NodeAnswer(mail.error())), kSend).has_value();
  }
  const Dispatch dispatch{self, door, connection, std::make_shared<const Bytes>(std::move(frame->payload))};
  auto answer = std::visit(
      [&](const auto& kind) -> wire::NodeAnswer {
        using Kind = std::decay_t<decltype(kind)>;
        if constexpr (std::is_same_v<Kind, wire::FetchResult>) {
          return Error{};  // answered above
        } else {
          const RequestLine line(door.log, connection.peer(), kind);
          return dispatch(kind);
        }
      },
      *request);
  working.end();
  return connection.send(wire::encode(answer), kSend).has_value();
}

}  // namespace

void serve_node(const NodeDoor& door, const std::shared_ptr<net::Connection>& connection) {
  const bool peer = connection->peer().role == crypto::Role::kCompute;
  if (door.peers != nullptr) door.peers->count(*connection, peer ? Carries::kSession : Carries::kRequest);
  if (peer) return serve_peer(door, connection);
  caf::scoped_actor self(door.system);
  Working working(*connection, wire::encode(wire::NodeAnswer(wire::StillWorking{})), door.heartbeat);
  while (serve_request(self, door, *connection, working)) {
  }
}

}  // namespace spud::actors
