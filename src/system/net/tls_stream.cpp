// SPDX-License-Identifier: Apache-2.0
#include "system/net/tls_stream.hpp"

#include <algorithm>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/check.hpp"
#include "system/net/tls_error.hpp"

namespace spud::net {
namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;  // the most that TLS puts into one
constexpr std::size_t kBatchBytes =
    128 * 1024;  // encrypted before the socket is asked: fits the second-level cache
constexpr std::size_t kSmallRoomBytes = 16 * 1024;
constexpr std::size_t kLargeRoomBytes = 256 * 1024;
constexpr Millis kLinger{1000};

}  // namespace

void TlsStream::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsStream::TlsStream(Socket socket, TlsSide side, const TlsContext& context)
    : context_(context),
      socket_(std::move(socket)),
      own_(context.self().party),
      where_(socket_.peer_address()),
      ssl_(context.new_handshake()) {
  SPUD_CHECK(ssl_ != nullptr, "an SSL object fails only when memory is exhausted");
  records_.in.resize(kSmallRoomBytes);
  BIO* bio = make_bio(records_);
  SSL_set_bio(ssl_.get(), bio, bio);
  if (side == TlsSide::kClient) {
    SSL_set_connect_state(ssl_.get());
  } else {
    SSL_set_accept_state(ssl_.get());
  }
}

Result<std::unique_ptr<TlsStream>> TlsStream::open(Socket socket, TlsSide side, const TlsContext& context,
                                                   const ExpectedPeer& expected, const LinkShape& shape,
                                                   Deadline deadline) {
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(socket), side, context));
  const auto generation = context.generation();
  PeerCheck check{context, expected, {}, {}, {}};
  SSL_set_ex_data(stream->ssl_.get(), peer_check_index(), &check);
  auto shaken = stream->shake_hands(check, deadline);
  SSL_set_ex_data(stream->ssl_.get(), peer_check_index(), nullptr);
  TlsContext::forget_key(stream->ssl_.get());
  if (!shaken) {
    stream->stopped_ = true;  // nothing was agreed, so there is no goodbye to say
    return std::unexpected(std::move(shaken.error()));
  }
  stream->peer_ = std::move(*check.identity);
  stream->where_ = stream->peer_.str() + " at " + stream->peer_address();
  if (shape.active()) {
    stream->shaper_ = std::make_unique<LinkShaper>(shape, [raw = stream.get()](ByteView bytes) {
      return raw->socket_.send_all(bytes, Deadline::never());
    });
  }
  // Last: from here on another thread may end it.
  auto opened =
      context.opened(stream.get(), *check.certificate, generation, [raw = stream.get()] { raw->shutdown(); });
  if (!opened) return std::unexpected(stream->placed(std::move(opened.error())));
  return stream;
}

TlsStream::~TlsStream() {
  context_.closed(this);
  shutdown();
  // A peer that takes nothing must not keep us: without the socket the shaper's thread ends.
  if (shaper_ && !shaper_->drained(kLinger)) socket_.shutdown_both();
  shaper_.reset();
}

Error TlsStream::placed(Error error) const {
  error.where = error.where.empty() || error.where == peer_address() ? where_ : where_ + ": " + error.where;
  if (error.party.empty()) error.party = peer_.party.str();
  return error;
}

Error TlsStream::cancelled() const {
  return {ErrorCode::kCancelled, "the connection was shut down on our side", where_, {}, {}, {}};
}

Status TlsStream::shake_hands(PeerCheck& check, Deadline deadline) {
  for (;;) {
    ERR_clear_error();
    int done = SSL_do_handshake(ssl_.get());
    int why = SSL_get_error(ssl_.get(), done);
    if (done != 1 && why != SSL_ERROR_WANT_READ) {
      Error error = take_tls_error(own_);
      if (check.refusal) error = std::move(*check.refusal);
      if (check.identity) where_ = check.identity->str() + " at " + peer_address();
      tell_and_linger(deadline);
      return std::unexpected(placed(std::move(error)));
    }
    SPUD_TRY(flush_handshake(deadline));
    if (done == 1) break;
    auto filled = fill(deadline);
    if (!filled) {
      Error error = std::move(filled.error());
      if (error.code == ErrorCode::kTimeout)
        error.what = "the TLS handshake did not end within the time allowed";
      return std::unexpected(std::move(error));
    }
  }
  if (!check.identity || SSL_session_reused(ssl_.get())) {
    return fail(ErrorCode::kInternal, "a handshake ended without a check of the peer's certificate", where_);
  }
  return {};
}

Status TlsStream::flush_handshake(Deadline deadline) {
  auto sent = socket_.send_all(records_.out, deadline);
  records_.out.clear();
  if (!sent) return std::unexpected(placed(std::move(sent.error())));
  return {};
}

// Closing a socket with unread bytes resets it, and a reset overtakes the alert: so read until the peer has
// hung up.
void TlsStream::tell_and_linger(Deadline deadline) {
  Deadline end = deadline.earlier(Deadline::after(kLinger));
  if (!flush_handshake(end)) return;
  socket_.shutdown_write();
  Bytes ignored(kSmallRoomBytes);
  for (auto got = socket_.receive_some(ignored, end); got && *got > 0 && !end.passed();) {
    got = socket_.receive_some(ignored, end);
  }
}

