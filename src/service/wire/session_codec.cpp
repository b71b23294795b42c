// SPDX-License-Identifier: Apache-2.0
#include "service/wire/session_codec.hpp"

#include "base/limits.hpp"
#include "schemas/session.capnp.h"
#include "service/wire/control_codec.hpp"

namespace spud::service::wire {

namespace {

void put(const Error& error, schema::LinkFrame::Builder out) {
  write(error, out.initAbort());
}
void put(const Hello& hello, schema::LinkFrame::Builder out) {
  auto builder = out.initHello();
  builder.setVersion(static_cast<std::uint16_t>(hello.version));
  builder.setJob(hello.job.str());
  builder.setAttempt(hello.attempt);
  builder.setRank(static_cast<std::uint16_t>(index(hello.rank)));
  write(hello.manifest, builder.initManifest(hello.manifest.size()));
}
void put(const PairKey&, schema::LinkFrame::Builder out) {
  out.setKey();
}
void put(const Round& round, schema::LinkFrame::Builder out) {
  auto builder = out.initRound();
  builder.setNumber(round.number);
  builder.setOpenings(round.openings);
  builder.setBytes(round.bytes);
  builder.setPart(round.part);
}
void put(const Alive&, schema::LinkFrame::Builder out) {
  out.setHeartbeat();
}
void put(const Finished&, schema::LinkFrame::Builder out) {
  out.setFinished();
}

LinkFrame take(schema::LinkFrame::Reader in) {
  switch (in.which()) {
    case schema::LinkFrame::HELLO: {
      auto hello = in.getHello();
      if (hello.getRank() >= limits::kPartiesPerDevice)
        throw Refused{"hello.rank", std::to_string(hello.getRank())};
      // Who it is and which attempt it means is read of any version, so that it can be refused by name.
      return Hello{JobId(read_name("hello.job", hello.getJob())), hello.getAttempt(), Rank{hello.getRank()},
                   hello.getVersion() == kLinkVersion ? read(hello.getManifest()) : Fields{},
                   hello.getVersion()};
    }
    case schema::LinkFrame::KEY:
      return PairKey{};
    case schema::LinkFrame::ROUND: {
      auto round = in.getRound();
      return Round{round.getNumber(), round.getOpenings(), round.getBytes(), round.getPart()};
    }
    case schema::LinkFrame::HEARTBEAT:
      return Alive{};
    case schema::LinkFrame::ABORT:
      return read(in.getAbort());
    case schema::LinkFrame::FINISHED:
      return Finished{};
    case schema::LinkFrame::UNSET:
      break;
  }
  throw Refused{"frame", "of a kind this build does not know"};
}

}  // namespace

Bytes encode(const LinkFrame& frame) {
  return write_message([&](capnp::MessageBuilder& message) {
    auto root = message.initRoot<schema::LinkFrame>();
    std::visit([&](const auto& kind) { put(kind, root); }, frame);
  });
}

Result<LinkFrame> decode_link_frame(ByteView bytes) {
  LinkFrame frame;
  SPUD_TRY(read_message(bytes, "frame of a link", [&](capnp::MessageReader& message) {
    frame = take(message.getRoot<schema::LinkFrame>());
  }));
  return frame;
}

}  // namespace spud::service::wire
