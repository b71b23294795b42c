// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <memory>
#include <optional>

#include "correlation/source.hpp"
#include "protocol/account.hpp"
#include "ring/bit_tensor.hpp"
#include "ring/dense_bits.hpp"
#include "ring/map.hpp"
#include "ring/tensor.hpp"

namespace spud::protocol {

/// One opening under way: every party sends its padded share, once; what all sent together becomes public.
/// Of a value that one party knows, that party alone sends. The pad was moved into it, so no pad serves two
/// openings, and there is no other way to send.
class PostedOpening {
 public:
  virtual ~PostedOpening() = default;
  /// Logical bits that a sender sends to each peer; what cost functions count.
  virtual std::uint64_t bits() const = 0;
  virtual std::size_t byte_count() const = 0;
  /// Whether this party sends, and how much.
  bool is_sent_by(Rank party) const { return !sender || *sender == party; }
  std::size_t bytes_from(Rank party) const { return is_sent_by(party) ? byte_count() : 0; }
  /// A sender's padded share as it goes out; byte_count() bytes that live as long as the opening.
  virtual ByteView outgoing() const = 0;
  /// Memory of byte_count() bytes to receive one peer's share into, so that it is not copied; none where a
  /// share has to be unpacked. At most once, and then that share is the first to be added.
  virtual MutableBytes lend() = 0;
  /// Whether it has some. Where not, a share is received elsewhere.
  virtual bool may_lend() const = 0;
  /// A sending peer's padded share.
  virtual void add(ByteView incoming) = 0;
  /// The last one was added (or, in the run on shapes, there is nothing to add).
  virtual void complete() = 0;
  /// The drawn item whose share pads this one; none where nothing is hidden (ref2k).
  std::optional<correlation::ItemId> pad;
  /// What is opened is meant to be public: in the place of a pad there is a share of zero.
  bool is_result = false;
  /// The only party that sends; nullopt: all do.
  std::optional<Rank> sender;
  std::coroutine_handle<> waiting;
  /// Of the kernel that posted it.
  Account account = Account::kRun;
};

/// Additive shares modulo 2^width. Whole words go out and come in as they lie in memory. A party that does
/// not send has a phantom.
class WordsOpening final : public PostedOpening {
 public:
  using Value = ring::Tensor;
  WordsOpening(ring::Tensor padded, unsigned width) : padded_(std::move(padded)), width_(width) {
    padded_ = padded_.dense();
    if (padded_.is_phantom()) {
      if (!whole_words()) packed_ghost_ = Footprint(byte_count());
      return;
    }
    if (whole_words()) return;
    packed_.resize(byte_count());
    ring::pack_low_bits(padded_, width_, packed_);
  }
  std::uint64_t bits() const override { return static_cast<std::uint64_t>(padded_.elements()) * width_; }
  std::size_t byte_count() const override { return ring::packed_bytes(padded_.elements(), width_); }
  ByteView outgoing() const override { return whole_words() ? padded_.bytes() : ByteView(packed_); }
  bool may_lend() const override { return whole_words(); }
  MutableBytes lend() override {
    if (!whole_words() || sum_) return {};
    sum_ = ring::Tensor::uninitialised(padded_.bits(), padded_.shape());
    return sum_->writable_bytes();
  }
  void add(ByteView incoming) override {
    if (padded_.is_phantom()) {
      if (!sum_) sum_ = ring::unpack_low_bits(padded_.bits(), padded_.shape(), width_, incoming);
    } else if (sum_ && incoming.data() == sum_->bytes().data()) {
      ring::add_into(*sum_, padded_);
    } else {
      sum_ = ring::plus_packed(sum_ ? *sum_ : padded_, width_, incoming);
    }
  }
  void complete() override { value_ = sum_ ? std::move(*sum_) : ring::low_bits(padded_, width_); }
  const std::optional<Value>& value() const { return value_; }

 private:
  bool whole_words() const { return width_ == 8 * ring::word_bytes(padded_.bits()); }

  ring::Tensor padded_;
  unsigned width_;
  Bytes packed_;
  Footprint packed_ghost_;           ///< in the run on shapes
  std::optional<ring::Tensor> sum_;  ///< of the padded shares so far, below 2^width
  std::optional<ring::Tensor> value_;
};

/// XOR shares.
class BitsOpening final : public PostedOpening {
 public:
  using Value = ring::BitTensor;
  explicit BitsOpening(ring::BitTensor padded) : padded_(std::move(padded)) {}
  std::uint64_t bits() const override { return static_cast<std::uint64_t>(padded_.elements()); }
  std::size_t byte_count() const override { return padded_.byte_count(); }
  ByteView outgoing() const override { return padded_.bytes(); }
  bool may_lend() const override { return true; }
  MutableBytes lend() override {
    if (sum_) return {};
    sum_ = ring::BitTensor::zeros(padded_.shape());
    return lent();
  }
  void add(ByteView incoming) override {
    if (sum_ && incoming.data() == lent().data()) {
      ring::xor_into(*sum_, padded_);
    } else {
      sum_ = (sum_ ? *sum_ : padded_) ^ ring::BitTensor::from_bytes(padded_.shape(), incoming);
    }
  }
  void complete() override { value_ = sum_ ? std::move(*sum_) : padded_; }
  const std::optional<Value>& value() const { return value_; }

 private:
  MutableBytes lent() { return {reinterpret_cast<std::byte*>(sum_->writable()), byte_count()}; }

  ring::BitTensor padded_;
  std::optional<ring::BitTensor> sum_, value_;
};

/// Awaits an opening. Several may be posted before the first is awaited: they share the round.
template <class Opening>
class Pending {
 public:
  explicit Pending(std::shared_ptr<Opening> opening) : opening_(std::move(opening)) {}
  bool await_ready() const { return opening_->value().has_value(); }
  void await_suspend(std::coroutine_handle<> h) { opening_->waiting = h; }
  typename Opening::Value await_resume() const { return *opening_->value(); }

 private:
  std::shared_ptr<Opening> opening_;
};
using PendingWords = Pending<WordsOpening>;
using PendingBits = Pending<BitsOpening>;

}  // namespace spud::protocol
