// SPDX-License-Identifier: Apache-2.0
#include "actors/node/tape_stream.hpp"

#include "actors/node/dealer_link.hpp"
#include "base/limits.hpp"

namespace spud::actors {

TapeStream::TapeStream(std::unique_ptr<net::Connection> connection, std::string dealer, Millis silence)
    : connection_(std::move(connection)),
      dealer_(std::move(dealer)),
      silence_(silence),
      pipe_(limits::kTapeBufferBytes) {}

Result<std::unique_ptr<TapeStream>> TapeStream::open(const wire::OpenTape& request,
                                                     const service::Member& member, ByteView demand,
                                                     const net::TlsContext& tls, Millis silence,
                                                     const net::LinkShape& shape) {
  const auto dealer = member.party.str();
  SPUD_ASSIGN(auto opened, open_tape(request, member, demand, tls, silence, shape));
  auto* granted = std::get_if<wire::TapeOpened>(&opened.answer);
  if (granted == nullptr || granted->tape.empty())
    return fail(ErrorCode::kPeerFault, "another kind of tape", "tape", "one for this attempt", dealer);
  std::unique_ptr<TapeStream> stream(new TapeStream(std::move(opened.connection), dealer, silence));
  stream->name_ = std::move(granted->tape);
  stream->seed_ = std::move(opened.seed);
  stream->receiver_ = std::thread([raw = stream.get()] { raw->receive(); });
  return stream;
}

TapeStream::~TapeStream() {
  pipe_.close(Error{ErrorCode::kCancelled, "the attempt has ended", "tape", "", "", ""});
  connection_->shutdown();
  if (receiver_.joinable()) receiver_.join();
}

void TapeStream::receive() {
  for (;;) {
    auto more = receive_one();
    if (!more) {
      auto error = std::move(more).error();
      if (error.party.empty()) error.party = dealer_;
      pipe_.close(std::move(error));
      return;
    }
    if (!*more) {
      pipe_.close(Error{ErrorCode::kPeerFault, "the tape is exhausted", "tape", "", dealer_, ""});
      return;
    }
  }
}

Result<bool> TapeStream::receive_one() {
  SPUD_ASSIGN(auto header, connection_->receive_header({}, silence_));
  SPUD_ASSIGN(auto answer, wire::decode_dealer_answer(header));
  if (auto* problem = std::get_if<Error>(&answer)) return std::unexpected(std::move(*problem));
  const auto bytes = static_cast<std::size_t>(connection_->payload_length());
  if (const auto* chunk = std::get_if<wire::TapeChunk>(&answer)) {
    if (chunk->offset != received_) return fail(ErrorCode::kPeerFault, "a gap in the tape", "tape");
    received_ += bytes;
    // An empty chunk only says that the dealer lives.
    if (bytes == 0) return true;
    auto payload = std::make_unique<ring::Buffer>(bytes);
    SPUD_TRY(connection_->receive_payload({payload->data(), bytes}, silence_));
    SPUD_TRY(pipe_.push(std::move(payload)));
    return true;
  }
  if (bytes != 0) return fail(ErrorCode::kPeerFault, "a payload where none belongs", "tape");
  const auto* end = std::get_if<wire::TapeEnd>(&answer);
  if (end == nullptr || end->bytes != received_)
    return fail(ErrorCode::kPeerFault, "a tape cut short", "tape");
  return false;
}

}  // namespace spud::actors
