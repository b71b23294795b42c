// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/contract/harness.hpp"

namespace spud::contract {

using correlation::ItemId;
using correlation::Streams;
using StreamsOfAll = std::vector<std::shared_ptr<const Streams>>;

/// An opening as it left a party.
struct Sent {
  std::uint64_t round = 0;
  std::optional<ItemId> pad;
  std::uint64_t bits = 0;
  Bytes bytes;
  bool is_result = false;
};

/// Everything that every party of a computation sent and received, and the tape.
template <class T>
struct Play {
  std::vector<T> results;                                 ///< by rank
  std::vector<std::vector<Sent>> sent;                    ///< by rank
  std::vector<std::vector<std::vector<Bytes>>> received;  ///< by rank, round, sender
  Bytes tape;
  correlation::Demand demand;
};

/// Writes down what arrives.
class RecordingNetwork final : public protocol::Network {
 public:
  RecordingNetwork(std::unique_ptr<protocol::Network> network, std::vector<std::vector<Bytes>>& received)
      : network_(std::move(network)), received_(received) {}
  Status exchange(const protocol::RoundHeader& header, std::span<const ByteView> send,
                  std::span<const protocol::Segments> receive) override {
    SPUD_TRY(network_->exchange(header, send, receive));
    auto& round = received_.emplace_back();
    for (const auto& segments : receive) {
      auto& message = round.emplace_back();
      for (auto segment : segments) message.insert(message.end(), segment.begin(), segment.end());
    }
    return {};
  }

 private:
  std::unique_ptr<protocol::Network> network_;
  std::vector<std::vector<Bytes>>& received_;
};

/// Brings what was written down, whatever is sent.
class ReplayNetwork final : public protocol::Network {
 public:
  explicit ReplayNetwork(const std::vector<std::vector<Bytes>>& received) : received_(received) {}
  Status exchange(const protocol::RoundHeader& header, std::span<const ByteView>,
                  std::span<const protocol::Segments> receive) override {
    const auto& round = received_.at(header.round - 1);
    for (std::size_t p = 0; p < receive.size(); ++p) {
      auto from = round[p].begin();
      for (auto segment : receive[p]) {
        std::copy_n(from, segment.size(), segment.begin());
        from += static_cast<std::ptrdiff_t>(segment.size());
      }
    }
    return {};
  }

