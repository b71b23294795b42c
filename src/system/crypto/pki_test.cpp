// SPDX-License-Identifier: Apache-2.0
#include "system/crypto/pki.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace spud::crypto {
namespace {

constexpr std::int64_t kNow = 1'750'000'000;
constexpr Validity kYear{kNow - 3600, kNow + 365 * 86400};

Identity compute_of(const std::string& party) {
  return {PartyId(party), party + ".spud", Role::kCompute, NodeId(party + "-0")};
}

class Pki : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "spud-pki-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(Pki, AuthorityAndLeafSurviveTheirFiles) {
  auto ca = create_ca(PartyId("alice"), kYear);
  ASSERT_TRUE(ca) << ca.error().message();
  auto leaf = issue(*ca, compute_of("alice"), kYear);
  ASSERT_TRUE(leaf) << leaf.error().message();
  ASSERT_TRUE(leaf->key.write(folder_ / "key.pem"));
  ASSERT_TRUE(leaf->certificate.write(folder_ / "cert.pem"));

  auto key = PrivateKey::read(folder_ / "key.pem");
  auto certificate = Certificate::read(folder_ / "cert.pem");
  ASSERT_TRUE(key && certificate);
  EXPECT_TRUE(certificate->belongs_to(*key));
  EXPECT_FALSE(certificate->belongs_to(ca->key));
  EXPECT_EQ(certificate->fingerprint(), leaf->certificate.fingerprint());
  EXPECT_EQ(certificate->uri_names(), std::vector<std::string>{"spiffe://alice.spud/spud/compute/alice-0"});
  EXPECT_EQ(certificate->not_before(), kYear.not_before);
  EXPECT_EQ(certificate->not_after(), kYear.not_after);
  EXPECT_FALSE(certificate->is_ca());
  EXPECT_TRUE(ca->certificate.is_ca());
}

TEST_F(Pki, WhatAnIssuerWritesBehindALeafIsPassedOver) {
  const auto ca = create_ca(PartyId("alice"), kYear);
  const auto leaf = issue(*ca, compute_of("alice"), kYear);
  std::ofstream(folder_ / "chain.pem") << leaf->certificate.pem() << ca->certificate.pem();
  const auto read = Certificate::read_leaf(folder_ / "chain.pem");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->fingerprint(), leaf->certificate.fingerprint());
  EXPECT_FALSE(Certificate::read(folder_ / "chain.pem")) << "an authority is one certificate";
  std::ofstream(folder_ / "none.pem") << "hello";
  EXPECT_FALSE(Certificate::read_leaf(folder_ / "none.pem"));
}

TEST_F(Pki, KeyFilesAreTheOwnersAndAreNeverOverwritten) {
  auto key = PrivateKey::generate();
  ASSERT_TRUE(key && key->write(folder_ / "key.pem"));
  struct stat info;
  ASSERT_EQ(::stat((folder_ / "key.pem").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  auto again = key->write(folder_ / "key.pem");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
}

TEST_F(Pki, RefusesAKeyThatEveryoneCanRead) {
  auto key = PrivateKey::generate();
  ASSERT_TRUE(key && key->write(folder_ / "key.pem"));
  ASSERT_EQ(::chmod((folder_ / "key.pem").c_str(), 0644), 0);
  auto read = PrivateKey::read(folder_ / "key.pem");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kDenied);
}

TEST_F(Pki, SaysWhichFileIsMissingOrNoPem) {
  auto missing = Certificate::read(folder_ / "none.pem");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().where, (folder_ / "none.pem").string());

  std::ofstream(folder_ / "text.pem") << "hello";
  auto text = Certificate::read(folder_ / "text.pem");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kBadInput);
  EXPECT_FALSE(PrivateKey::from_pem("hello", "text.pem"));
}

TEST_F(Pki, RefusesNamesAndTimesThatCannotBe) {
  EXPECT_FALSE(create_ca(PartyId("Alice"), kYear));
  EXPECT_FALSE(create_ca(PartyId("alice"), {kNow, kNow}));
  auto ca = create_ca(PartyId("alice"), kYear);
  ASSERT_TRUE(ca);
  Identity bad = compute_of("alice");
  bad.name = NodeId("a/b");
  EXPECT_FALSE(issue(*ca, bad, kYear));
  EXPECT_FALSE(issue(*ca, compute_of("alice"), {kNow, kYear.not_after + 1}));
  auto leaf = issue(*ca, compute_of("alice"), kYear);
  ASSERT_TRUE(leaf);
  EXPECT_FALSE(issue(*leaf, compute_of("alice"), kYear)) << "a leaf is no authority";
}

TEST_F(Pki, SignaturesHoldForTheirMessageAndKeyOnly) {
  auto ca = create_ca(PartyId("alice"), kYear);
  ASSERT_TRUE(ca);
  auto alice = issue(*ca, compute_of("alice"), kYear), other = issue(*ca, compute_of("alice"), kYear);
  ASSERT_TRUE(alice && other);
  auto signature = sign(alice->key, as_bytes("policy"));
  ASSERT_TRUE(signature);
  EXPECT_TRUE(verify(alice->certificate, as_bytes("policy"), *signature));
  EXPECT_FALSE(verify(alice->certificate, as_bytes("Policy"), *signature));
  EXPECT_FALSE(verify(other->certificate, as_bytes("policy"), *signature));
  EXPECT_FALSE(verify(alice->certificate, as_bytes("policy"), {}));
  auto status = verify(other->certificate, as_bytes("policy"), *signature);
  EXPECT_EQ(status.error().code, ErrorCode::kDenied);
}

TEST_F(Pki, CertificatesSurviveDerAndRefuseTrailingBytes) {
  auto ca = create_ca(PartyId("alice"), kYear);
  ASSERT_TRUE(ca);
  Bytes der = ca->certificate.der();
  auto again = Certificate::from_der(der, "test");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->fingerprint(), ca->certificate.fingerprint());
  der.push_back(std::byte{0});
  EXPECT_FALSE(Certificate::from_der(der, "test"));
  EXPECT_FALSE(Certificate::from_der({}, "test"));
}

}  // namespace
}  // namespace spud::crypto
