// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>

#include <gtest/gtest.h>

#include "ring/linear_map.hpp"
#include "system/crypto/random.hpp"
#include "vm/local.hpp"

namespace spud::contract {

using protocol::Arith;
using protocol::Boolean;
using protocol::Task;
using Wide = unsigned __int128;
using vm::Desk;
using vm::ProtocolKind;

/// Plain numbers modulo 2^bits.
struct Numbers {
  unsigned bits;
  std::vector<Wide> values;

  Wide mask() const { return bits == 128 ? ~Wide{0} : (Wide{1} << bits) - 1; }
  ring::Tensor tensor() const {
    ring::Tensor out = ring::Tensor::uninitialised(bits, {static_cast<std::int64_t>(values.size())});
    ring::with_ring(bits, [&]<class R>(R) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        out.writable<typename R::Word>()[i] = static_cast<typename R::Word>(values[i] & mask());
      }
    });
    return out;
  }
  static Numbers of(const ring::Tensor& t) {
    Numbers out{t.bits(), {}};
    ring::Tensor dense = t.dense();
    ring::with_ring(t.bits(), [&]<class R>(R) {
      for (auto w : dense.words<typename R::Word>()) out.values.push_back(w);
    });
    return out;
  }
  static __int128 as_signed(Wide value, unsigned bits) {
    return static_cast<__int128>(value << (128 - bits)) >> (128 - bits);
  }
  __int128 at(std::size_t i) const { return as_signed(values[i] & mask(), bits); }
};

/// Every edge of a ring, and random values.
inline std::vector<Wide> edges(unsigned bits) {
  const Wide one = 1, top = one << (bits - 1), quarter = one << (bits - 2);
  std::vector<Wide> out{0,   1,       2,        15,      16,          17,           top - 1,
                        top, top + 1, ~Wide{0}, quarter, quarter - 1, quarter - 16, 0x5555555555555555ull};
  const auto size = out.size();
  for (std::size_t i = 0; i < size; ++i) out.push_back(-out[i]);
  return out;
}
inline Numbers sample(unsigned bits, unsigned count, unsigned seed) {
  Numbers out{bits, edges(bits)};
  std::mt19937_64 rng(seed);
  while (out.values.size() < count) {
    Wide value = static_cast<Wide>(rng()) << 64 | rng();
    if (rng() % 4 == 0) value >>= rng() % 120;
    out.values.push_back(value);
  }
  std::shuffle(out.values.begin(), out.values.end(), rng);
  for (auto& v : out.values) v &= out.mask();
  return out;
}

/// How the shares of an input are drawn: at random, or forced to an edge for every party but the last.
enum class Sharing { kRandom, kZero, kTop, kOnes };

/// The same inputs for every party: each takes its own part. In the run on shapes the parts are phantoms.
class Inputs {
 public:
  Inputs(unsigned parties, Sharing sharing, unsigned seed)
      : parties_(parties), sharing_(sharing), rng_(seed) {}

  std::size_t add(const Numbers& x) {
    std::vector<Numbers> parts(parties_, Numbers{x.bits, std::vector<Wide>(x.values.size(), 0)});
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      Wide rest = x.values[i];
      for (unsigned p = 0; p + 1 < parties_; ++p) {
        parts[p].values[i] = draw(x.bits);
        rest -= parts[p].values[i];
      }
      parts[parties_ - 1].values[i] = rest & x.mask();
    }
    words_.emplace_back();
    for (auto& part : parts) words_.back().push_back(part.tensor());
    return words_.size() - 1;
  }
  std::size_t add_bits(const std::vector<std::uint8_t>& x) {
    std::vector<std::vector<std::uint8_t>> parts(parties_, std::vector<std::uint8_t>(x.size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      std::uint8_t rest = x[i];
      for (unsigned p = 0; p + 1 < parties_; ++p)
        rest ^= parts[p][i] = static_cast<std::uint8_t>(draw(4) >> 3);
      parts[parties_ - 1][i] = rest;
    }
    bits_.emplace_back();
    for (auto& part : parts)
      bits_.back().push_back(ring::BitTensor::pack({static_cast<std::int64_t>(part.size())}, part));
    return bits_.size() - 1;
  }
  ring::Tensor words(const Desk& desk, std::size_t i) const {
    const auto& t = words_.at(i).at(index(desk.seat.rank));
    return desk.on_shapes ? ring::Tensor::phantom(t.bits(), t.shape()) : t;
  }
  ring::BitTensor bits(const Desk& desk, std::size_t i) const {
    const auto& t = bits_.at(i).at(index(desk.seat.rank));
    return desk.on_shapes ? ring::BitTensor::phantom(t.shape()) : t;
  }

 private:
  Wide draw(unsigned bits) {
    const Wide mask = bits == 128 ? ~Wide{0} : (Wide{1} << bits) - 1;
    switch (sharing_) {
      case Sharing::kRandom:
        return (static_cast<Wide>(rng_()) << 64 | rng_()) & mask;
      case Sharing::kZero:
        return 0;
      case Sharing::kTop:
        return Wide{1} << (bits - 1);
      case Sharing::kOnes:
        return mask;
    }
    return 0;
  }
  unsigned parties_;
  Sharing sharing_;
  std::mt19937_64 rng_;
  std::vector<std::vector<ring::Tensor>> words_;
  std::vector<std::vector<ring::BitTensor>> bits_;
};

inline Numbers sum(const std::vector<ring::Tensor>& shares) {
  Numbers total = Numbers::of(shares[0]);
  for (std::size_t p = 1; p < shares.size(); ++p) {
    Numbers part = Numbers::of(shares[p]);
    for (std::size_t i = 0; i < part.values.size(); ++i) total.values[i] += part.values[i];
  }
  for (auto& v : total.values) v &= total.mask();
  return total;
}
inline std::vector<std::uint8_t> sum(const std::vector<ring::BitTensor>& shares) {
  ring::BitTensor total = shares[0];
  for (std::size_t p = 1; p < shares.size(); ++p) total = total ^ shares[p];
  return total.unpack();
}

/// Runs body on all parties and returns its outputs' shares by rank, with what it cost.
template <class Share>
struct Outcome {
  std::vector<Share> shares;
  vm::Traffic traffic;  ///< of one party; all are alike
  correlation::DemandCost dealt;
};

template <class Share>
Outcome<Share> run(ProtocolKind kind, unsigned parties, unsigned seed,
                   const std::function<Task<Share>(Desk)>& body,
                   const vm::RoundExecutor::Observer& observer = {}) {
  crypto::SeededRandom random(seed);
  auto result = vm::run_locally<Share>(kind, parties, random, body, observer);
  if (!result) {
    ADD_FAILURE() << result.error().message();
    return {};
  }
  auto dealt = correlation::cost(result->demand);
  EXPECT_TRUE(dealt.has_value());
  for (const auto& traffic : result->traffic) {
    EXPECT_EQ(traffic.rounds, result->traffic[0].rounds);
    EXPECT_EQ(traffic.opened_bits, result->traffic[0].opened_bits);
  }
  if (kind == ProtocolKind::kSemi2k) {
    EXPECT_EQ(result->tape_bytes, dealt->tape_bytes);
  }
  return {std::move(result->results), result->traffic[0], *dealt};
}

}  // namespace spud::contract
