// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/structure.hpp"

#include <cmath>

#include "base/limits.hpp"

namespace spud::compiler {
namespace {

constexpr std::int64_t kMost = limits::kElementsPerTensor;

Status expect_between(const char* what, std::int64_t number, std::int64_t low, std::int64_t high) {
  if (number >= low && number <= high) return {};
  return bad_input(std::string(what) + " is " + std::to_string(number), "",
                   std::to_string(low) + " to " + std::to_string(high));
}

template <class Field>
Result<std::vector<std::int64_t>> dimensions(const char* what, const Field& field) {
  std::vector<std::int64_t> out(field.begin(), field.end());
  if (out.size() > limits::kTensorRank) return bad_input(std::string(what) + " has too many entries");
  for (auto d : out) SPUD_TRY(expect_between(what, d, 0, limits::kTensorRank));
  return out;
}

Result<std::vector<HloWindowDimension>> window(const hlo::Window& proto) {
  if (static_cast<std::size_t>(proto.dimensions_size()) > limits::kTensorRank) {
    return bad_input("a window of rank " + std::to_string(proto.dimensions_size()));
  }
  std::vector<HloWindowDimension> out;
  for (const auto& d : proto.dimensions()) {
    SPUD_TRY(expect_between("window size", d.size(), 1, kMost));
    SPUD_TRY(expect_between("window stride", d.stride(), 1, kMost));
    SPUD_TRY(expect_between("low padding", d.padding_low(), -kMost, kMost));
    SPUD_TRY(expect_between("high padding", d.padding_high(), -kMost, kMost));
    // Zero is how a file leaves a dilation out.
    SPUD_TRY(expect_between("window dilation", d.window_dilation(), 0, kMost));
    SPUD_TRY(expect_between("base dilation", d.base_dilation(), 0, kMost));
    out.push_back({d.size(), d.stride(), d.padding_low(), d.padding_high(),
                   std::max<std::int64_t>(d.window_dilation(), 1),
                   std::max<std::int64_t>(d.base_dilation(), 1), d.window_reversal()});
  }
  return out;
}

Result<HloConvolution> convolution(const hlo::HloInstructionProto& proto) {
  const auto& numbers = proto.convolution_dimension_numbers();
  HloConvolution out;
  auto roles = [](std::int64_t batch, std::int64_t feature,
                  const auto& spatial) -> Result<HloConvolution::Roles> {
    SPUD_TRY(expect_between("a convolution's dimension", batch, 0, limits::kTensorRank));
    SPUD_TRY(expect_between("a convolution's dimension", feature, 0, limits::kTensorRank));
    HloConvolution::Roles found{batch, feature, {}};
    SPUD_ASSIGN(found.spatial, dimensions("a convolution's dimension", spatial));
    return found;
  };
  SPUD_ASSIGN(out.input, roles(numbers.input_batch_dimension(), numbers.input_feature_dimension(),
                               numbers.input_spatial_dimensions()));
  SPUD_ASSIGN(out.kernel,
              roles(numbers.kernel_output_feature_dimension(), numbers.kernel_input_feature_dimension(),
                    numbers.kernel_spatial_dimensions()));
  SPUD_ASSIGN(out.output, roles(numbers.output_batch_dimension(), numbers.output_feature_dimension(),
                                numbers.output_spatial_dimensions()));
  out.feature_groups = std::max<std::int64_t>(proto.feature_group_count(), 1);
  out.batch_groups = std::max<std::int64_t>(proto.batch_group_count(), 1);
  SPUD_TRY(expect_between("feature group count", out.feature_groups, 1, kMost));
  SPUD_TRY(expect_between("batch group count", out.batch_groups, 1, kMost));
  return out;
}

Result<HloGather> gather(const hlo::HloInstructionProto& proto) {
  const auto& numbers = proto.gather_dimension_numbers();
  HloGather out;
  SPUD_ASSIGN(out.offset, dimensions("offset dimension", numbers.offset_dims()));
  SPUD_ASSIGN(out.collapsed, dimensions("collapsed dimension", numbers.collapsed_slice_dims()));
  SPUD_ASSIGN(out.start_map, dimensions("start index map", numbers.start_index_map()));
  SPUD_ASSIGN(out.batching, dimensions("batching dimension", numbers.operand_batching_dims()));
  SPUD_ASSIGN(out.index_batching, dimensions("batching dimension", numbers.start_indices_batching_dims()));
  out.index_vector = numbers.index_vector_dim();
  SPUD_TRY(expect_between("index vector dimension", out.index_vector, 0, limits::kTensorRank));
  for (auto size : proto.gather_slice_sizes()) {
    SPUD_TRY(expect_between("slice size", size, 0, kMost));
    out.sizes.push_back(size);
  }
  return out;
}

Result<HloGather> scatter(const hlo::HloInstructionProto& proto) {
  const auto& numbers = proto.scatter_dimension_numbers();
  HloGather out;
  SPUD_ASSIGN(out.offset, dimensions("update window dimension", numbers.update_window_dims()));
  SPUD_ASSIGN(out.collapsed, dimensions("inserted dimension", numbers.inserted_window_dims()));
  SPUD_ASSIGN(out.start_map, dimensions("scatter dimension", numbers.scatter_dims_to_operand_dims()));
  SPUD_ASSIGN(out.batching, dimensions("batching dimension", numbers.input_batching_dims()));
  SPUD_ASSIGN(out.index_batching, dimensions("batching dimension", numbers.scatter_indices_batching_dims()));
  out.index_vector = numbers.index_vector_dim();
  SPUD_TRY(expect_between("index vector dimension", out.index_vector, 0, limits::kTensorRank));
  return out;
}

}  // namespace

Result<std::shared_ptr<const HloStructure>> import_structure(HloKind kind,
                                                             const hlo::HloInstructionProto& proto) {
  HloStructure out;
  switch (kind) {
    case HloKind::kReduceWindow:
    case HloKind::kSelectAndScatter: {
      SPUD_ASSIGN(out.window, window(proto.window()));
      break;
    }
    case HloKind::kConvolution: {
      SPUD_ASSIGN(out.window, window(proto.window()));
      SPUD_ASSIGN(out.convolution, convolution(proto));
      break;
    }
    case HloKind::kGather: {
      SPUD_ASSIGN(out.gather, gather(proto));
      break;
    }
    case HloKind::kScatter: {
      SPUD_ASSIGN(out.gather, scatter(proto));
      out.is_unique = proto.unique_indices();
      break;
    }
    case HloKind::kSort:
      out.is_stable = proto.is_stable();
      break;
    case HloKind::kTopK:
      out.count = proto.k();
      out.is_largest = proto.largest();
      SPUD_TRY(expect_between("k", out.count, 0, kMost));
      break;
    case HloKind::kBatchNormTraining:
    case HloKind::kBatchNormInference:
    case HloKind::kBatchNormGrad:
      out.epsilon = static_cast<double>(proto.epsilon());
      if (!std::isfinite(out.epsilon)) return bad_input("epsilon is not finite");
      break;
    case HloKind::kCholesky:
      out.is_lower = proto.cholesky_options().lower();
      break;
    case HloKind::kTriangularSolve: {
      const auto& options = proto.triangular_solve_options();
      SPUD_TRY(expect_between("transpose", options.transpose_a(), 1, 3));
      out.is_left = options.left_side();
      out.is_lower = options.lower();
      out.is_unit = options.unit_diagonal();
      out.is_transposed = options.transpose_a() != 1;
      break;
    }
    default:
      return nullptr;
  }
  return std::make_shared<const HloStructure>(std::move(out));
}

}  // namespace spud::compiler
