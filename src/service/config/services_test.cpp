// SPDX-License-Identifier: Apache-2.0
#include "service/config/services.hpp"

#include <fstream>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <unistd.h>

namespace spud::service {
namespace {

using ::testing::HasSubstr;

class Services : public ::testing::Test {
 protected:
  Services() {
    std::string folder = (std::filesystem::temp_directory_path() / "spud-config-XXXXXX").string();
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  ~Services() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file(const std::string& text) const {
    std::ofstream(folder_ / "test.yaml") << text;
    return folder_ / "test.yaml";
  }
  /// An explanation with its optional keys set to their examples.
  static std::string with_optional_keys(const std::string& text) {
    return std::regex_replace(text, std::regex("\n( *)# ([a-z_]+: )"), "\n$1$2");
  }

  std::filesystem::path folder_;
  const std::string node_ =
      "name: alice-0\nparty: alice\nlisten: 127.0.0.1:7100\ndata: store\nscheduler: 127.0.0.1:7000\n"
      "scheduler_identity: spiffe://operator.spud/spud/scheduler/main\n"
      "tls: {certificate: c.pem, key: k.pem, bundles: trust}\n";
};

TEST_F(Services, NodeHasTheDocumentedDefaults) {
  auto config = load_node_config(file(node_), {});
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->name, NodeId("alice-0"));
  EXPECT_EQ(config->party, PartyId("alice"));
  EXPECT_EQ(config->data, folder_ / "store");
  EXPECT_EQ(config->advertise, config->listen);
  EXPECT_EQ(config->scheduler_identity->role, crypto::Role::kScheduler);
  EXPECT_EQ(config->tls.bundles, std::vector{folder_ / "trust"});
  EXPECT_EQ(config->operations, (net::Address{"127.0.0.1", 0}));
  EXPECT_EQ(config->drain_timeout, Millis(10'000));
  EXPECT_EQ(config->peer_silence_limit, Millis(5000));
  EXPECT_EQ(config->heartbeat_interval, Millis(1000));
  EXPECT_FALSE(config->insecure);
  EXPECT_EQ(config->log().level, metrics::Level::kInfo);
  EXPECT_EQ(config->log().format, metrics::LogFormat::kText);
  EXPECT_TRUE(config->log().file.empty());
}

TEST_F(Services, EveryExplanationLoadsBack) {
  EXPECT_TRUE(load_scheduler_config(file(with_optional_keys(explain_scheduler_config())), {}));
  EXPECT_TRUE(load_node_config(file(with_optional_keys(explain_node_config())), {}));
  EXPECT_TRUE(load_dealer_config(file(with_optional_keys(explain_dealer_config())), {}));
  auto dealer = load_dealer_config(file(with_optional_keys(explain_dealer_config())), {});
  EXPECT_EQ(dealer->log_file, folder_ / "spud.log");
  EXPECT_TRUE(dealer->scheduler);
  EXPECT_EQ(dealer->tape_buffer.bytes, 64u << 20);
  auto context = load_client_context(file(explain_client_context()), {});
  ASSERT_TRUE(context) << context.error().message();
  EXPECT_EQ(context->pins, folder_ / "pins.yaml");
}

TEST_F(Services, WhatAServiceThatRunsTakesAgainIsSaid) {
  auto started = load_node_config(file(node_), {});
  ASSERT_TRUE(started);
  auto reread = reread_config(*started, file(node_ + "log: {level: debug, format: json}\nslots: 7\n"), {});
  ASSERT_TRUE(reread) << reread.error().message();
  EXPECT_EQ(reread->log_level, metrics::Level::kDebug);
  EXPECT_EQ(reread->tls.key, folder_ / "k.pem");
  EXPECT_THAT(reread->waiting, ::testing::ElementsAre("slots", "log.format"));
  EXPECT_FALSE(reread_config(*started, file(node_ + "log: {level: loud}\n"), {}));
  const auto again = reread_config(*started, file(node_), {{"SPUD_NODE_LOG_LEVEL", "error"}});
  EXPECT_EQ(again->log_level, metrics::Level::kError);
  EXPECT_TRUE(again->waiting.empty());

  EXPECT_THAT(explain_node_config(), HasSubstr("SPUD_NODE_LOG_LEVEL; taken again at SIGHUP\n"));
  EXPECT_THAT(explain_node_config(), HasSubstr("SPUD_NODE_TLS_BUNDLES; taken again at SIGHUP\n"));
  EXPECT_THAT(explain_node_config(), HasSubstr("SPUD_NODE_SLOTS\n"));
  EXPECT_THAT(explain_client_context(), ::testing::Not(HasSubstr("SIGHUP")));
}

TEST_F(Services, AnExplanationNeedsOnlyAnAddressThatOthersCanDial) {
  auto config = load_node_config(file(explain_node_config()), {});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message(), HasSubstr("advertise is not set and listen is 0.0.0.0:7100"));
  EXPECT_TRUE(load_node_config(file(explain_node_config()), {{"SPUD_NODE_ADVERTISE", "alice.example:7100"}}));
}

TEST_F(Services, HeartbeatsMustFitTwiceIntoTheSilenceLimit) {
  auto config = load_node_config(file(node_ + "heartbeat_interval: 3s\n"), {});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message(),
              HasSubstr("peer_silence_limit is 5s; expected twice heartbeat_interval (3s)"));
}

TEST_F(Services, TheSchedulersIdentityMustBeAScheduler) {
  auto config =
      load_node_config(file(node_), {{"SPUD_NODE_SCHEDULER_IDENTITY", "spiffe://a.spud/spud/dealer/b"}});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message(), HasSubstr("scheduler_identity is a dealer"));
}

TEST_F(Services, ADealerHasASchedulersAddressAndIdentityOrNeither) {
  const std::string dealer =
      "name: carol\nparty: carol\nlisten: 127.0.0.1:7300\ndata: store\n"
      "tls: {certificate: c.pem, key: k.pem, bundles: [a.pem, b.pem]}\n";
  auto alone = load_dealer_config(file(dealer), {});
  ASSERT_TRUE(alone) << alone.error().message();
  EXPECT_EQ(alone->tls.bundles.size(), 2u);
  EXPECT_FALSE(load_dealer_config(file(dealer + "scheduler: a:1\n"), {}));
}

TEST_F(Services, KeysOfOneServiceAreUnknownToAnother) {
  EXPECT_THAT(load_scheduler_config(file("threads: 4\n"), {}).error().message(),
              HasSubstr("unknown key threads"));
}

TEST_F(Services, ProcessEnvironmentHasOnlyOurVariables) {
  ASSERT_EQ(::setenv("SPUD_NODE_NAME", "a=b", 1), 0);
  Environment found = process_environment();
  ::unsetenv("SPUD_NODE_NAME");
  EXPECT_EQ(found["SPUD_NODE_NAME"], "a=b");
  EXPECT_FALSE(found.contains("PATH"));
}

}  // namespace
}  // namespace spud::service
