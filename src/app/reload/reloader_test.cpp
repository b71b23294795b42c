// SPDX-License-Identifier: Apache-2.0
#include "app/reload/reloader.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "service/credentials.hpp"
#include "system/crypto/pki.hpp"

namespace spud::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

crypto::Identity identity(const std::string& name) {
  return {PartyId("alice"), "alice.spud", crypto::Role::kCompute, NodeId(name)};
}

/// A node's files, as an operator replaces them.
class Reload : public testing::Test {
 protected:
  Reload() {
    std::string folder = (fs::temp_directory_path() / "spud-reload-XXXXXX").string();
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    write_bundle({ca_.certificate});
    replace(crypto::issue(ca_, identity("alice-0"), validity_).value());
    configure("info");
    config_ = service::load_node_config(folder_ / "node.yaml", {}).value();
    tls_.emplace(service::load_tls(config_.tls).value());
    log_.emplace(
        metrics::Logger::open({metrics::Level::kInfo, metrics::LogFormat::kJson, folder_ / "log"}, clock_)
            .value());
    reloader_.emplace(
        config_, *tls_, [this] { return service::reread_config(config_, folder_ / "node.yaml", {}); },
        registry_, *log_);
  }
  ~Reload() override { fs::remove_all(folder_); }

  void replace(const crypto::Credential& leaf) {
    fs::remove(folder_ / "key.pem");
    EXPECT_TRUE(leaf.key.write(folder_ / "key.pem"));
    EXPECT_TRUE(leaf.certificate.write(folder_ / "certificate.pem"));
  }
  void write_bundle(std::vector<crypto::Certificate> authorities) {
    fs::create_directories(folder_ / "bundles");
    crypto::TrustBundle bundle{PartyId("alice"), "alice.spud", std::move(authorities)};
    EXPECT_TRUE(bundle.write(folder_ / "bundles/alice.pem"));
    crypto::TrustBundle other{PartyId("operator"), "operator.spud", {operator_.certificate}};
    EXPECT_TRUE(other.write(folder_ / "bundles/operator.pem"));
  }
  void configure(const std::string& level, const std::string& more = "") {
    std::ofstream(folder_ / "node.yaml")
        << "name: alice-0\nparty: alice\nlisten: 127.0.0.1:0\nadvertise: 127.0.0.1:1\ndata: data\n"
           "scheduler: 127.0.0.1:1\nscheduler_identity: spiffe://operator.spud/spud/scheduler/s\n"
           "tls: {certificate: certificate.pem, key: key.pem, bundles: bundles}\n"
           "log: {level: "
        << level << "}\n"
        << more;
  }
  std::vector<nlohmann::json> lines(const std::string& file = "log") const {
    std::ifstream stream(folder_ / file);
    std::vector<nlohmann::json> all;
    for (std::string line; std::getline(stream, line);) all.push_back(nlohmann::json::parse(line));
    return all;
  }
  double refused() const {
    for (const auto& sample : registry_.samples())
      if (sample.family == "spud_reload_refused") return sample.value;
    return -1;
  }
  bool counted(const std::string& outcome, int times) const {
    return registry_.text().find("spud_reloads_total{outcome=\"" + outcome + "\"} " + std::to_string(times) +
                                 "\n") != std::string::npos;
  }

