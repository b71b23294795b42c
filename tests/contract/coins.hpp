// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/contract/lockstep.hpp"

namespace spud::contract {

/// How a coin falls: alike in every element, or as the element's number says.
struct Coin {
  std::uint64_t fixed = 0;
  std::optional<unsigned> place;  ///< of the coin's lowest bit in the number of the element
};

/// A party's randomness given coin by coin, so that the elements of one big tensor try every combination.
class Coins final : public Streams {
 public:
  /// By item.
  Coins(std::vector<Item> items, std::vector<Coin> coins)
      : items_(std::move(items)), coins_(std::move(coins)) {}

  void fill_from(ItemId id, std::uint64_t block, MutableBytes out) const override {
    // An item is asked for piece by piece: it is made once, a little longer than ever asked for.
    const std::size_t end = 16 * block + out.size();
    Bytes& whole = made_[id];
    if (whole.size() < end) {
      whole.resize(std::max(end, item_bytes(items_.at(id))));
      write(id, whole);
    }
    std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(16 * block), out.size(), out.begin());
  }

 private:
  static std::size_t item_bytes(const Item& item) {
    const auto count = static_cast<std::size_t>(element_count(item.shape));
    if (item.op == correlation::Op::kPermutation) return 16 * count;
    return 2 * count * std::max(1u, item.layout.digits()) + 16;
  }
  /// The first bytes of an item's stream; what does not fit is left out.
  void write(ItemId id, MutableBytes out) const {
    std::fill(out.begin(), out.end(), std::byte{0});
    const Item& item = items_.at(id);
    const auto count = static_cast<std::size_t>(element_count(item.shape));
    if (item.op == correlation::Op::kMask || item.op == correlation::Op::kPrivateMask ||
        item.op == correlation::Op::kDeal) {
      SPUD_CHECK(ring::word_bytes(item.ring_bits) == 1, "the rings of these tests have words of one byte");
      const unsigned width = item.width / item.at_once;
      for (std::size_t i = 0; i < std::min(count, out.size()); ++i) {
        const std::uint64_t all = value(id, i / item.at_once) >> (width * (i % item.at_once));
        out[i] = static_cast<std::byte>(all & ((1u << width) - 1));
      }
    } else if (item.op == correlation::Op::kPermutation) {
      // Of two rows: whether the second changes places with the first is the top bit of its block.
      for (std::size_t i = 0; i < count / 2; ++i) {
        const std::size_t at = 16 * (2 * i + 1) + 15;
        if (at < out.size()) out[at] = static_cast<std::byte>((~value(id, i) & 1) << 7);
      }
    } else if (item.op == correlation::Op::kDealTable) {
      for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t tables = value(id, i);
        for (unsigned d = 0; d < item.layout.digits(); ++d) {
          const unsigned entries = item.layout.entries_of(d);
          const std::uint64_t table = tables & ((1u << entries) - 1);
          tables >>= entries;
          // Block by block, within it digit by digit.
          const std::size_t first = i / kBlock * kBlock, block = std::min(kBlock, count - first);
          const std::size_t at = 2 * (first * item.layout.digits() + d * block + i - first);
          if (at + 1 >= out.size()) continue;
          out[at] = static_cast<std::byte>(table);
          out[at + 1] = static_cast<std::byte>(table >> 8);
        }
      }
    } else {
      for (unsigned row = 0; row < item.rows; ++row) {
        for (std::size_t i = 0; i < count; ++i) {
          const std::size_t bit = item.is_row ? i * item.rows + row : row * count + i;
          if (bit / 8 >= out.size()) continue;
          out[bit / 8] |= static_cast<std::byte>((value(id, i) >> row & 1) << (bit % 8));
        }
      }
    }
  }

  static constexpr std::size_t kBlock = ring::DigitBlock::kElements;
  std::uint64_t value(ItemId id, std::size_t element) const {
    const Coin& coin = coins_[id];
    return (coin.place ? element >> *coin.place : coin.fixed) & ((std::uint64_t{1} << items_[id].width) - 1);
  }
  std::vector<Item> items_;
  std::vector<Coin> coins_;
  mutable std::map<ItemId, Bytes> made_;
};

/// `width` bits from bit `position` on, lowest first, as openings and tapes pack them.
inline std::uint64_t bits_at(ByteView bytes, std::size_t position, unsigned width) {
  std::uint64_t value = 0;
  for (std::size_t at = position / 8, end = (position + width + 7) / 8, shift = 0; at < end; ++at, shift += 8)
    value |= std::to_integer<std::uint64_t>(bytes[at]) << shift;
  return value >> (position % 8) & ((std::uint64_t{1} << width) - 1);
}

}  // namespace spud::contract
