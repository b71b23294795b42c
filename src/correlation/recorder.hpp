// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "correlation/fold.hpp"
#include "correlation/source.hpp"

namespace spud::correlation {

/// The source of the run on shapes: hands out phantoms and writes down what was asked for.
class Recorder final : public Source {
 public:
  /// Sees every instruction as it is asked for, with what its operands are; not the freeing of registers.
  using Observer = std::function<void(const Instruction&, std::span<const RegisterType> operands)>;

  explicit Recorder(unsigned parties) : parties_(parties), log_(std::make_shared<Log>()) {}

  void observe(Observer observer) { observer_ = std::move(observer); }

  /// What was asked so far, loops folded. Ends the recording.
  Demand take();

  void turn_begins(std::uint64_t loop) override;
  const std::optional<Error>& failure() const override { return failure_; }

 private:
  /// Outlives the recorder in the hands of registers that are freed late.
  struct Log {
    std::vector<Recorded> recorded;
    RegisterId made = 0;
    bool open = true;
  };

  ring::Tensor draw_words(ItemId, unsigned ring_bits, const Shape& shape, unsigned,
                          std::optional<Rank>) override {
    return ring::Tensor::phantom(ring_bits, shape);
  }
  ring::BitTensor draw_bits(ItemId, const Shape& shape, std::optional<Rank>) override {
    return ring::BitTensor::phantom(shape);
  }
  ring::Tensor draw_permutation(ItemId, const Shape& shape, Rank) override {
    return ring::Tensor::phantom(32, shape);
  }
  ring::Tensor share_words(ItemId, const RegisterType& type, unsigned) override {
    return ring::Tensor::phantom(type.ring_bits, type.shape);
  }
  ring::BitTensor share_bits(ItemId, const RegisterType& type) override {
    return ring::BitTensor::phantom(type.shape);
  }
  void share_tables(ItemId, const RegisterType&, const ring::TableVisitor&) override {}
  bool is_on_shapes() const override { return true; }
  std::shared_ptr<void> note(const Instruction& instruction, std::span<const RegisterType> operands,
                             RegisterId made) override;

  unsigned parties_;
  std::shared_ptr<Log> log_;
  Observer observer_;
  std::optional<Error> failure_;
};

}  // namespace spud::correlation
