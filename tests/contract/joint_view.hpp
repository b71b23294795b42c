// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/contract/coins.hpp"

namespace spud::contract {

/// A step of semi2k on secrets of Z_2^4 and secret bits, all of one size.
struct ViewStep {
  std::string name;
  unsigned parties = 2;
  unsigned words = 1, bits = 0;  ///< operands
  std::function<Task<int>(Desk, std::vector<Arith>, std::vector<Boolean>)> run;
  unsigned stride = 1;   ///< of the inputs that are tried: 1 for all
  bool reopens = false;  ///< opens the same bit twice: there one mask would say no more
  unsigned kept = 0;     ///< of the words, the first ones: the honest party has them in plain
};

/// The joint views of all parties but one, over every coin of that one: each combination is another element
/// of one big tensor. The others' coins and shares are fixed.
class JointView {
 public:
  using View = std::vector<std::uint64_t>;  ///< how many of the combinations show the coalition each thing

  JointView(const ViewStep& step, unsigned honest, unsigned fixed)
      : step_(step), honest_(honest), fixed_(fixed) {
    auto body = [&](Desk desk) { return on_secrets(desk, std::vector<unsigned>(inputs(), 0), 1); };
    auto shapes = vm::run_on_shapes<int>({ProtocolKind::kSemi2k, Rank{0}, step.parties}, body);
    EXPECT_TRUE(shapes.has_value());
    items_ = items_of(shapes->demand);
    for (Item& item : items_) {
      if (item.op == correlation::Op::kPermutation) {
        EXPECT_EQ(item.shape, (Shape{1, 2})) << "a coin is one bit";
        item.at_once = 2;
        item.width = 1;
        continue;
      }
      if (item.op == correlation::Op::kMask || item.op == correlation::Op::kPrivateMask ||
          item.op == correlation::Op::kDeal) {
        item.at_once = static_cast<unsigned>(element_count(item.shape));
        item.width *= item.at_once;
        continue;
      }
      if (item.width != 1) continue;  // one element: what there is more of are rows
      item.rows = static_cast<unsigned>(element_count(item.shape));
      item.is_row = item.rows > 1 && item.shape[0] == 1;
      item.width = item.rows;
    }
    aliases_.resize(items_.size());
    for (ItemId i = 0; i < items_.size(); ++i) aliases_[i] = i;
    dropped_.assign(items_.size(), false);
  }

  /// Items of which the honest party's coins matter to anyone.
  std::vector<ItemId> coins() const {
    std::vector<ItemId> out;
    for (ItemId i = 0; i < items_.size(); ++i) {
      const bool unused = correlation::is_dealing(items_[i].op)
                              ? honest_ + 1 == step_.parties
                              : items_[i].owner.value_or(Rank{honest_}) != Rank{honest_};
      if (!unused) out.push_back(i);
    }
    return out;
  }
  const Item& item(ItemId i) const { return items_.at(i); }

  // ---- mutants
  /// The honest party's coins of the item are all zero.
  JointView& drop(ItemId item) {
    dropped_.at(item) = true;
    return *this;
  }
  /// … are those of another item.
  JointView& reuse(ItemId item, ItemId other) {
    aliases_.at(item) = other;
    return *this;
  }

  /// The number of words and bits that are secret.
  unsigned inputs() const { return step_.words + step_.bits; }
  /// All inputs that are tried.
  std::vector<std::vector<unsigned>> all_inputs() const {
    std::vector<std::vector<unsigned>> out;
    const unsigned count = 1u << (4 * step_.words + step_.bits);
    for (unsigned at = 0; at < count; ++at) {
      if (at % step_.stride != 0 && at + 1 != count) continue;
      std::vector<unsigned> values;
      unsigned rest = at;
      for (unsigned w = 0; w < step_.words; ++w, rest >>= 4) values.push_back(rest & 15);
      for (unsigned b = 0; b < step_.bits; ++b, rest >>= 1) values.push_back(rest & 1);
      out.push_back(std::move(values));
    }
    return out;
  }

  View of(const std::vector<unsigned>& values) const {
    // Where each coin of the honest party lies in the number of an element.
    std::vector<unsigned> offset(items_.size(), 0);
    unsigned total = 0;
    for (ItemId i : coins()) {
      if (dropped_[i] || aliases_[i] != i) continue;
      offset[i] = total;
      total += items_[i].width;
    }
    EXPECT_LE(total, 22u) << "too many combinations to try them all";
    const std::int64_t count = std::int64_t{1} << total;
    std::vector<Item> items = items_;
    for (auto& item : items) item.shape = {count * item.at_once};
    StreamsOfAll streams;
    for (unsigned p = 0; p < step_.parties; ++p) {
      std::vector<Coin> coins(items.size());
      for (ItemId id = 0; id < items.size(); ++id) {
        if (p != honest_) {
          coins[id].fixed = fixed_coin(p, 100 + id);
        } else if (!dropped_[id]) {
          coins[id].place = offset[aliases_[id]];
        }
      }
      streams.push_back(std::make_shared<Coins>(items, std::move(coins)));
    }
    auto played = play<int>(streams, [&](Desk desk) { return on_secrets(desk, values, count); });
    return view(played, static_cast<std::size_t>(count));
  }

