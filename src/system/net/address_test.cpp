// SPDX-License-Identifier: Apache-2.0
#include "system/net/address.hpp"

#include <gtest/gtest.h>

namespace spud::net {
namespace {

TEST(Address, ReadsNamesAndBothKindsOfIp) {
  EXPECT_EQ(*Address::parse("node-1.example:80"), (Address{"node-1.example", 80}));
  EXPECT_EQ(*Address::parse("10.0.0.1:0"), (Address{"10.0.0.1", 0}));
  EXPECT_EQ(*Address::parse("[::1]:65535"), (Address{"::1", 65535}));
  for (const char* text : {"node:1", "10.0.0.1:4711", "[fe80::1%eth0]:9"}) {
    EXPECT_EQ(Address::parse(text)->str(), text);
  }
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* text : {"", ":80", "host", "host:", "host:-1", "host:65536", "host:8x", "::1:80", "[]:80",
                           "a b:80", "http://host:80", "host:80 "}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
}

}  // namespace
}  // namespace spud::net