 private:
  const std::vector<std::vector<Bytes>>& received_;
};

inline Seed seed_of(unsigned number) {
  crypto::SeededRandom random(number);
  return *random.seed();
}
inline protocol::ZeroShares zero_shares(unsigned rank, unsigned parties, unsigned keys_of = 1000) {
  std::map<Rank, Seed> keys;
  for (unsigned q = 0; q < parties; ++q) {
    if (q != rank) keys.emplace(Rank{q}, seed_of(keys_of + 10 * std::min(rank, q) + std::max(rank, q)));
  }
  return protocol::ZeroShares(Rank{rank}, std::move(keys));
}

/// One party's part, over any network; appends to `sent`.
template <class T>
Result<T> play_one(unsigned parties, unsigned rank, std::shared_ptr<const Streams> streams,
                   correlation::TapeReader* tape, protocol::Network& network,
                   const std::function<Task<T>(Desk)>& body, std::vector<Sent>& sent,
                   std::optional<protocol::ZeroShares> zeros = {}) {
  const vm::Seat seat{ProtocolKind::kSemi2k, Rank{rank}, parties};
  correlation::PartySource source(seat.rank, parties, std::move(streams), tape);
  vm::RoundExecutor executor(seat.rank, parties, &network);
  executor.watch(source);
  executor.observe([&](const protocol::PostedOpening& opening, std::uint64_t round) {
    auto out = opening.outgoing();
    sent.push_back({round, opening.pad, opening.bits(), Bytes(out.begin(), out.end()), opening.is_result});
  });
  auto protocol =
      vm::make_protocol(seat, source, executor, zeros ? std::move(*zeros) : zero_shares(rank, parties));
  return executor.run(body(Desk{seat, *protocol, executor, source}));
}

/// semi2k with the given randomness, the real dealer and the real kernels.
template <class T>
Play<T> play(const StreamsOfAll& streams, const std::function<Task<T>(Desk)>& body) {
  const auto parties = static_cast<unsigned>(streams.size());
  Play<T> out;
  auto shapes = vm::run_on_shapes<T>({ProtocolKind::kSemi2k, Rank{0}, parties}, body);
  if (!shapes) {
    ADD_FAILURE() << shapes.error().message();
    return out;
  }
  out.demand = std::move(shapes->demand);
  correlation::MemoryTape tape;
  if (auto dealt = correlation::deal(out.demand, streams, tape); !dealt) {
    ADD_FAILURE() << dealt.error().message();
    return out;
  }
  out.tape = tape.bytes();
  out.sent.resize(parties);
  out.received.resize(parties);
  vm::MemoryNetwork network(parties);
  std::vector<std::optional<Result<T>>> results(parties);
  std::vector<std::thread> threads;
  for (unsigned p = 0; p < parties; ++p) {
    threads.emplace_back([&, p] {
      RecordingNetwork links(network.party(Rank{p}), out.received[p]);
      results[p] = play_one<T>(parties, p, streams[p], &tape, links, body, out.sent[p]);
      if (!*results[p]) network.close(Rank{p});
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& result : results) {
    if (!*result) {
      ADD_FAILURE() << result->error().message();
      return out;
    }
    out.results.push_back(std::move(**result));
  }
  EXPECT_TRUE(tape.fully_read());
  return out;
}

/// What an item of a party's randomness holds.
struct Item {
  correlation::Op op;
  unsigned ring_bits = 0;  ///< of words
  unsigned width = 0;      ///< bits of randomness an element: of words, 1 for bits, all entries of tables, a
                           ///< block for a place of a permutation
  Shape shape;
  ring::DigitLayout layout;   ///< of tables
  std::optional<Rank> owner;  ///< of private bits and permutations
  unsigned rows = 1;          ///< of bits that come as many an element
  bool is_row = false;        ///< … an element's side by side, not one element's next to the other's
  unsigned at_once = 1;       ///< of words that come as many an element, one after the other
};

/// By item id.
inline std::vector<Item> items_of(const correlation::Demand& demand) {
  using correlation::Op;
  std::vector<Item> items;
  std::map<correlation::RegisterId, correlation::RegisterType> types;
  auto status = correlation::for_each(demand, [&](const correlation::Instruction& i, auto made) -> Status {
    std::vector<correlation::RegisterType> operands;
    for (auto id : i.operands) operands.push_back(types.at(id));
    auto type = correlation::infer_type(i, operands);
    if (!type) return std::unexpected(type.error());
    if (correlation::makes_register(i.op)) types[made] = *type;
    if (!correlation::takes_stream(i.op)) return {};
    Item item{i.op, type->ring_bits, 1, type->shape, type->layout, {}};
    if (i.op == Op::kMask) item.width = static_cast<unsigned>(i.numbers[1]);
    if (i.op == Op::kDeal) item.width = static_cast<unsigned>(i.numbers[0]);
    if (i.op == Op::kDealTable) item.width = type->layout.table_bits();
    if (i.op == Op::kPermutation) item.width = 128;
    if (i.op == Op::kPrivateMask) {
      item.width = static_cast<unsigned>(i.numbers[1]);
      item.owner = Rank{static_cast<unsigned>(i.numbers[2])};
    }
    if (i.op == Op::kPrivateBits || i.op == Op::kPermutation)
      item.owner = Rank{static_cast<unsigned>(i.numbers[0])};
    items.push_back(std::move(item));
    return {};
  });
  EXPECT_TRUE(status.has_value());
  return items;
}

}  // namespace spud::contract