Status TlsStream::write(std::span<const ByteView> parts, Deadline deadline) {
  // Before the look at stopped_: shutdown() sets that first and looks here second, so one of us sees the
  // other.
  writing_ = true;
  auto status = write_parts(parts, deadline);
  writing_ = false;
  return status;
}

Status TlsStream::write_parts(std::span<const ByteView> parts, Deadline deadline) {
  if (stopped_) return std::unexpected(cancelled());
  staging_.clear();
  for (ByteView part : parts) {
    while (!part.empty()) {
      std::size_t taken, waiting = 0;
      if (staging_.empty() && part.size() >= kRecordBytes) {
        taken = std::min(part.size() / kRecordBytes * kRecordBytes, kBatchBytes);
        SPUD_ASSIGN(waiting, encrypt(part.first(taken)));
      } else {
        taken = std::min(part.size(), kRecordBytes - staging_.size());
        staging_.insert(staging_.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(taken));
        if (staging_.size() == kRecordBytes) {
          SPUD_ASSIGN(waiting, encrypt(staging_));
          staging_.clear();
        }
      }
      part = part.subspan(taken);
      if (waiting >= kBatchBytes) SPUD_TRY(transmit(deadline));
    }
  }
  if (!staging_.empty()) SPUD_TRY(encrypt(staging_));
  return transmit(deadline);
}

// Returns the bytes that wait to be transmitted.
Result<std::size_t> TlsStream::encrypt(ByteView bytes) {
  std::lock_guard lock(tls_mutex_);
  ERR_clear_error();
  std::size_t written = 0;
  int done = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
  if (done == 1 && written == bytes.size()) return records_.out.size();
  if (stopped_) return std::unexpected(cancelled());
  return std::unexpected(placed(take_tls_error(own_)));
}

Status TlsStream::transmit(Deadline deadline) {
  sending_.clear();
  {
    std::lock_guard lock(tls_mutex_);
    sending_.swap(records_.out);
  }
  if (sending_.empty()) return {};
  auto sent =
      shaper_ ? shaper_->push(std::exchange(sending_, {}), deadline) : socket_.send_all(sending_, deadline);
  if (stopped_ && !sent) return std::unexpected(cancelled());
  if (!sent) return std::unexpected(placed(std::move(sent.error())));
  return {};
}

// 0: nothing decrypted yet, unless `ended` says that the peer has said goodbye.
Result<std::size_t> TlsStream::decrypt(MutableBytes out, bool& ended) {
  std::lock_guard lock(tls_mutex_);
  std::size_t total = 0;
  while (total < out.size() && total < kBatchBytes) {
    ERR_clear_error();
    std::size_t got = 0;
    int done = SSL_read_ex(ssl_.get(), out.data() + total, out.size() - total, &got);
    if (done == 1) {
      total += got;
      continue;
    }
    int why = SSL_get_error(ssl_.get(), done);
    if (why == SSL_ERROR_WANT_READ || total > 0) break;  // an error comes again at the next call
    if (why == SSL_ERROR_ZERO_RETURN) {
      ended = true;
      break;
    }
    if (stopped_) return std::unexpected(cancelled());
    return std::unexpected(placed(take_tls_error(own_)));
  }
  return total;
}

Result<std::size_t> TlsStream::read_some(MutableBytes out, Deadline deadline) {
  if (out.empty()) return 0;
  for (;;) {
    if (stopped_) return std::unexpected(cancelled());
    bool ended = false;
    SPUD_ASSIGN(std::size_t got, decrypt(out, ended));
    if (got > 0 || ended) return got;
    SPUD_TRY(fill(deadline));
  }
}

// More records from the socket, once OpenSSL has taken all that were there.
Status TlsStream::fill(Deadline deadline) {
  SPUD_CHECK(records_.in_begin == records_.in_end, "OpenSSL asks for more only when it has taken everything");
  records_.in_begin = records_.in_end = 0;
  auto got = socket_.receive_some(records_.in, deadline);
  if (stopped_) return std::unexpected(cancelled());
  if (!got) return std::unexpected(placed(std::move(got.error())));
  if (*got == 0) {
    return std::unexpected(
        placed({ErrorCode::kUnavailable,
                "the connection ended without a goodbye: the peer's process ended or broke it off",
                {},
                {},
                {},
                {}}));
  }
  records_.in_end = *got;
  // A busy link earns a bigger buffer; a thousand idle ones do not pay for it.
  if (*got == records_.in.size() && *got < kLargeRoomBytes) records_.in.resize(kLargeRoomBytes);
  return {};
}

void TlsStream::shutdown() {
  if (stopped_.exchange(true)) return;
  Bytes goodbye;
  // A goodbye in the middle of a write would tear its records: then the peer sees the connection break off.
  if (!writing_) {
    std::lock_guard lock(tls_mutex_);
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    goodbye.swap(records_.out);
  }
  if (shaper_) {
    shaper_->finish([this, goodbye = std::move(goodbye)] {
      socket_.send_now(goodbye);
      socket_.shutdown_both();
    });
    socket_.shutdown_read();
  } else {
    socket_.send_now(goodbye);
    socket_.shutdown_both();
  }
}

}  // namespace spud::net
