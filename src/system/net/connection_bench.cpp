// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <barrier>
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

/// Takes frames of `size` bytes, straight into a buffer, until the connection ends.
void take_frames(Connection& from, std::size_t size) {
  Bytes into(size);
  while (from.receive_header({0, size}, kForever) && from.receive_payload(into, kForever)) {
  }
}

// Large payloads one way. CPU counts both ends, because on few cores they share them.
void OneWay(benchmark::State& state) {
  Link link;
  Bytes payload(static_cast<std::size_t>(state.range(0)));
  std::thread sink([&] { take_frames(*link.server, payload.size()); });
  ByteView segment = payload;
  for (auto _ : state) {
    if (!link.client->send({}, {&segment, 1}, kForever)) state.SkipWithError("the link broke");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
  link.client->shutdown();
  sink.join();
}
BENCHMARK(OneWay)->Arg(1 << 20)->Arg(64 << 20)->MeasureProcessCPUTime()->UseRealTime();

// A round of two parties: each sends while its reader takes. Bytes are those of both directions.
void BothWays(benchmark::State& state) {
  Link link;
  const auto size = static_cast<std::size_t>(state.range(0));
  Bytes one(size), other(size), into_one(size), into_other(size);
  auto send = [](Connection& to, ByteView bytes) { return to.send({}, {&bytes, 1}, kForever).has_value(); };
  auto take = [](Connection& from, MutableBytes into) {
    return from.receive_header({0, into.size()}, kForever) && from.receive_payload(into, kForever);
  };
  std::barrier round(4);
  bool going = true;
  std::atomic<bool> broken = false;
  auto every_round = [&](auto part) {
    return std::thread([&, part] {
      for (;;) {
        round.arrive_and_wait();
        if (!going) return;
        if (!part()) broken = true;
        round.arrive_and_wait();
      }
    });
  };
  auto a = every_round([&] { return take(*link.client, into_one); });
  auto b = every_round([&] { return take(*link.server, into_other); });
  auto c = every_round([&] { return send(*link.server, other); });
  for (auto _ : state) {
    round.arrive_and_wait();
    if (!send(*link.client, one)) broken = true;
    round.arrive_and_wait();
  }
  going = false;
  round.arrive_and_wait();
  a.join();
  b.join();
  c.join();
  if (broken) state.SkipWithError("the link broke");
  state.SetBytesProcessed(2 * state.iterations() * state.range(0));
}
BENCHMARK(BothWays)->Arg(1 << 20)->Arg(8 << 20)->Arg(64 << 20)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace spud::net
