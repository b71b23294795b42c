// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/trust.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/crypto/pki.hpp"

namespace spud::crypto {
namespace {

using testing::HasSubstr;
using Kind = Refusal::Kind;

constexpr std::int64_t kNow = 1'750'000'000;
constexpr Validity kYear{kNow - 3600, kNow + 365 * 86400};

Identity node(const std::string& party, Role role = Role::kCompute) {
  return {PartyId(party), party + ".spud", role, NodeId(party + "-0")};
}

TrustBundle bundle_of(const std::string& party, std::vector<Certificate> authorities) {
  return {PartyId(party), party + ".spud", std::move(authorities)};
}

class TrustOfTwo : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(trust_.add(bundle_of("alice", {alice_.certificate})));
    ASSERT_TRUE(trust_.add(bundle_of("bob", {bob_.certificate})));
  }
  Credential alice_ = create_ca(PartyId("alice"), kYear).value();
  Credential bob_ = create_ca(PartyId("bob"), kYear).value();
  Trust trust_;
};

TEST_F(TrustOfTwo, KnowsTheHolderOfAPartysCertificate) {
  auto identity = trust_.verify(issue(bob_, node("bob", Role::kDealer), kYear)->certificate, kNow);
  ASSERT_TRUE(identity);
  EXPECT_EQ(*identity, node("bob", Role::kDealer));
  EXPECT_EQ(identity->str(), "bob/dealer/bob-0");
}

TEST_F(TrustOfTwo, RefusesAnAuthorityThatSignsAnothersDomainAndNamesIt) {
  auto identity = trust_.verify(issue(alice_, node("bob"), kYear)->certificate, kNow);
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().kind, Kind::kBadIdentity);
  EXPECT_EQ(identity.error().error.party, "alice");
  EXPECT_THAT(identity.error().error.message(),
              HasSubstr("an authority of alice signed a name of bob/compute/bob-0"));
}

TEST_F(TrustOfTwo, RefusesAnAuthorityThatOnlyCallsItselfAlice) {
  auto impostor = create_ca(PartyId("alice"), kYear).value();
  auto identity = trust_.verify(issue(impostor, node("alice"), kYear)->certificate, kNow);
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().kind, Kind::kUnknownAuthority);
  EXPECT_EQ(identity.error().error.party, "");
}

TEST_F(TrustOfTwo, RefusesADomainWithoutABundle) {
  auto carol = create_ca(PartyId("carol"), kYear).value();
  auto identity = trust_.verify(issue(carol, node("carol"), kYear)->certificate, kNow);
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().kind, Kind::kUnknownAuthority);
  EXPECT_THAT(identity.error().error.message(), HasSubstr("carol.spud"));
}

TEST_F(TrustOfTwo, RefusesCertificatesOutsideTheirTime) {
  auto leaf = issue(alice_, node("alice"), {kNow, kNow + 60})->certificate;
  EXPECT_TRUE(trust_.verify(leaf, kNow + 30));
  for (std::int64_t when : {kNow - 30, kNow + 120}) {
    auto identity = trust_.verify(leaf, when);
    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().kind, Kind::kNotInItsTime);
    EXPECT_EQ(identity.error().error.party, "alice");
  }
}

TEST_F(TrustOfTwo, RefusesAnAuthoritysOwnCertificate) {
  EXPECT_FALSE(trust_.verify(alice_.certificate, kNow));
}

TEST_F(TrustOfTwo, ServesOldAndNewAuthorityDuringRotation) {
  auto fresh = create_ca(PartyId("alice"), kYear).value();
  Trust trust;
  ASSERT_TRUE(trust.add(bundle_of("alice", {alice_.certificate, fresh.certificate})));
  EXPECT_TRUE(trust.verify(issue(alice_, node("alice"), kYear)->certificate, kNow));
  EXPECT_TRUE(trust.verify(issue(fresh, node("alice"), kYear)->certificate, kNow));
}

TEST_F(TrustOfTwo, RefusesBundlesThatOverlap) {
  auto fresh = create_ca(PartyId("x"), kYear).value();
  EXPECT_EQ(trust_.add(bundle_of("alice", {fresh.certificate})).error().code, ErrorCode::kConflict);
  EXPECT_EQ(trust_.add({PartyId("x"), "alice.spud", {fresh.certificate}}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(trust_.add(bundle_of("x", {alice_.certificate})).error().code, ErrorCode::kConflict);
  auto leaf = issue(alice_, node("alice"), kYear)->certificate;
  EXPECT_EQ(trust_.add(bundle_of("x", {leaf})).error().code, ErrorCode::kBadInput);
}

TEST_F(TrustOfTwo, LoadsAFolderOfBundles) {
  std::string folder = testing::TempDir() + "spud-trust-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  for (const TrustBundle& bundle : trust_.bundles()) {
    ASSERT_TRUE(bundle.write(std::filesystem::path(folder) / (bundle.party.str() + ".pem")));
  }
  auto loaded = Trust::load(folder);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->bundles().size(), 2u);
  EXPECT_TRUE(loaded->verify(issue(bob_, node("bob"), kYear)->certificate, kNow));
  auto single = Trust::load(std::filesystem::path(folder) / "bob.pem");
  ASSERT_TRUE(single);
  EXPECT_FALSE(single->verify(issue(alice_, node("alice"), kYear)->certificate, kNow));
  std::filesystem::remove_all(folder);
  EXPECT_EQ(Trust::load(folder).error().code, ErrorCode::kNotFound);
}

TEST(TrustBundle, RefusesTextThatDoesNotSayWhose) {
  auto ca = create_ca(PartyId("alice"), kYear).value();
  std::string pem = ca.certificate.pem();
  EXPECT_TRUE(TrustBundle::from_text("# ours\nparty: alice\ndomain: alice.spud\n\n" + pem, "b"));
  for (const std::string& bad :
       {pem, "party: alice\n" + pem, "party: alice\ndomain: UPPER\n" + pem,
        "party: a\nparty: b\ndomain: d\n" + pem, "party: a\ndomain: d\nrole: x\n" + pem,
        std::string("party: alice\ndomain: alice.spud\n"), "party: a\ndomain: d\n" + pem.substr(0, 100)}) {
    EXPECT_FALSE(TrustBundle::from_text(bad, "b")) << bad.substr(0, 60);
  }
}

}  // namespace
}  // namespace spud::crypto