  /// Whether the view is the same for all inputs.
  bool says_nothing() const {
    std::optional<View> first;
    for (const auto& values : all_inputs()) {
      View view = of(values);
      if (!first) {
        first = std::move(view);
      } else if (view != *first) {
        return false;
      }
    }
    return true;
  }

 private:
  std::uint64_t fixed_coin(unsigned party, std::uint64_t what) const {
    return std::mt19937_64(fixed_ * 1000003ull + party * 10007ull + what)();
  }

  Task<int> on_secrets(Desk desk, std::vector<unsigned> values, std::int64_t count) const {
    std::vector<Arith> words;
    std::vector<Boolean> bits;
    for (unsigned i = 0; i < inputs(); ++i) {
      const bool word = i < step_.words;
      unsigned part = values[i];
      for (unsigned p = 0; p < step_.parties; ++p) {
        if (p == honest_) continue;
        const auto share = static_cast<unsigned>(fixed_coin(p, i) & (word ? 15 : 1));
        part = word ? part - share : part ^ share;
      }
      if (index(desk.seat.rank) != honest_)
        part = static_cast<unsigned>(fixed_coin(index(desk.seat.rank), i));
      if (i < step_.kept) {
        std::vector<std::uint8_t> all(static_cast<std::size_t>(count), static_cast<std::uint8_t>(values[i]));
        std::optional<ring::Tensor> mine;
        if (index(desk.seat.rank) == honest_) mine = ring::Tensor::of<std::uint8_t>(4, {count}, all);
        auto x_task = desk.protocol.private_input(Rank{honest_}, 4, {count}, mine);
        Arith x = co_await x_task;
        words.push_back(x);
      } else if (word) {
        std::vector<std::uint8_t> all(static_cast<std::size_t>(count), static_cast<std::uint8_t>(part & 15));
        ring::Tensor t = desk.on_shapes ? ring::Tensor::phantom(4, {count})
                                        : ring::Tensor::of<std::uint8_t>(4, {count}, all);
        auto x_task = desk.protocol.input(t);
        Arith x = co_await x_task;
        words.push_back(x);
      } else {
        std::vector<std::uint8_t> all(static_cast<std::size_t>(count), static_cast<std::uint8_t>(part & 1));
        ring::BitTensor t =
            desk.on_shapes ? ring::BitTensor::phantom({count}) : ring::BitTensor::pack({count}, all);
        auto b_task = desk.protocol.input_bits(t);
        Boolean b = co_await b_task;
        bits.push_back(b);
      }
    }
    auto done_task = step_.run(desk, words, bits);
    int done = co_await done_task;
    co_return done;
  }

  /// What the honest party sent, and what the last party was dealt if it is not the honest one.
  View view(const Play<int>& played, std::size_t count) const {
    View seen(count, 0);
    unsigned used = 0;
    auto add = [&](ByteView from, std::size_t begin, unsigned width) {
      for (std::size_t i = 0; i < count; ++i) seen[i] |= bits_at(from, begin + i * width, width) << used;
      used += width;
    };
    auto add_rows = [&](ByteView from, std::size_t begin, unsigned rows) {
      for (unsigned row = 0; row < rows; ++row) add(from, begin + row * count, 1);
    };
    // The coalition has the keys of the honest party's shares of zero: it takes them off.
    protocol::ZeroShares zeros = zero_shares(honest_, step_.parties);
    for (const auto& sent : played.sent.at(honest_)) {
      if (sent.is_result) {
        const Shape shape{static_cast<std::int64_t>(count)};
        const auto share = zeros.bits(shape) ^ ring::BitTensor::from_bytes(shape, sent.bytes);
        add(share.bytes(), 0, 1);
        continue;
      }
      const Item& pad = items_.at(sent.pad.value_or(0));
      const bool words = pad.op == correlation::Op::kMask || pad.op == correlation::Op::kPrivateMask;
      if (sent.pad && !words) {
        add_rows(sent.bytes, 0, pad.rows);
      } else {
        add(sent.bytes, 0, static_cast<unsigned>(sent.bits / count));
      }
    }
    if (honest_ + 1 != step_.parties) {
      std::size_t at = 0;
      auto dealt = [&](unsigned width) {
        add(played.tape, at, width);
        at += 8 * ring::packed_bytes(static_cast<std::int64_t>(count), width);
      };
      for (const auto& item : items_) {
        if (item.op == correlation::Op::kDealTable) {
          for (unsigned d = 0; d < item.layout.digits(); ++d) dealt(item.layout.entries_of(d));
        } else if (item.op == correlation::Op::kDealBits) {
          if (item.is_row) {
            add(played.tape, at, item.rows);
          } else {
            add_rows(played.tape, at, item.rows);
          }
          at += 8 * ring::packed_bytes(static_cast<std::int64_t>(count * item.rows), 1);
        } else if (correlation::is_dealing(item.op)) {
          dealt(item.width);
        }
      }
      EXPECT_EQ(at, 8 * played.tape.size());
    }
    EXPECT_LE(used, 24u) << "a view is counted in a table";
    View counts(std::size_t{1} << used, 0);
    for (auto v : seen) ++counts[v];
    return counts;
  }

  const ViewStep& step_;
  unsigned honest_, fixed_;
  std::vector<Item> items_;
  std::vector<ItemId> aliases_;
  std::vector<bool> dropped_;
};

}  // namespace spud::contract
