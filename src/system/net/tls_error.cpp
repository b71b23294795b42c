// SPDX-License-Identifier: Apache-2.0
#include "system/net/tls_error.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace spud::net {
namespace {

enum class Fault { kOurs, kPeers };
using enum Fault;

struct Words {
  int reason;
  ErrorCode code;
  const char* what;
  const char* hint;
  Fault fault = kPeers;
};

constexpr Words kWords[] = {
    // What the peer told us.
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, ErrorCode::kDenied,
     "the peer refused our certificate: no authority in its bundles vouches for it",
     "install our party's current bundle at the peer", kOurs},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, ErrorCode::kDenied,
     "the peer refused our certificate: it is not in its time by the peer's clock",
     "renew it, or compare the clocks", kOurs},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, ErrorCode::kDenied,
     "the peer refused our certificate: its URI name is malformed or not for our authority to give", "",
     kOurs},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, ErrorCode::kDenied,
     "the peer refused our certificate: it expects another party, role or name", "is this the right address?",
     kOurs},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, ErrorCode::kDenied, "the peer refused our certificate", "",
     kOurs},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, ErrorCode::kDenied, "the peer demands a certificate from us",
     "", kOurs},
    {SSL_R_TLSV1_ALERT_DECRYPT_ERROR, ErrorCode::kPeerFault,
     "the peer says that our signature does not match our certificate", "", kOurs},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, ErrorCode::kPeerFault, "the peer does not speak TLS 1.3", ""},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, ErrorCode::kPeerFault, "the peer accepts none of our ciphers", ""},
    {SSL_R_TLSV1_ALERT_INTERNAL_ERROR, ErrorCode::kPeerFault, "the peer reports a failure of its own", ""},
    // What we do not like about the peer.
    {SSL_R_UNSUPPORTED_PROTOCOL, ErrorCode::kPeerFault, "the peer does not speak TLS 1.3", ""},
    {SSL_R_HTTP_REQUEST, ErrorCode::kPeerFault, "the peer speaks plain HTTP", "this port takes TLS only"},
    {SSL_R_HTTPS_PROXY_REQUEST, ErrorCode::kPeerFault, "the peer speaks plain HTTP",
     "this port takes TLS only"},
    {SSL_R_WRONG_VERSION_NUMBER, ErrorCode::kPeerFault, "the peer does not speak TLS",
     "this port takes TLS only"},
    {SSL_R_PACKET_LENGTH_TOO_LONG, ErrorCode::kPeerFault, "the peer does not speak TLS",
     "this port takes TLS only"},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, ErrorCode::kDenied, "the peer has no certificate", ""},
    {SSL_R_CERTIFICATE_VERIFY_FAILED, ErrorCode::kDenied, "the peer's certificate is not believed", ""},
    {SSL_R_NO_SHARED_CIPHER, ErrorCode::kPeerFault, "the peer offers none of our ciphers", ""},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, ErrorCode::kPeerFault,
     "a record was changed on its way, or is not the peer's", ""},
};

}  // namespace

Error take_tls_error(const PartyId& own) {
  unsigned long first = ERR_get_error();
  ERR_clear_error();
  int reason = ERR_GET_LIB(first) == ERR_LIB_SSL ? ERR_GET_REASON(first) : 0;
  for (const Words& words : kWords) {
    if (words.reason != reason) continue;
    return {words.code, words.what, {}, {}, words.fault == kOurs ? own.str() : std::string(), words.hint};
  }
  const char* text = first == 0 ? nullptr : ERR_reason_error_string(first);
  return {ErrorCode::kPeerFault,
          std::string("TLS failed: ") + (text == nullptr ? "no reason given" : text),
          {},
          {},
          {},
          {}};
}

}  // namespace spud::net
