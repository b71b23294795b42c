// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "ring/bit_tensor.hpp"
#include "ring/tensor.hpp"

namespace spud::ring {

/// A linear map from tensors to a tensor with public parameters: what may be applied alike to a value, its
/// shares, its mask and what was opened of it. The dealer applies the same maps to masks, so the numbers
/// below are part of a demand's format: never reuse one.
struct LinearMap {
  enum class Kind : std::uint8_t {
    kReshape = 1,      ///< shape
    kTranspose = 2,    ///< axes[i]: the operand dimension that becomes dimension i
    kSlice = 3,        ///< start, step; shape is the result's
    kBroadcast = 4,    ///< axes[i]: the result dimension of operand dimension i; shape
    kConcatenate = 5,  ///< axes[0]; any number of operands
    kPad = 6,          ///< start: low edge (may be negative), step: interior + 1; shape; zeros in between
    kReverse = 7,      ///< axes
    kUpdate = 8,       ///< operand, patch laid over it at start
    kSum = 9,          ///< over axes
    kNegate = 10,
    kAdd = 11,  ///< two operands of one shape
    kSubtract = 12,
    kShiftLeft = 13,  ///< times 2^start[0]
    kWindows = 14,  ///< shape: [places…, window…]; start: steps between places, step: between window elements
  };
  Kind kind = Kind::kReshape;
  Shape shape = {};
  std::vector<std::int64_t> axes = {}, start = {}, step = {};

  static LinearMap reshape(Shape shape) { return {.kind = Kind::kReshape, .shape = std::move(shape)}; }
  static LinearMap transpose(std::vector<std::int64_t> axes) {
    return {.kind = Kind::kTranspose, .axes = std::move(axes)};
  }
  static LinearMap slice(Shape shape, std::vector<std::int64_t> start, std::vector<std::int64_t> step) {
    return {
        .kind = Kind::kSlice, .shape = std::move(shape), .start = std::move(start), .step = std::move(step)};
  }
  static LinearMap broadcast(Shape shape, std::vector<std::int64_t> axes) {
    return {.kind = Kind::kBroadcast, .shape = std::move(shape), .axes = std::move(axes)};
  }
  static LinearMap concatenate(std::int64_t axis) { return {.kind = Kind::kConcatenate, .axes = {axis}}; }
  static LinearMap sum(std::vector<std::int64_t> axes) {
    return {.kind = Kind::kSum, .axes = std::move(axes)};
  }
  static LinearMap update(std::vector<std::int64_t> start) {
    return {.kind = Kind::kUpdate, .start = std::move(start)};
  }
  static LinearMap windows(Shape shape, std::vector<std::int64_t> stride,
                           std::vector<std::int64_t> dilation) {
    return {.kind = Kind::kWindows,
            .shape = std::move(shape),
            .start = std::move(stride),
            .step = std::move(dilation)};
  }
  static LinearMap of(Kind kind) { return {.kind = kind}; }
  static LinearMap shift_left(unsigned by) { return {.kind = Kind::kShiftLeft, .start = {by}}; }
  bool operator==(const LinearMap&) const = default;
};

/// Whether a map only moves elements, or puts zeros between them: bits are moved by these alone.
bool moves_only(const LinearMap& map);
/// Applies a map. Reshape (where possible), transpose, slice, broadcast, reverse and windows are views.
Tensor apply_linear(const LinearMap& map, std::span<const Tensor> operands);
/// The same words in another ring: zero-extended, or reduced modulo 2^bits.
Tensor cast(const Tensor& t, unsigned bits);
/// For the maps that only move elements.
BitTensor apply_linear(const LinearMap& map, std::span<const BitTensor> operands);
/// Shape of the result, from the operands' shapes.
Shape result_shape(const LinearMap& map, std::span<const Shape> operands);

}  // namespace spud::ring
