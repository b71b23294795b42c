// SPDX-License-Identifier: Apache-2.0
#include "service/config/load.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <unistd.h>

namespace spud::service {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

/// One target of every type, and a file to load into it.
class LoadConfig : public ::testing::Test {
 protected:
  LoadConfig() {
    std::string folder = (std::filesystem::temp_directory_path() / "spud-config-XXXXXX").string();
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  ~LoadConfig() override { std::filesystem::remove_all(folder_); }

  std::vector<ConfigKey> keys() {
    const auto optional = ConfigKey::Need::kOptional;
    return {
        {.name = "name", .target = &name, .doc = "A name.", .example = "alice"},
        {.name = "listen", .target = &listen, .doc = "An address.", .standard = "127.0.0.1:1"},
        {.name = "peer", .target = &peer, .doc = "Another.", .example = "a:1", .need = optional},
        {.name = "whom",
         .target = &whom,
         .doc = "Who.",
         .example = "spiffe://a/spud/dealer/b",
         .need = optional},
        {.name = "threads", .target = &threads, .doc = "A number.", .standard = "4", .least = 1, .most = 64},
        {.name = "wait", .target = &wait, .doc = "A time.", .standard = "5s", .least = 100, .most = 60'000},
        {.name = "buffer", .target = &buffer, .doc = "A size.", .standard = "64MiB"},
        {.name = "insecure", .target = &insecure, .doc = "A switch.", .standard = "false"},
        {.name = "labels", .target = &labels, .doc = "Texts.", .standard = "[x, y]"},
        {.name = "tls.key", .target = &key, .doc = "A path.", .standard = "key.pem"},
        {.name = "tls.bundles", .target = &bundles, .doc = "Paths.", .standard = "bundles"},
        {.name = "log.level",
         .target = &level,
         .doc = "A choice.",
         .standard = "info",
         .choices = {"info", "error"}},
    };
  }
  Status load(const std::string& text, const Environment& environment = {}) {
    std::ofstream(folder_ / "test.yaml") << text;
    return load_config(keys(), "node", folder_ / "test.yaml", environment);
  }
  /// The message for a text that must be refused, without the folder.
  std::string refusal(const std::string& text, const Environment& environment = {}) {
    Status status = load(text, environment);
    EXPECT_FALSE(status) << text;
    if (status) return "";
    EXPECT_EQ(status.error().code, ErrorCode::kBadInput);
    std::string message = status.error().message();
    if (auto at = message.find(folder_.string() + "/"); at != std::string::npos) {
      message.erase(at, folder_.string().size() + 1);
    }
    return message;
  }

  std::filesystem::path folder_;
  NodeId name;
  net::Address listen;
  std::optional<net::Address> peer;
  std::optional<crypto::Identity> whom;
  std::int64_t threads = 0;
  Millis wait{0};
  ByteCount buffer;
  bool insecure = true;
  std::vector<std::string> labels;
  std::filesystem::path key;
  std::vector<std::filesystem::path> bundles;
  std::string level;
};

TEST_F(LoadConfig, TakesDefaultsForWhatIsNotSet) {
  ASSERT_TRUE(load("name: alice\n"));
  EXPECT_EQ(name, NodeId("alice"));
  EXPECT_EQ(listen, (net::Address{"127.0.0.1", 1}));
  EXPECT_EQ(peer, std::nullopt);
  EXPECT_EQ(threads, 4);
  EXPECT_EQ(wait, Millis(5000));
  EXPECT_EQ(buffer.bytes, 64u << 20);
  EXPECT_FALSE(insecure);
  EXPECT_EQ(labels, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(key, folder_ / "key.pem");
  EXPECT_EQ(level, "info");
}

TEST_F(LoadConfig, ReadsEveryTypeFromTheFile) {
  ASSERT_TRUE(load(
      "name: alice\nlisten: '[::1]:7000'\npeer: bob.example:7001\nwhom: spiffe://bob.spud/spud/dealer/bob\n"
      "threads: 64\nwait: 250ms\nbuffer: 1GiB\ninsecure: true\nlabels: [a, 'b c']\n"
      "tls:\n  key: ../keys/./k.pem\n  bundles: [a, /b]\nlog:\n  level: error\n"));
  EXPECT_EQ(listen, (net::Address{"::1", 7000}));
  EXPECT_EQ(peer, (net::Address{"bob.example", 7001}));
  EXPECT_EQ(whom->name, NodeId("bob"));
  EXPECT_EQ(threads, 64);
  EXPECT_EQ(wait, Millis(250));
  EXPECT_EQ(buffer.bytes, 1u << 30);
  EXPECT_TRUE(insecure);
  EXPECT_EQ(labels, (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(key, folder_.parent_path() / "keys/k.pem");
  EXPECT_EQ(bundles, (std::vector<std::filesystem::path>{folder_ / "a", "/b"}));
  EXPECT_EQ(level, "error");
}

TEST_F(LoadConfig, EnvironmentOverridesFileAndMeetsRequiredKeys) {
  ASSERT_TRUE(load("threads: 2\n", {{"SPUD_NODE_NAME", "bob"},
                                    {"SPUD_NODE_THREADS", "3"},
                                    {"SPUD_NODE_TLS_BUNDLES", "a,/b"},
                                    {"SPUD_DEALER_THREADS", "9"}}));
  EXPECT_EQ(name, NodeId("bob"));
  EXPECT_EQ(threads, 3);
  EXPECT_EQ(bundles, (std::vector<std::filesystem::path>{folder_ / "a", "/b"}));
}

TEST_F(LoadConfig, EmptyFilesAndSectionsAreAllowed) {
  EXPECT_TRUE(load("", {{"SPUD_NODE_NAME", "bob"}}));
  EXPECT_TRUE(load("name: a\ntls:\nlog:\n"));
}

TEST_F(LoadConfig, RefusesUnknownKeysWithLineAndClosestKey) {
  EXPECT_EQ(refusal("name: alice\n\nlisen: a:1\n"),
            "test.yaml:3: unknown key lisen; expected a key of --explain-config; did you mean listen?");
  EXPECT_THAT(refusal("name: alice\ntls:\n  kee: a\n"), HasSubstr("test.yaml:3: unknown key tls.kee;"));
  EXPECT_THAT(refusal("name: alice\nbundles: a\n"), EndsWith("did you mean tls.bundles?"));
  EXPECT_THAT(refusal("name: alice\nlogs:\n  level: info\n"), EndsWith("did you mean log?"));
  EXPECT_THAT(refusal("completely_different: 1\n"), EndsWith("expected a key of --explain-config"));
}

TEST_F(LoadConfig, RefusesWrongTypesWithLineAndWhatWasExpected) {
  EXPECT_EQ(refusal("name: alice\nthreads: many\n"),
            "test.yaml:2: threads is 'many'; expected a whole number, 1 to 64");
  EXPECT_THAT(refusal("name: alice\nthreads: 65\n"), HasSubstr("expected a whole number, 1 to 64"));
  EXPECT_THAT(refusal("name: alice\nthreads: 4.5\n"), HasSubstr("threads is '4.5'"));
  EXPECT_THAT(refusal("name: alice\nthreads: [1]\n"), HasSubstr("test.yaml:2: threads is a list"));
  EXPECT_THAT(refusal("name: alice\nthreads:\n"), HasSubstr("test.yaml:2: threads is empty"));
  EXPECT_THAT(refusal("name: alice\nthreads: {a: 1}\n"), HasSubstr("threads is a section"));
  EXPECT_THAT(refusal("name: Alice Smith\n"),
              HasSubstr("test.yaml:1: name is 'Alice Smith'; expected a name"));
  EXPECT_THAT(refusal("name: alice\nlisten: 7000\n"), HasSubstr("expected an address host:port"));
  EXPECT_THAT(refusal("name: alice\nlisten: a:70000\n"), HasSubstr("expected an address host:port"));
  EXPECT_THAT(refusal("name: alice\nwhom: bob\n"), HasSubstr("expected an identity spiffe://"));
  EXPECT_THAT(refusal("name: alice\nwait: 5\n"), HasSubstr("expected a duration such as 5s, 100ms to 1m"));
  EXPECT_THAT(refusal("name: alice\nwait: 2m\n"), HasSubstr("wait is '2m'"));
  EXPECT_THAT(refusal("name: alice\nbuffer: 1GB\n"), HasSubstr("expected a size such as 64MiB"));
  EXPECT_THAT(refusal("name: alice\nbuffer: 99999999999TiB\n"), HasSubstr("expected a size"));
  EXPECT_THAT(refusal("name: alice\ninsecure: yes\n"), HasSubstr("expected true or false"));
  EXPECT_THAT(refusal("name: alice\nlabels: [[a]]\n"), HasSubstr("labels is a list of other things"));
  EXPECT_THAT(refusal("name: alice\nlabels: []\n"), HasSubstr("labels is an empty list"));
  EXPECT_THAT(refusal("name: alice\ntls: key.pem\n"), HasSubstr("test.yaml:2: tls is a section"));
  EXPECT_THAT(refusal("name: alice\nlog:\n  level: loud\n"),
              HasSubstr("test.yaml:3: log.level is 'loud'; expected one of info, error"));
  EXPECT_THAT(refusal("name: alice\ntls:\n  key: ''\n"), HasSubstr("tls.key is empty"));
}

TEST_F(LoadConfig, RefusesRepeatedKeysMissingOnesAndWhatIsNotYaml) {
  EXPECT_THAT(refusal("name: alice\nname: bob\n"), HasSubstr("test.yaml:2: name is set twice"));
  EXPECT_THAT(refusal("threads: 1\n"), HasSubstr("test.yaml: name is not set"));
  EXPECT_THAT(refusal("threads: 1\n"), HasSubstr("SPUD_NODE_NAME"));
  EXPECT_THAT(refusal("name: alice\nlisten: [a\n"), HasSubstr("is not YAML"));
  EXPECT_THAT(refusal("- name\n"), HasSubstr("is not a list of keys"));
  EXPECT_THAT(refusal("[a, b]: c\n"), HasSubstr("a key is not a text"));
}

TEST_F(LoadConfig, RefusesAFileThatCannotBeRead) {
  Status status = load_config(keys(), "node", folder_ / "absent.yaml", {});
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("absent.yaml: cannot be read"));
  EXPECT_FALSE(load_config(keys(), "node", folder_, {}));
}

TEST_F(LoadConfig, RefusesVariablesThatAreNoKeyButNotThoseOfKubernetes) {
  EXPECT_EQ(refusal("name: alice\n", {{"SPUD_NODE_THREAD", "3"}}),
            "environment variable SPUD_NODE_THREAD: names no key; expected a variable of --explain-config; "
            "did you mean SPUD_NODE_THREADS?");
  EXPECT_EQ(refusal("name: alice\n", {{"SPUD_NODE_THREADS", "x"}}),
            "environment variable SPUD_NODE_THREADS: threads is 'x'; expected a whole number, 1 to 64");
  EXPECT_TRUE(load("name: alice\n", {{"SPUD_NODE_SERVICE_HOST", "10.0.0.1"},
                                     {"SPUD_NODE_PORT", "tcp://10.0.0.1:7000"},
                                     {"SPUD_NODE_PORT_7000_TCP_ADDR", "10.0.0.1"},
                                     {"SPUD_NODE_SERVICE_PORT_HTTP", "80"}}));
}

TEST_F(LoadConfig, ExplanationLoadsBackAndNamesEveryKey) {
  std::string text = explain_config(keys(), "node");
  ASSERT_TRUE(load(text)) << text;
  EXPECT_EQ(name, NodeId("alice"));
  EXPECT_EQ(wait, Millis(5000));
  for (const ConfigKey& key : keys()) {
    EXPECT_THAT(text, HasSubstr(key.doc));
    EXPECT_THAT(text, HasSubstr(key.variable("node")));
  }
}

TEST(ConfigValues, DurationsAndSizesRoundTrip) {
  for (const char* text : {"0ms", "250ms", "5s", "90s", "2m", "1h"}) {
    auto duration = parse_duration(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(parse_duration(format_duration(*duration)), duration);
  }
  EXPECT_EQ(format_duration(Millis(90'000)), "90s");
  EXPECT_EQ(format_byte_count({64u << 20}), "64MiB");
  EXPECT_EQ(parse_byte_count("512")->bytes, 512u);
  for (const char* text : {"", "5", "-5s", "5 s", "s", "1.5s", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ConfigValues, ClosestKeyIsFoundOnlyIfItIsClose) {
  EXPECT_EQ(find_closest("lsten", {"name", "listen"}), "listen");
  EXPECT_EQ(find_closest("store", {"name", "listen"}), std::nullopt);
}

}  // namespace
}  // namespace spud::service
