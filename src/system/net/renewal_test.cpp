// SPDX-License-Identifier: Apache-2.0
// Key, certificate and bundles of a context that is in use are replaced.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "system/net/test_parties.hpp"

namespace spud::net {
namespace {

using crypto::Role;
using testing::ElementsAre;
using testing::HasSubstr;

struct FixedClock final : Clock {
  Millis now() const override { return Millis(0); }
  std::int64_t unix_millis() const override { return seconds * 1000; }
  std::atomic<std::int64_t> seconds{SystemClock().unix_millis() / 1000};
};

class Renewal : public testing::Test {
 protected:
  /// A server of bob's, and what it is renewed with: alice's authorities are those given.
  TlsContext bob_who_trusts(std::vector<crypto::Certificate> authorities,
                            const crypto::Credential& issuer) const {
    crypto::Trust trust;
    trust.add({PartyId("bob"), "bob.spud", {parties_.bob.certificate, bob_next_.certificate}}).value();
    if (!authorities.empty()) trust.add({PartyId("alice"), "alice.spud", std::move(authorities)}).value();
    return TlsContext::make(crypto::issue(issuer, node_of("bob"), validity_).value(), std::move(trust),
                            &clock_)
        .value();
  }
  TlsContext bob() const { return bob_who_trusts({parties_.alice.certificate}, parties_.bob); }

  /// A client of alice's who believes these authorities of bob's.
  TlsContext alice(std::vector<crypto::Certificate> bobs, const crypto::Credential& issuer,
                   crypto::Validity validity = valid_now()) const {
    crypto::Trust trust;
    trust.add({PartyId("alice"), "alice.spud", {issuer.certificate}}).value();
    trust.add({PartyId("bob"), "bob.spud", std::move(bobs)}).value();
    return TlsContext::make(crypto::issue(issuer, node_of("alice"), validity).value(), std::move(trust))
        .value();
  }
  TlsContext alice() const { return alice({parties_.bob.certificate}, parties_.alice); }

  const Parties parties_;
  const crypto::Credential bob_next_ = crypto::create_ca(PartyId("bob"), valid_now()).value();
  const crypto::Credential alice_next_ = crypto::create_ca(PartyId("alice"), valid_now()).value();
  const crypto::Validity validity_ = valid_now();
  FixedClock clock_;
};

void expect_alive(Connection& from, Connection& to) {
  ASSERT_TRUE(from.send(as_bytes("still there"), kPatience));
  auto frame = to.receive({64, 0}, kPatience);
  ASSERT_TRUE(frame) << frame.error().message();
}

TEST_F(Renewal, NewHandshakesShowTheNewCertificateAndOpenConnectionsGoOn) {
  TlsContext server = bob();
  const TlsContext copy = server;
  auto before = shake_hands(alice(), copy);
  ASSERT_TRUE(before.client && before.server);

  auto renewed = server.renew(bob_who_trusts({parties_.alice.certificate}, bob_next_));
  ASSERT_TRUE(renewed) << renewed.error().message();
  EXPECT_TRUE(renewed->certificate);
  EXPECT_TRUE(renewed->bundles.empty());
  EXPECT_EQ(renewed->ended, 0u);

  auto old_trust = shake_hands(alice(), copy);
  ASSERT_FALSE(old_trust.client) << "it shows a certificate of the new authority only";
  EXPECT_THAT(old_trust.client.error().message(), HasSubstr("no authority of bob vouches for it"));
  auto new_trust = shake_hands(alice({bob_next_.certificate}, parties_.alice), copy);
  EXPECT_TRUE(new_trust.client && new_trust.server);
  expect_alive(**before.client, **before.server);
  expect_alive(**before.server, **before.client);
}

TEST_F(Renewal, TheSameFilesChangeNothing) {
  const auto leaf = crypto::issue(parties_.bob, node_of("bob"), validity_).value();
  TlsContext server = TlsContext::make(leaf, parties_.trust()).value();
  auto renewed = server.renew(TlsContext::make(leaf, parties_.trust()).value());
  ASSERT_TRUE(renewed);
  EXPECT_FALSE(renewed->changed());
}

TEST_F(Renewal, AnAuthorityThatIsTakenAwayTakesItsConnectionsAlong) {
  TlsContext server = bob_who_trusts({parties_.alice.certificate, alice_next_.certificate}, parties_.bob);
  auto old = shake_hands(alice(), server);
  auto fresh = shake_hands(alice({parties_.bob.certificate}, alice_next_), server);
  ASSERT_TRUE(old.server && fresh.server);

  auto renewed = server.renew(bob_who_trusts({alice_next_.certificate}, parties_.bob));
  ASSERT_TRUE(renewed) << renewed.error().message();
  EXPECT_THAT(renewed->bundles, ElementsAre(PartyId("alice")));
  EXPECT_EQ(renewed->ended, 1u);
  auto heard = (*old.client)->receive({64, 0}, kPatience);
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ((*old.server)->send(as_bytes("?"), kPatience).error().code, ErrorCode::kCancelled);
  expect_alive(**fresh.client, **fresh.server);

  auto again = shake_hands(alice(), server);
  ASSERT_FALSE(again.server);
  EXPECT_EQ(again.server.error().code, ErrorCode::kDenied);
}

TEST_F(Renewal, APartyThatIsTakenAwayIsGone) {
  TlsContext server = bob();
  auto open = shake_hands(alice(), server);
  ASSERT_TRUE(open.server);
  auto renewed = server.renew(bob_who_trusts({}, parties_.bob));
  ASSERT_TRUE(renewed);
  EXPECT_THAT(renewed->bundles, ElementsAre(PartyId("alice")));
  EXPECT_EQ(renewed->ended, 1u);
}

TEST_F(Renewal, AClosedConnectionIsNotCounted) {
  TlsContext server = bob();
  { auto gone = shake_hands(alice(), server); }
  EXPECT_EQ(server.renew(bob_who_trusts({}, parties_.bob))->ended, 0u);
}

TEST_F(Renewal, ACertificateThatRanOutSinceIsNoReasonToEndItsConnection) {
  TlsContext server = bob();
  const std::int64_t now = clock_.seconds;
  auto open = shake_hands(alice({parties_.bob.certificate}, parties_.alice, {now - 60, now + 60}), server);
  ASSERT_TRUE(open.server);
  clock_.seconds = now + 120;
  auto renewed =
      server.renew(bob_who_trusts({parties_.alice.certificate, alice_next_.certificate}, bob_next_));
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->ended, 0u);
  expect_alive(**open.client, **open.server);
}

TEST_F(Renewal, AnotherIdentityIsRefused) {
  TlsContext server = bob();
  auto refused = server.renew(parties_.context("bob", Role::kDealer));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message(), HasSubstr("bob/dealer/bob-0"));
  EXPECT_THAT(refused.error().message(), HasSubstr("expected bob/compute/bob-0"));
  EXPECT_TRUE(shake_hands(alice(), server).client) << "it is as it was";
}