  const crypto::Validity validity_{SystemClock().unix_millis() / 1000 - 60,
                                   SystemClock().unix_millis() / 1000 + 86'400};
  const crypto::Credential ca_ = crypto::create_ca(PartyId("alice"), validity_).value();
  const crypto::Credential operator_ = crypto::create_ca(PartyId("operator"), validity_).value();
  fs::path folder_;
  SystemClock clock_;
  metrics::Registry registry_{{"1", "node"}};
  service::NodeConfig config_;
  std::optional<net::TlsContext> tls_;
  std::optional<metrics::Logger> log_;
  std::optional<Reloader> reloader_;
};

TEST_F(Reload, ALookThatFindsNothingNewSaysNothing) {
  reloader_->look();
  EXPECT_TRUE(lines().empty());
  EXPECT_TRUE(counted("done", 0) && counted("refused", 0));
  EXPECT_EQ(refused(), 0);
}

TEST_F(Reload, ALookTakesAReplacedCertificate) {
  const auto leaf = crypto::issue(ca_, identity("alice-0"), validity_).value();
  replace(leaf);
  reloader_->look();
  EXPECT_EQ(tls_->certificate().fingerprint(), leaf.certificate.fingerprint());
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_EQ(lines()[0]["message"], "certificates are renewed");
  EXPECT_EQ(lines()[0]["certificate"], true);
  EXPECT_EQ(lines()[0]["bundles"], "");
  EXPECT_THAT(std::string(lines()[0]["until"]), testing::MatchesRegex("20..-..-..T..:..:..Z"));
  EXPECT_TRUE(counted("done", 1));
}

TEST_F(Reload, ALookTakesAReplacedBundle) {
  write_bundle({ca_.certificate, crypto::create_ca(PartyId("alice"), validity_).value().certificate});
  reloader_->look();
  EXPECT_EQ(tls_->trust().bundles()[0].authorities.size(), 2u);
  EXPECT_EQ(lines().at(0)["certificate"], false);
  EXPECT_EQ(lines().at(0)["bundles"], "alice");
}

TEST_F(Reload, AnAuthorityIsTakenAwayByTheSecondLookOrWhenItIsAskedFor) {
  const auto next = crypto::create_ca(PartyId("alice"), validity_).value().certificate;
  write_bundle({ca_.certificate, next});
  reloader_->look();
  ASSERT_EQ(tls_->trust().bundles()[0].authorities.size(), 2u);
  write_bundle({ca_.certificate});
  reloader_->look();
  EXPECT_EQ(tls_->trust().bundles()[0].authorities.size(), 2u) << "it may be being written";
  write_bundle({ca_.certificate, next});
  reloader_->look();
  write_bundle({ca_.certificate});
  reloader_->look();
  EXPECT_EQ(tls_->trust().bundles()[0].authorities.size(), 2u) << "it had come back meanwhile";
  reloader_->look();
  EXPECT_EQ(tls_->trust().bundles()[0].authorities.size(), 1u);

  write_bundle({ca_.certificate, next});
  reloader_->look();
  write_bundle({ca_.certificate});
  reloader_->reload();
  EXPECT_EQ(tls_->trust().bundles()[0].authorities.size(), 1u);
}

TEST_F(Reload, AKeyThatDoesNotFitIsRefusedAndSaidOnce) {
  const auto before = tls_->certificate().fingerprint();
  const auto one = crypto::issue(ca_, identity("alice-0"), validity_).value();
  replace({one.key, crypto::issue(ca_, identity("alice-0"), validity_).value().certificate});
  reloader_->look();
  reloader_->look();
  EXPECT_EQ(tls_->certificate().fingerprint(), before);
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_EQ(lines()[0]["level"], "error");
  EXPECT_EQ(lines()[0]["message"], "certificates are refused, and stay as they were");
  EXPECT_EQ(lines()[0]["error"], "the certificate and the private key do not belong together");
  EXPECT_TRUE(counted("refused", 2)) << "at every look";
  EXPECT_EQ(refused(), 1);

  replace(one);
  reloader_->look();
  EXPECT_EQ(tls_->certificate().fingerprint(), one.certificate.fingerprint());
  EXPECT_EQ(refused(), 0);
}

TEST_F(Reload, AnotherNameIsRefused) {
  replace(crypto::issue(ca_, identity("alice-1"), validity_).value());
  reloader_->reload();
  EXPECT_THAT(std::string(lines().back()["error"]), HasSubstr("alice-1"));
  EXPECT_TRUE(counted("refused", 1) && counted("done", 0));
}

TEST_F(Reload, ACertificateThatHasRunOutIsRefused) {
  replace(
      crypto::issue(ca_, identity("alice-0"), {validity_.not_before - 7200, validity_.not_before}).value());
  reloader_->look();
  EXPECT_THAT(std::string(lines().back()["error"]),
              HasSubstr("our own certificate is not one that our bundles"));
}

TEST_F(Reload, FilesThatAreMissingAreRefused) {
  fs::remove_all(folder_ / "bundles");
  reloader_->look();
  EXPECT_EQ(lines().at(0)["level"], "error");
  EXPECT_EQ(tls_->trust().bundles().size(), 2u);
}

TEST_F(Reload, TheLevelFollowsTheConfigurationInAllCopiesOfTheLog) {
  const auto copy = log_->with({{"more", 1}});
  copy.debug("not written");
  configure("debug");
  reloader_->reload();
  copy.debug("written");
  EXPECT_EQ(lines().back()["message"], "written");
  configure("error");
  reloader_->reload();
  EXPECT_EQ(lines().back()["message"], "the log's level changes");
  EXPECT_EQ(lines().back()["before"], "debug");
  EXPECT_EQ(lines().back()["now"], "error");
  copy.warning("not written");
  EXPECT_EQ(lines().back()["message"], "the log's level changes");
  EXPECT_TRUE(counted("done", 2));
}

TEST_F(Reload, ABrokenConfigurationIsRefusedAndNothingOfItIsTaken) {
  configure("debug", "slots: many\n");
  reloader_->reload();
  ASSERT_EQ(lines().back()["message"], "the configuration is refused, and stays as it was");
  EXPECT_EQ(lines().back()["level"], "error");
  EXPECT_THAT(std::string(lines().back()["where"]), HasSubstr("node.yaml:10"));
  const auto written = lines().size();
  log_->debug("not written");
  EXPECT_EQ(lines().size(), written);
  EXPECT_TRUE(counted("refused", 1));
  reloader_->look();
  EXPECT_EQ(refused(), 1) << "certificates are well, and the configuration is as it was";
  configure("info");
  reloader_->reload();
  EXPECT_EQ(refused(), 0);
}

TEST_F(Reload, OtherKeysAreSaidToWaitForARestart) {
  configure("info", "slots: 9\nthreads: 2\n");
  reloader_->reload();
  EXPECT_EQ(lines().back()["level"], "warning");
  EXPECT_EQ(lines().back()["keys"], "threads,slots");
}

TEST_F(Reload, OtherPathsOfCertificatesAreTaken) {
  fs::create_directories(folder_ / "elsewhere");
  for (const char* file : {"key.pem", "certificate.pem"})
    fs::rename(folder_ / file, folder_ / "elsewhere" / file);
  configure("info");
  std::ifstream in(folder_ / "node.yaml");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  for (const std::string file : {"key.pem", "certificate.pem"})
    text.replace(text.find(": " + file) + 2, file.size(), "elsewhere/" + file);
  std::ofstream(folder_ / "node.yaml") << text;
  reloader_->reload();
  EXPECT_EQ(lines().back()["message"], "reloading") << "nothing is wrong, and nothing else is new";
}

TEST_F(Reload, ALogThatWasRenamedIsOpenedAnew) {
  log_->info("one");
  fs::rename(folder_ / "log", folder_ / "log.1");
  log_->info("two");
  EXPECT_EQ(lines("log.1").size(), 2u);
  reloader_->reload();
  EXPECT_EQ(lines("log.1").size(), 2u);
  EXPECT_EQ(lines().at(0)["message"], "reloading");
}

}  // namespace
}  // namespace spud::app
