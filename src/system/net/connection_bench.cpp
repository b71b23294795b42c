// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include <benchmark/benchmark.h>

#include "system/net/test_parties.hpp"

namespace spud::net {
namespace {

struct Link {
  Link() {
    Parties parties;
    auto both = shake_hands(parties.context("alice"), parties.context("bob"));
    client = std::move(both.client.value());
    server = std::move(both.server.value());
  }
  std::unique_ptr<Connection> client, server;
};

// A frame there and one back.
void RoundTrip(benchmark::State& state) {
  Link link;
  std::thread echo([&] {
    while (auto frame = link.server->receive({}, kForever)) {
      ByteView segment = frame->payload;
      if (!link.server->send(frame->header, {&segment, 1}, kForever)) break;
    }
  });
  Bytes payload(static_cast<std::size_t>(state.range(0)));
  ByteView segment = payload;
  for (auto _ : state) {
    if (!link.client->send({}, {&segment, 1}, kForever) || !link.client->receive({}, kForever)) {
      state.SkipWithError("the link broke");
      break;
    }
  }
  link.client->shutdown();
  echo.join();
}
BENCHMARK(RoundTrip)->Arg(16)->Arg(4096)->Arg(65536)->UseRealTime();

// Large payloads one way, straight into a buffer.
void OneWay(benchmark::State& state) {
  Link link;
  Bytes payload(static_cast<std::size_t>(state.range(0)));
  std::thread sink([&] {
    Bytes into(payload.size());
    while (link.server->receive_header({0, into.size()}, kForever) &&
           link.server->receive_payload(into, kForever)) {
    }
  });
  ByteView segment = payload;
  for (auto _ : state) {
    if (!link.client->send({}, {&segment, 1}, kForever)) state.SkipWithError("the link broke");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
  link.client->shutdown();
  sink.join();
}
BENCHMARK(OneWay)->Arg(1 << 20)->Arg(64 << 20)->UseRealTime();

}  // namespace
}  // namespace spud::net
