// SPDX-License-Identifier: Apache-2.0
#include "actors/dealer/tape_sender.hpp"

#include <future>

#include <gtest/gtest.h>

#include "service/wire/dealer_codec.hpp"
#include "system/net/test_parties.hpp"

namespace spud::actors {
namespace {

namespace wire = service::wire;

/// A dealer's end of a connection and its party's.
class TapeSenderTest : public ::testing::Test {
 protected:
  net::Parties parties;
  net::Handshake ends = net::shake_hands(parties.context("alice"), parties.context("bob"));
  net::Connection& dealer = **ends.server;
  net::Connection& party = **ends.client;

  net::Frame next() { return party.receive({}, net::kPatience).value(); }
  static wire::DealerAnswer answer(const net::Frame& frame) {
    return wire::decode_dealer_answer(frame.header).value();
  }
};

TEST_F(TapeSenderTest, GathersWritesIntoChunksAndEndsWithTheirSize) {
  Bytes tape(2'500'000);
  for (std::size_t i = 0; i < tape.size(); ++i) tape[i] = std::byte(i % 251);
  auto sent = std::async(std::launch::async, [&]() -> Status {
    TapeSender sender(dealer, net::kPatience);
    constexpr std::size_t kWrite = 100'000;
    for (std::size_t at = 0; at < tape.size(); at += kWrite)
      SPUD_TRY(sender.write(ByteView(tape).subspan(at, kWrite)));
    SPUD_TRY(sender.end());
    EXPECT_EQ(sender.sent(), tape.size());
    return {};
  });
  Bytes got;
  unsigned chunks = 0;
  for (;;) {
    const auto frame = next();
    const auto said = answer(frame);
    if (const auto* end = std::get_if<wire::TapeEnd>(&said)) {
      EXPECT_EQ(end->bytes, tape.size());
      break;
    }
    EXPECT_EQ(std::get<wire::TapeChunk>(said).offset, got.size());
    got.insert(got.end(), frame.payload.begin(), frame.payload.end());
    ++chunks;
  }
  EXPECT_EQ(got, tape);
  EXPECT_EQ(chunks, 3u);
  EXPECT_TRUE(sent.get());
}

TEST_F(TapeSenderTest, ShowsThatItLivesWhileItHasNothingToSend) {
  TapeSender sender(dealer, Millis(40));
  for (int i = 0; i < 3; ++i) {
    const auto frame = next();
    EXPECT_EQ(std::get<wire::TapeChunk>(answer(frame)).offset, 0u);
    EXPECT_TRUE(frame.payload.empty());
  }
}

TEST_F(TapeSenderTest, APartyThatHasGoneIsAnError) {
  TapeSender sender(dealer, net::kPatience);
  ends.client->reset();
  const Bytes much(64u << 20);
  EXPECT_FALSE(sender.write(much));
}

}  // namespace
}  // namespace spud::actors
