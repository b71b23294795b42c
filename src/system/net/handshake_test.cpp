// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/net/test_parties.hpp"

namespace spud::net {
namespace {

using crypto::Role;
using testing::HasSubstr;

class Refusals : public testing::Test {
 protected:
  static const Parties& parties() {
    static const Parties made;
    return made;
  }
  const TlsContext bob_ = parties().context("bob");
};

TEST_F(Refusals, AuthorityThatTheServerDoesNotKnow) {
  auto leaf = crypto::issue(parties().carol, node_of("carol"), valid_now()).value();
  auto both = shake_hands(parties().context_of(leaf, "carol", parties().carol.certificate), bob_);
  ASSERT_FALSE(both.server);
  EXPECT_EQ(both.server.error().code, ErrorCode::kDenied);
  EXPECT_THAT(both.server.error().message(), HasSubstr("carol.spud"));
  EXPECT_THAT(both.server.error().message(), HasSubstr("127.0.0.1:"));
  ASSERT_FALSE(both.client) << "the server's refusal is the client's error";
  EXPECT_EQ(both.client.error().code, ErrorCode::kDenied);
  EXPECT_THAT(both.client.error().message(), HasSubstr("bob/compute/bob-0 at 127.0.0.1:"));
  EXPECT_THAT(both.client.error().message(), HasSubstr("no authority in its bundles vouches for it"));
  EXPECT_EQ(both.client.error().party, "carol") << "the refused, not the refuser";
}

TEST_F(Refusals, AreCountedOnBothSidesAsHandshakesThatFailed) {
  const TlsContext alice = parties().context("alice");
  ASSERT_TRUE(shake_hands(alice, bob_).client);
  EXPECT_EQ(alice.handshakes().client.done, 1u);
  EXPECT_EQ(bob_.handshakes().server.done, 1u);
  auto leaf = crypto::issue(parties().carol, node_of("carol"), valid_now()).value();
  const auto carol = parties().context_of(leaf, "carol", parties().carol.certificate);
  ASSERT_FALSE(shake_hands(carol, bob_).server);
  const TlsContext copy = bob_;
  EXPECT_EQ(copy.handshakes().server.failed, 1u) << "copies count together";
  EXPECT_EQ(carol.handshakes().client.failed, 1u) << "although TLS was done at the client before the refusal";
  EXPECT_EQ(alice.handshakes().client.failed, 0u);
  EXPECT_EQ(bob_.handshakes().client.done, 0u);
}

TEST_F(Refusals, AuthorityOfTheServerThatTheClientDoesNotKnow) {
  auto leaf = crypto::issue(parties().carol, node_of("carol"), valid_now()).value();
  auto both = shake_hands(parties().context("alice"),
                          parties().context_of(leaf, "carol", parties().carol.certificate));
  ASSERT_FALSE(both.client);
  EXPECT_THAT(both.client.error().message(), HasSubstr("carol.spud"));
  ASSERT_FALSE(both.server);
  EXPECT_THAT(both.server.error().message(), HasSubstr("the peer refused our certificate"));
  EXPECT_EQ(both.server.error().party, "carol");
}

TEST_F(Refusals, AlicesAuthorityThatClaimsToSpeakForBob) {
  // Inside, the cheat's own bundle says that alice's authority is bob's.
  auto leaf = crypto::issue(parties().alice, node_of("bob"), valid_now()).value();
  crypto::Trust crooked;
  ASSERT_TRUE(
      crooked.add({PartyId("bob"), "bob.spud", {parties().alice.certificate, parties().bob.certificate}}));
  auto both = shake_hands(TlsContext::make(leaf, std::move(crooked)).value(), bob_);
  ASSERT_FALSE(both.server);
  EXPECT_EQ(both.server.error().code, ErrorCode::kDenied);
  EXPECT_EQ(both.server.error().party, "alice");
  EXPECT_THAT(both.server.error().message(),
              HasSubstr("an authority of alice signed a name of bob/compute/bob-0"));
  ASSERT_FALSE(both.client);
  EXPECT_THAT(both.client.error().message(), HasSubstr("not for our authority to give"));
}

TEST_F(Refusals, RolePartyOrNameThatIsNotTheExpectedOne) {
  TlsContext alice = parties().context("alice");
  ExpectedPeer other_name = ExpectedPeer::exactly(node_of("bob"));
  other_name.name = NodeId("bob-1");
  for (const ExpectedPeer& wrong :
       {ExpectedPeer::of(Role::kDealer), ExpectedPeer::of(Role::kCompute, PartyId("alice")), other_name}) {
    auto both = shake_hands(alice, bob_, wrong);
    ASSERT_FALSE(both.client) << wrong.str();
    EXPECT_EQ(both.client.error().code, ErrorCode::kDenied);
    EXPECT_EQ(both.client.error().party, "bob");
    EXPECT_THAT(both.client.error().message(),
                HasSubstr("the peer is bob/compute/bob-0; expected " + wrong.str()));
    ASSERT_FALSE(both.server);
    EXPECT_THAT(both.server.error().message(), HasSubstr("it expects another party, role or name"));
  }
  EXPECT_TRUE(shake_hands(alice, bob_, ExpectedPeer::exactly(node_of("bob"))).client);
  EXPECT_TRUE(shake_hands(alice, bob_, ExpectedPeer::of(Role::kCompute, PartyId("bob"))).client);
}

TEST_F(Refusals, RoleThatTheServerDoesNotServe) {
  auto both = shake_hands(parties().context("alice", Role::kClient), bob_, ExpectedPeer::anyone(),
                          ExpectedPeer::of(Role::kDealer));
  ASSERT_FALSE(both.server);
  EXPECT_EQ(both.server.error().party, "alice");
  ASSERT_FALSE(both.client);
  EXPECT_EQ(both.client.error().code, ErrorCode::kDenied);
}

TEST_F(Refusals, CertificateThatRanOutWhileTheProcessRan) {
  std::int64_t now = SystemClock().unix_millis() / 1000;
  struct Yesterday final : Clock {
    Millis now() const override { return Millis(0); }
    std::int64_t unix_millis() const override { return SystemClock().unix_millis() - 86'400'000; }
  } yesterday;
  crypto::Validity past{now - 2 * 86'400, now - 3600};
  auto ca = crypto::create_ca(PartyId("alice"), {now - 3 * 86'400, now + 86'400}).value();
  auto leaf = crypto::issue(ca, node_of("alice"), past).value();
  auto long_bob = crypto::create_ca(PartyId("bob"), {now - 3 * 86'400, now + 86'400}).value();
  auto bob_leaf = crypto::issue(long_bob, node_of("bob"), {now - 3 * 86'400, now + 3600}).value();
  auto trust = [&] {
    crypto::Trust made;
    EXPECT_TRUE(made.add({PartyId("alice"), "alice.spud", {ca.certificate}}));
    EXPECT_TRUE(made.add({PartyId("bob"), "bob.spud", {long_bob.certificate}}));
    return made;
  };
  auto both = shake_hands(TlsContext::make(leaf, trust(), &yesterday).value(),
                          TlsContext::make(bob_leaf, trust()).value());
  ASSERT_FALSE(both.server);
  EXPECT_EQ(both.server.error().party, "alice");
  EXPECT_THAT(both.server.error().message(), HasSubstr("certificate or authority is valid from"));
  ASSERT_FALSE(both.client);
  EXPECT_THAT(both.client.error().message(), HasSubstr("not in its time by the peer's clock"));
  auto expired = TlsContext::make(leaf, trust());
  ASSERT_FALSE(expired) << "and it is not loaded again";
  EXPECT_THAT(expired.error().message(), HasSubstr("our own certificate"));
}

TEST_F(Refusals, ContextWithAnothersKeyOrWithoutOurOwnBundle) {
  auto leaf = crypto::issue(parties().alice, node_of("alice"), valid_now()).value();
  EXPECT_FALSE(TlsContext::make({parties().bob.key, leaf.certificate}, parties().trust()));
  crypto::Trust only_bob;
  ASSERT_TRUE(only_bob.add({PartyId("bob"), "bob.spud", {parties().bob.certificate}}));
  EXPECT_FALSE(TlsContext::make(leaf, std::move(only_bob)));
}

// A server of ours against a client that is not ours.
class Strangers : public Refusals {
 protected:
  int dial() {
    int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(listener_.address().port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  ConnectionResult accept(Millis timeout = kPatience) {
    auto socket = listener_.accept(kPatience);
    if (!socket) return std::unexpected(socket.error());
    return Connection::accept(std::move(*socket), bob_, ExpectedPeer::anyone(), timeout);
  }
  // What our server says to an OpenSSL client with the given versions and no certificate.
  ConnectionResult serve_openssl(int min_version, int max_version) {
    std::thread client([&, fd = dial()] {
      std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                &SSL_CTX_free);
      SSL_CTX_set_min_proto_version(context.get(), min_version);
      SSL_CTX_set_max_proto_version(context.get(), max_version);
      std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
      SSL_set_fd(ssl.get(), fd);
      char byte;
      bool heard = SSL_connect(ssl.get()) == 1 && SSL_read(ssl.get(), &byte, 1) > 0;
      EXPECT_FALSE(heard);
      ::close(fd);
    });
    auto result = accept();
    client.join();
    return result;
  }
  Listener listener_ = Listener::bind({"127.0.0.1", 0}).value();
};

TEST_F(Strangers, OlderTlsIsRefused) {
  auto server = serve_openssl(TLS1_2_VERSION, TLS1_2_VERSION);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kPeerFault);
  EXPECT_THAT(server.error().message(), HasSubstr("the peer does not speak TLS 1.3"));
}

TEST_F(Strangers, ClientWithoutACertificateIsRefused) {
  auto server = serve_openssl(TLS1_3_VERSION, TLS1_3_VERSION);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kDenied);
  EXPECT_THAT(server.error().message(), HasSubstr("the peer has no certificate"));
}

TEST_F(Strangers, PlainTextIsRefused) {
  for (std::string_view text : {"GET / HTTP/1.1\r\nHost: node\r\n\r\n", "hello, is this a share store?\n"}) {
    int fd = dial();
    ASSERT_EQ(::send(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    ::shutdown(fd, SHUT_WR);
    auto server = accept();
    ::close(fd);
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().code, ErrorCode::kPeerFault);
    EXPECT_THAT(server.error().message(), HasSubstr("this port takes TLS only"));
  }
}

TEST_F(Strangers, SilenceEndsWithTheDeadline) {
  int fd = dial();
  auto server = accept(Millis(5));
  ::close(fd);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kTimeout);
  EXPECT_THAT(server.error().message(), HasSubstr("handshake"));
}

TEST_F(Strangers, WhoeverEndsTheConnectionWithoutAWordDoesNotSpeak) {
  for (const int linger : {0, 1}) {
    const int fd = dial();
    auto socket = listener_.accept(kPatience).value();
    const ::linger reset{linger, 0};
    ASSERT_EQ(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    ::close(fd);
    auto speaks = socket.speaks(Deadline::after(kPatience));
    ASSERT_TRUE(speaks);
    EXPECT_FALSE(*speaks) << "with a reset: " << linger;
  }
}

TEST_F(Strangers, WhoeverSaysSomethingSpeaksAndIsHeardFromTheFirstByte) {
  const int fd = dial();
  auto socket = listener_.accept(kPatience).value();
  const auto silence = socket.speaks(Deadline::after(Millis(5)));
  ASSERT_FALSE(silence);
  EXPECT_EQ(silence.error().code, ErrorCode::kTimeout);
  ASSERT_EQ(::send(fd, "ab", 2, 0), 2);
  ::close(fd);
  EXPECT_TRUE(socket.speaks(Deadline::after(kPatience)).value());
  Bytes heard(8);
  EXPECT_EQ(socket.receive_some(heard, Deadline::after(kPatience)), 2u);
}

TEST_F(Strangers, HangingUpInTheHandshakeIsNamed) {
  int fd = dial();
  ::close(fd);
  auto server = accept();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(server.error().message(), HasSubstr("127.0.0.1:"));
}

TEST_F(Strangers, ServerThatIsNotTlsTimesOutOrIsRefusedAtTheClient) {
  std::thread server([&] {
    auto socket = listener_.accept(kPatience).value();
    EXPECT_TRUE(socket.send_all(as_bytes("220 mail.example ESMTP\r\n"), Deadline::after(kPatience)));
    Bytes ignored(4096);
    while (true) {
      auto got = socket.receive_some(ignored, Deadline::after(kPatience));
      if (!got || *got == 0) break;
    }
  });
  auto client =
      Connection::connect(listener_.address(), parties().context("alice"), ExpectedPeer::anyone(), kPatience);
  server.join();
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ErrorCode::kPeerFault);
  EXPECT_THAT(client.error().message(), HasSubstr("the peer does not speak TLS"));
}

}  // namespace
}  // namespace spud::net
