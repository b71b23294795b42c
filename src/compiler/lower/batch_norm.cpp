// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/expand.hpp"

namespace spud::compiler {
namespace {

using ops::Opcode;
using ops::Reducer;
using Value = Emitter::Value;

/// Statistics over all dimensions but the feature's.
class BatchNorm {
 public:
  BatchNorm(Emitter& emitter, const HloInstruction& hlo, Value x)
      : e_(emitter), feature_(hlo.index), epsilon_(hlo.structure->epsilon), type_(emitter.type(x)) {
    for (std::int64_t d = 0; d < static_cast<std::int64_t>(type_.shape.size()); ++d) {
      if (d == feature_) continue;
      others_.push_back(d);
      count_ *= type_.shape[static_cast<std::size_t>(d)];
    }
  }

  Value spread(Value of_features) { return e_.broadcast(of_features, type_.shape, {feature_}); }
  Value sum(Value x) { return e_.reduce(x, Reducer::kAdd, others_); }
  Value mean(Value x) {
    const Value total = sum(x);
    return e_.binary(Opcode::kDivide, total, e_.full(e_.type(total), static_cast<double>(count_)));
  }
  /// 1 / √(variance + ε), a feature.
  Value deviation(Value variance) {
    return e_.unary(Opcode::kRsqrt, e_.plus(variance, e_.full(e_.type(variance), epsilon_)));
  }

 private:
  Emitter& e_;
  std::int64_t feature_;
  double epsilon_;
  TensorType type_;
  Emitter::Dimensions others_;
  std::int64_t count_ = 1;
};

}  // namespace

Result<Leaves> expand_batch_norm(Emitter& e, const HloInstruction& hlo, const Leaves& operands) {
  const bool is_training = hlo.kind == HloKind::kBatchNormTraining;
  const std::size_t count = is_training ? 3 : 5;
  if (operands.size() != count) {
    return bad_input(std::to_string(operands.size()) + " operands", "", std::to_string(count));
  }
  const Value x = operands[0];
  const TensorType type = e.type(x);
  if (hlo.index < 0 || static_cast<std::size_t>(hlo.index) >= type.shape.size() || !is_float(type.dtype)) {
    return bad_input("feature dimension " + std::to_string(hlo.index) + " of " + to_string(type), "",
                     "a dimension of a tensor of floats");
  }
  const TensorType features{type.dtype, {type.shape[static_cast<std::size_t>(hlo.index)]}};
  for (std::size_t i = 1; i < count; ++i) {
    const TensorType& expected = hlo.kind == HloKind::kBatchNormGrad && i == 4 ? type : features;
    if (e.type(operands[i]) == expected) continue;
    return bad_input("operand " + std::to_string(i) + " has type " + to_string(e.type(operands[i])), "",
                     to_string(expected));
  }
  BatchNorm norm(e, hlo, x);
  if (hlo.kind == HloKind::kBatchNormGrad) {
    const Value scale = operands[1], mean = operands[2], variance = operands[3], gradient = operands[4];
    const Value deviation = norm.deviation(variance);
    const Value deviations = norm.spread(deviation);
    const Value normal = e.times(e.minus(x, norm.spread(mean)), deviations);
    const Value along = e.times(gradient, normal);
    Value inner = e.minus(gradient, norm.spread(norm.mean(gradient)));
    inner = e.minus(inner, e.times(normal, norm.spread(norm.mean(along))));
    return Leaves{e.times(inner, norm.spread(e.times(scale, deviation))), norm.sum(along),
                  norm.sum(gradient)};
  }
  const Value scale = operands[1], offset = operands[2];
  const Value mean = is_training ? norm.mean(x) : operands[3];
  const Value centred = e.minus(x, norm.spread(mean));
  const Value variance = is_training ? norm.mean(e.times(centred, centred)) : operands[4];
  const Value factor = e.times(scale, norm.deviation(variance));
  const Value offsets = norm.spread(offset);
  const Value out = e.plus(e.times(centred, norm.spread(factor)), offsets);
  if (!is_training) return Leaves{out};
  return Leaves{out, mean, variance};
}

}  // namespace spud::compiler
