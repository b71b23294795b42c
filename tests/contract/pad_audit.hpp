// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include "tests/contract/lockstep.hpp"

namespace spud::contract {

/// One party's streams, but for one item's.
class ChangedStreams final : public Streams {
 public:
  ChangedStreams(std::shared_ptr<const Streams> streams, ItemId item)
      : streams_(std::move(streams)), item_(item) {}
  void fill_from(ItemId item, std::uint64_t block, MutableBytes out) const override {
    streams_->fill_from(item, block, out);
    if (item != item_) return;
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] ^= static_cast<std::byte>(0x5a + 37 * (16 * block + i));
  }

 private:
  std::shared_ptr<const Streams> streams_;
  ItemId item_;
};

/// Goes through all that the parties of a computation sent: every opening names a pad that the sender drew,
/// that its receivers do not know, that is as wide as what it hides and hides nothing else; and the pad is
/// really in it: had the party drawn another, what it sent would differ by exactly that. What is opened for
/// all to know has a share of zero for a pad, which is tried likewise.
template <class T>
class PadAudit {
 public:
  PadAudit(StreamsOfAll streams, std::function<Task<T>(Desk)> body)
      : streams_(std::move(streams)), body_(std::move(body)), played_(play<T>(streams_, body_)) {
    items_ = items_of(played_.demand);
  }

  const Play<T>& played() const { return played_; }

  /// What is wrong; empty if all is well.
  std::vector<std::string> findings() const {
    std::vector<std::string> out;
    for (unsigned p = 0; p < streams_.size(); ++p) {
      std::set<ItemId> used;
      const auto& sent = played_.sent.at(p);
      for (std::size_t i = 0; i < sent.size(); ++i) {
        if (auto finding = of(p, i, used)) {
          out.push_back("party " + std::to_string(p) + ", opening " + std::to_string(i) + ": " + *finding);
        }
      }
    }
    return out;
  }

 private:
  std::optional<std::string> of(unsigned party, std::size_t at, std::set<ItemId>& used) const {
    const Sent& sent = played_.sent.at(party).at(at);
    if (sent.is_result) return changes_with_its_share_of_zero(party, at);
    if (!sent.pad) return "no pad";
    if (*sent.pad >= items_.size()) return "a pad that nobody drew";
    const Item& item = items_.at(*sent.pad);
    if (correlation::is_dealing(item.op)) return "a dealt share is no pad";
    if (item.owner && *item.owner != Rank{party}) return "a pad that a receiver knows";
    if (sent.bits > static_cast<std::uint64_t>(element_count(item.shape)) * item.width)
      return "a pad too small";
    if (!used.insert(*sent.pad).second) return "a pad used twice";
    return changes_with_its_pad(party, at);
  }

  std::optional<std::string> changes_with_its_share_of_zero(unsigned party, std::size_t at) const {
    const auto parties = static_cast<unsigned>(streams_.size());
    correlation::MemoryTape tape;
    (void)tape.write(played_.tape);
    ReplayNetwork network(played_.received.at(party));
    std::vector<Sent> now;
    auto result = play_one<T>(parties, party, streams_.at(party), &tape, network, body_, now,
                              zero_shares(party, parties, 5000));
    if (!result) return "the replay failed: " + result.error().message();
    for (std::size_t i = 0; i < now.size(); ++i) {
      const Sent& was = played_.sent.at(party).at(i);
      if (i == at && now.at(i).bytes == was.bytes) return "no share of zero is in it";
      if (!was.is_result && was.round <= played_.sent.at(party).at(at).round && now.at(i).bytes != was.bytes)
        return "its share of zero is in opening " + std::to_string(i) + " too";
    }
    return {};
  }

  std::optional<std::string> changes_with_its_pad(unsigned party, std::size_t at) const {
    const Sent& was = played_.sent.at(party).at(at);
    auto changed = std::make_shared<ChangedStreams>(streams_.at(party), *was.pad);
    correlation::MemoryTape tape;
    (void)tape.write(played_.tape);
    ReplayNetwork network(played_.received.at(party));
    std::vector<Sent> now;
    auto result =
        play_one<T>(static_cast<unsigned>(streams_.size()), party, changed, &tape, network, body_, now);
    if (!result) return "the replay failed: " + result.error().message();
    // What was sent before or together with it must not depend on the pad.
    for (std::size_t i = 0; i < now.size(); ++i) {
      const Sent& other = played_.sent.at(party).at(i);
      if (i != at && other.round <= was.round && now.at(i).bytes != other.bytes)
        return "its pad is in opening " + std::to_string(i) + " too";
    }
    const Item& item = items_.at(*was.pad);
    if (item.op == correlation::Op::kMask || item.op == correlation::Op::kPrivateMask) {
      const auto width =
          static_cast<unsigned>(was.bits / static_cast<std::uint64_t>(element_count(item.shape)));
      auto words = [&](const Bytes& bytes) {
        return Numbers::of(ring::unpack_low_bits(item.ring_bits, item.shape, width, bytes)).values;
      };
      auto pad = [&](const Streams& streams) {
        return Numbers::of(correlation::stream_words(streams, *was.pad, item.ring_bits, item.shape, width))
            .values;
      };
      auto before = words(was.bytes), after = words(now.at(at).bytes), from = pad(*streams_.at(party)),
           to = pad(*changed);
      const Wide mask = Numbers{width, {}}.mask();
      for (std::size_t i = 0; i < before.size(); ++i) {
        if (((after[i] - before[i]) & mask) != ((to[i] - from[i]) & mask)) return "its pad is not in it";
      }
      return {};
    }
    auto before = correlation::stream_bits(*streams_.at(party), *was.pad, item.shape);
    auto after = correlation::stream_bits(*changed, *was.pad, item.shape);
    auto difference = before ^ after;
    auto view = difference.bytes();
    for (std::size_t i = 0; i < was.bytes.size(); ++i) {
      if ((was.bytes[i] ^ now.at(at).bytes[i]) != view[i]) return "its pad is not in it";
    }
    return {};
  }

  StreamsOfAll streams_;
  std::function<Task<T>(Desk)> body_;
  Play<T> played_;
  std::vector<Item> items_;
};

}  // namespace spud::contract