TEST_F(Renewal, AnotherNameForADomainIsRefused) {
  TlsContext server = bob();
  crypto::Trust renamed;
  renamed.add({PartyId("bob"), "bob.spud", {parties_.bob.certificate}}).value();
  renamed.add({PartyId("alina"), "alice.spud", {parties_.alice.certificate}}).value();
  const auto leaf = crypto::issue(parties_.bob, node_of("bob"), validity_).value();
  auto refused = server.renew(TlsContext::make(leaf, std::move(renamed)).value());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("calls alice.spud the domain of alina"));
  EXPECT_EQ(server.trust().bundles()[1].party, PartyId("alice"));
}

/// Tells when OpenSSL lets go of a key, which is when it overwrites it.
class KeyWatch {
 public:
  explicit KeyWatch(const crypto::PrivateKey& key) {
    EXPECT_EQ(EVP_PKEY_set_ex_data(key.handle(), index(), &gone_), 1);
  }
  bool gone() const { return gone_; }

 private:
  static int index() {
    static const int made = EVP_PKEY_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* flag, CRYPTO_EX_DATA*, int, long, void*) {
          if (flag != nullptr) *static_cast<std::atomic<bool>*>(flag) = true;
        });
    return made;
  }
  std::atomic<bool> gone_{false};
};

TEST_F(Renewal, TheOldKeyIsGoneThoughConnectionsThatItOpenedAreNot) {
  auto leaf =
      std::make_unique<crypto::Credential>(crypto::issue(parties_.bob, node_of("bob"), validity_).value());
  const KeyWatch watch(leaf->key);
  TlsContext server = TlsContext::make(*leaf, parties_.trust()).value();
  leaf.reset();
  auto open = shake_hands(alice(), server);
  ASSERT_TRUE(open.server);
  EXPECT_FALSE(watch.gone());
  ASSERT_TRUE(server.renew(parties_.context("bob")));
  EXPECT_TRUE(watch.gone());
  expect_alive(**open.client, **open.server);
}

TEST_F(Renewal, HandshakesMeetOneCertificateOrTheOtherWhileItIsReplaced) {
  constexpr int kClients = 4, kRenewals = 40;
  TlsContext server = bob();
  const TlsContext next[] = {bob_who_trusts({parties_.alice.certificate}, bob_next_), bob()};
  const TlsContext client = alice({parties_.bob.certificate, bob_next_.certificate}, parties_.alice);
  std::atomic<bool> enough{false};
  std::atomic<int> shaken{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      while (!enough) {
        auto both = shake_hands(client, server);
        ASSERT_TRUE(both.client) << both.client.error().message();
        ASSERT_TRUE(both.server) << both.server.error().message();
        expect_alive(**both.client, **both.server);
        ++shaken;
      }
    });
  }
  for (int i = 0; i < kRenewals; ++i) {
    const int seen = shaken;
    auto renewed = server.renew(next[i % 2]);
    ASSERT_TRUE(renewed) << renewed.error().message();
    EXPECT_TRUE(renewed->certificate);
    while (shaken < seen + kClients && !HasFailure()) std::this_thread::yield();
  }
  enough = true;
  for (auto& one : clients) one.join();
}

}  // namespace
}  // namespace spud::net
