// SPDX-License-Identifier: Apache-2.0
// What goes over the wire and onto the tape for fixed seeds, as digests: the same in every build and on every
// machine, and never changed by accident. After a change that is meant, SPUD_WRITE_TRANSCRIPTS=1 writes them
// anew.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "alu/sort.hpp"
#include "ring/simd.hpp"
#include "system/crypto/sha256.hpp"
#include "tests/contract/lockstep.hpp"

namespace spud::contract {
namespace {

using Step = std::function<Task<int>(Desk, std::vector<Arith>)>;

std::vector<std::int64_t> normaliser(unsigned width) {
  std::vector<std::int64_t> out;
  for (unsigned j = 0; j < width; ++j) out.push_back(std::int64_t{1} << (width - 1 - j));
  return out;
}

std::vector<std::pair<std::string, Step>> steps() {
  using X = std::vector<Arith>;
  return {
      {"multiply",
       [](Desk d, X x) -> Task<int> {
         auto z_task = d.protocol.multiply(x[0], x[1]);
         Arith z = co_await z_task;
         co_return 0;
       }},
      {"matmul",
       [](Desk d, X x) -> Task<int> {
         Arith a = d.protocol.linear(ring::LinearMap::reshape({1, 4, 5}), {x[0]});
         Arith b = d.protocol.linear(ring::LinearMap::reshape({1, 5, 4}), {x[1]});
         auto z_task = d.protocol.matmul(a, b);
         Arith z = co_await z_task;
         auto once_more_task = d.protocol.multiply(z, z);
         Arith once_more = co_await once_more_task;
         co_return 0;
       }},
      {"truncate",
       [](Desk d, X x) -> Task<int> {
         auto z_task = d.protocol.truncate(x[0], 8);
         Arith z = co_await z_task;
         auto square_task = d.protocol.multiply(z, z);
         Arith square = co_await square_task;
         auto masked_task = d.protocol.truncate(z, 3);
         Arith masked = co_await masked_task;
         auto last_task = d.protocol.multiply(masked, masked);
         Arith last = co_await last_task;
         co_return 0;
       }},
      {"shift_right",
       [](Desk d, X x) -> Task<int> {
         auto z_task = d.protocol.shift_right(x[0], 9);
         Arith z = co_await z_task;
         auto square_task = d.protocol.multiply(z, z);
         Arith square = co_await square_task;
         co_return 0;
       }},
      {"negative",
       [](Desk d, X x) -> Task<int> {
         auto z_task = d.protocol.negative(x[0]);
         Boolean z = co_await z_task;
         co_return 0;
       }},
      {"less",
       [](Desk d, X x) -> Task<int> {
         auto z_task = d.protocol.less(x[0], x[1], true);
         Boolean z = co_await z_task;
         co_return 0;
       }},
      {"is_zero",
       [](Desk d, X x) -> Task<int> {
         auto z_task = d.protocol.is_zero(x[0]);
         Boolean z = co_await z_task;
         co_return 0;
       }},
      {"bits",
       [](Desk d, X x) -> Task<int> {
         auto a_task = d.protocol.negative(x[0]);
         Boolean a = co_await a_task;
         auto b_task = d.protocol.negative(x[1]);
         Boolean b = co_await b_task;
         auto c_task = d.protocol.logical_and(a, b);
         Boolean c = co_await c_task;
         auto number_task = d.protocol.to_arith(c, x[0].ring_bits());
         Arith number = co_await number_task;
         auto chosen_task = d.protocol.mux(a, number);
         Arith chosen = co_await chosen_task;
         co_return 0;
       }},
      {"choose",
       [](Desk d, X x) -> Task<int> {
         auto a_task = d.protocol.negative(x[0]);
         Boolean a = co_await a_task;
         a = d.protocol.move_bits(ring::LinearMap::reshape({4, 5}), {a});
         std::vector<protocol::Condition> wanted(4);
         wanted[0].set = {0, 1, 2};
         wanted[1].set = {1};
         wanted[1].clear = {3};
         wanted[2].clear = {0, 2};
         wanted[3].set = {3};
         auto b_task = d.protocol.all_hold(a, wanted);
         Boolean b = co_await b_task;
         b = d.protocol.move_bits(ring::LinearMap::reshape({20}), {b});
         auto z_task = d.protocol.choose(b, x);
         protocol::Chosen z = co_await z_task;
         auto product_task = d.protocol.multiply(z.products[1], z.bit);
         Arith product = co_await product_task;
         co_return 0;
       }},
      {"widen",
       [](Desk d, X x) -> Task<int> {
         auto z_task = d.protocol.widen(x[0], 2 * x[0].ring_bits(), true);
         Arith z = co_await z_task;
         auto square_task = d.protocol.multiply(z, z);
         Arith square = co_await square_task;
         co_return 0;
       }},
      {"bounded",
       [](Desk d, X x) -> Task<int> {
         auto a_task = d.protocol.negative(x[0], 20);
         Boolean a = co_await a_task;
         auto b_task = d.protocol.is_zero(x[0], 20);
         Boolean b = co_await b_task;
         auto c_task = d.protocol.less_than_public(x[0], {-1, 5}, 20);
         std::vector<Boolean> c = co_await c_task;
         auto whole_task = d.protocol.less_than_public(x[1], {-1, 5}, x[1].ring_bits());
         std::vector<Boolean> whole = co_await whole_task;
         co_return 0;
       }},
      {"decompose",
       [](Desk d, X x) -> Task<int> {
         auto bits_task = d.protocol.bits(x[0], x[0].ring_bits());
         std::vector<Boolean> bits = co_await bits_task;
         auto number_task = d.protocol.compose(bits, x[0].ring_bits());
         Arith number = co_await number_task;
         auto square_task = d.protocol.multiply(number, number);
         Arith square = co_await square_task;
         co_return 0;
       }},
      {"look_up",
       [](Desk d, X x) -> Task<int> {
         std::vector<std::uint64_t> words(1024, ~std::uint64_t{5});
         auto large_task = d.protocol.look_up(x[0], ring::Tensor::of<std::uint64_t>(64, {1024}, words));
         Arith large = co_await large_task;
         words.resize(256);
         auto small_task = d.protocol.look_up(x[0], ring::Tensor::of<std::uint64_t>(64, {256}, words));
         Arith small = co_await small_task;
         auto product_task = d.protocol.multiply(small, large);
         Arith product = co_await product_task;
         co_return 0;
       }},
      {"interpolate",
       [](Desk d, X x) -> Task<int> {
         const unsigned k = x[0].ring_bits();
         std::vector<ring::Tensor> tables;
         for (unsigned degree = 0; degree < 3; ++degree)
           tables.push_back(ring::apply_linear(ring::LinearMap::broadcast({64}, {}),
                                               std::vector<ring::Tensor>{ring::Tensor::zeros(k, {})}));
         auto first_task = d.protocol.interpolate(x[0], 9, 3, tables);
         Arith first = co_await first_task;
         auto second_task = d.protocol.interpolate(first, 9, 0, tables);
         Arith second = co_await second_task;
         co_return 0;
       }},
      {"shift",
       [](Desk d, X x) -> Task<int> {
         auto public_task = d.protocol.shift_right_full(x[0], 9, true);
         Arith by_public = co_await public_task;
         auto left_task = d.protocol.shift(x[0], x[1], protocol::Shift::kLeft);
         Arith left = co_await left_task;
         auto right_task = d.protocol.shift(left, x[1], protocol::Shift::kRightArithmetic);
         Arith right = co_await right_task;
         auto product_task = d.protocol.multiply(by_public, right);
         Arith product = co_await product_task;
         co_return 0;
       }},
      {"wrap",
       [](Desk d, X x) -> Task<int> {
         auto z_task = d.protocol.wrap(x[0], 8, true);
         Arith z = co_await z_task;
         auto square_task = d.protocol.multiply(z, x[0]);
         Arith square = co_await square_task;
         auto masked_task = d.protocol.wrap(x[0], 20, false);
         Arith masked = co_await masked_task;
         auto again_task = d.protocol.multiply(masked, z);
         Arith again = co_await again_task;
         co_return 0;
       }},
      {"widen_bounded",
       [](Desk d, X x) -> Task<int> {
         auto z_task = d.protocol.widen_bounded(x[0], 2 * x[0].ring_bits());
         Arith z = co_await z_task;
         auto square_task = d.protocol.multiply(z, z);
         Arith square = co_await square_task;
         auto masked_task = d.protocol.prepare(x[0]);
         Arith masked = co_await masked_task;
         auto again_task = d.protocol.widen_bounded(x[0], 2 * x[0].ring_bits());
         Arith again = co_await again_task;
         co_return 0;
       }},
      {"exp",
       [](Desk d, X x) -> Task<int> {
         protocol::ExpWindow window{.input_fraction = 12, .result_fraction = 12};
         auto z_task = d.protocol.exp(x[0], window);
         Arith z = co_await z_task;
         window.high = 12;
         auto large_task = d.protocol.exp(x[1], window);
         Arith large = co_await large_task;
         auto product_task = d.protocol.multiply(z, large);
         Arith product = co_await product_task;
         co_return 0;
       }},
      {"leading_one",
       [](Desk d, X x) -> Task<int> {
         std::vector<std::vector<std::int64_t>> weights(1, normaliser(20));
         auto z_task = d.protocol.leading_one(x[0], 20, weights);
         std::vector<Arith> z = co_await z_task;
         auto product_task = d.protocol.multiply(z[0], x[1]);
         Arith product = co_await product_task;
         co_return 0;
       }},
      {"scale",
       [](Desk d, X x) -> Task<int> {
         auto less_task = d.protocol.less_than_public(x[0], {-256, 1, 4096}, 20);
         std::vector<Boolean> less = co_await less_task;
         std::vector<Boolean> places{less[0], d.protocol.exclusive_or(less[0], less[1]),
                                     d.protocol.exclusive_or(less[1], less[2]),
                                     d.protocol.logical_not(less[2])};
         std::vector<std::vector<std::int64_t>> weights{{1, 2, 3, 4}, {-1, 5, 0, 7}};
         auto z_task = d.protocol.scale(x[0], places, weights);
         protocol::Scaled z = co_await z_task;
         auto product_task = d.protocol.multiply(z.product, z.weights[1]);
         Arith product = co_await product_task;
         co_return 0;
       }},
      {"shuffle",
       [](Desk d, X x) -> Task<int> {
         std::vector<Arith> columns{d.protocol.linear(ring::LinearMap::reshape({2, 10}), {x[0]}),
                                    d.protocol.linear(ring::LinearMap::reshape({2, 10}), {x[1]})};
         auto shuffled_task = d.protocol.shuffle(columns);
         std::vector<Arith> shuffled = co_await shuffled_task;
         const std::vector<std::uint32_t> at{9, 0, 3, 3, 1, 8};
         Arith taken =
             d.protocol.take_rows(shuffled[0], ring::Tensor::of<std::uint32_t>(32, {2, 3}, std::span(at)));
         auto sign_task = d.protocol.negative(taken);
         Boolean sign = co_await sign_task;
         auto order_task = d.protocol.reveal_order(sign);
         ring::BitTensor order = co_await order_task;
         auto product_task = d.protocol.multiply(shuffled[0], shuffled[1]);
         Arith product = co_await product_task;
         co_return 0;
       }},
      {"sort",
       [](Desk d, X x) -> Task<int> {
         std::vector<Arith> columns{d.protocol.linear(ring::LinearMap::reshape({2, 10}), {x[1]})};
         std::vector<alu::SortKey> keys(1, alu::SortKey(columns[0]));
         alu::Alu alu(d.protocol, d.executor, {});
         auto sorted_task = alu::sort(alu, keys, columns);
         std::vector<Arith> sorted = co_await sorted_task;
         auto square_task = d.protocol.multiply(sorted[0], sorted[0]);
         Arith square = co_await square_task;
         co_return 0;
       }},
      {"output",
       [](Desk d, X x) -> Task<int> {
         // A refreshed share goes to a recipient; here it is opened under a mask, to be part of what is sent.
         ring::Tensor share = d.protocol.output(x[0]);
         auto again_task = d.protocol.input(share);
         Arith again = co_await again_task;
         auto square_task = d.protocol.multiply(again, again);
         Arith square = co_await square_task;
         co_return 0;
       }},
  };
}

Task<int> whole(Desk desk, const Inputs& in, const Step& step) {
  std::vector<Arith> x;
  for (unsigned i = 0; i < 2; ++i) {
    auto value_task = desk.protocol.input(in.words(desk, i));
    Arith value = co_await value_task;
    x.push_back(value);
  }
  auto done_task = step(desk, x);
  int done = co_await done_task;
  co_return done;
}

std::string transcript(unsigned n, unsigned k, const Step& step) {
  std::mt19937_64 rng(99);
  Inputs in(n, Sharing::kRandom, 12);
  for (unsigned i = 0; i < 2; ++i) {
    Numbers x{k, {}};
    for (unsigned e = 0; e < 20; ++e) x.values.push_back((rng() >> 8) & x.mask());
    in.add(x);
  }
  StreamsOfAll streams;
  for (unsigned p = 0; p < n; ++p)
    streams.push_back(std::make_shared<correlation::SeedStreams>(seed_of(300 + p)));
  auto played = play<int>(streams, [&](Desk d) { return whole(d, in, step); });
  crypto::Sha256 hash;
  for (const auto& sent : played.sent) {
    for (const auto& opening : sent) {
      Bytes header;
      put_u64(header, opening.round);
      put_u64(header, opening.bytes.size());
      hash.update(header);
      hash.update(opening.bytes);
    }
  }
  hash.update(played.tape);
  hash.update(correlation::encode(played.demand));
  return hash.finish().hex();
}

std::map<std::string, std::string> all_transcripts() {
  std::map<std::string, std::string> found;
  for (const auto& [name, step] : steps()) {
    for (unsigned n : {2u, 3u, 5u}) {
      for (unsigned k : {32u, 64u, 128u}) {
        if (k == 128 && name.starts_with("widen")) continue;  // there is no larger ring
        found[name + " n=" + std::to_string(n) + " k=" + std::to_string(k)] = transcript(n, k, step);
      }
    }
  }
  return found;
}

TEST(Transcripts, AreThoseThatWereCheckedIn) {
  // ctest runs from the root of the tree.
  const std::filesystem::path path = "tests/contract/transcripts.txt";
  std::map<std::string, std::string> found = all_transcripts();
  if (std::getenv("SPUD_WRITE_TRANSCRIPTS") != nullptr) {
    std::ofstream out(path);
    out << "# SHA-256 of what all parties send, the tape and the demand; see transcript_test.cpp\n";
    for (const auto& [what, digest] : found) out << digest << "  " << what << '\n';
  }
  std::ifstream in(path);
  std::map<std::string, std::string> expected;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#') || line.size() < 66) continue;
    expected[line.substr(66)] = line.substr(0, 64);
  }
  EXPECT_EQ(found, expected);
}

TEST(Transcripts, AreTheSameOnEveryInstructionSet) {
  const auto best = all_transcripts();
  for (ring::SimdPath path : ring::simd_paths()) {
    ring::set_simd_path(path);
    EXPECT_EQ(all_transcripts(), best) << to_string(path);
  }
  ring::set_simd_path(ring::simd_paths().front());
}

// Nodes compare the demands that they forecast, each from its own seat: to the order in which registers are
// freed.
TEST(Transcripts, AskTheDealerForTheSameFromEverySeat) {
  for (const auto& [name, step] : steps()) {
    for (unsigned n : {2u, 3u}) {
      Inputs in(n, Sharing::kRandom, 12);
      for (unsigned i = 0; i < 2; ++i) in.add(Numbers{64, std::vector<Wide>(20, 1)});
      auto digest = [&](unsigned rank) {
        auto shapes = vm::run_on_shapes<int>({ProtocolKind::kSemi2k, Rank{rank}, n},
                                             [&](Desk d) { return whole(d, in, step); });
        EXPECT_TRUE(shapes.has_value()) << name;
        return correlation::digest(shapes->demand);
      };
      const auto first = digest(0);
      for (unsigned rank = 1; rank < n; ++rank)
        EXPECT_EQ(digest(rank), first) << name << ", rank " << rank << " of " << n;
    }
  }
}

TEST(Transcripts, AreTheSameEveryTime) {
  for (const auto& [name, step] : steps())
    EXPECT_EQ(transcript(3, 64, step), transcript(3, 64, step)) << name;
}

}  // namespace
}  // namespace spud::contract
