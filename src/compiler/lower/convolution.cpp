// SPDX-License-Identifier: Apache-2.0
// Convolution as a batched matrix product of the windows of its input.
#include <algorithm>

#include "compiler/lower/expand.hpp"
#include "compiler/lower/window.hpp"

namespace spud::compiler {
namespace {

using Dimensions = Emitter::Dimensions;

/// Whether batch, feature and spatial dimensions are every dimension once.
Status expect_roles(const char* what, const HloConvolution::Roles& roles, std::size_t rank) {
  std::vector<std::int64_t> all = roles.spatial;
  all.push_back(roles.batch);
  all.push_back(roles.feature);
  std::ranges::sort(all);
  bool fits = all.size() == rank;
  for (std::size_t d = 0; fits && d < rank; ++d) fits = all[d] == static_cast<std::int64_t>(d);
  if (fits) return {};
  return bad_input(std::string("dimensions of the ") + what + " are " + spud::to_string(all), "",
                   "each of " + std::to_string(rank) + " once");
}

Dimensions order(std::int64_t first, std::int64_t second, const std::vector<std::int64_t>& rest) {
  Dimensions out{first, second};
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

}  // namespace

Result<Leaves> expand_convolution(Emitter& e, const HloInstruction& hlo, const Leaves& operands) {
  if (operands.size() != 2) return bad_input(std::to_string(operands.size()) + " operands", "", "2");
  const auto& roles = hlo.structure->convolution;
  const auto& window = hlo.structure->window;
  const std::size_t rank = e.shape(operands[0]).size();
  if (e.shape(operands[1]).size() != rank || rank < 2 || window.size() != rank - 2) {
    return bad_input("operands " + to_string(e.type(operands[0])) + " and " + to_string(e.type(operands[1])) +
                         " with a window of " + std::to_string(window.size()) + " dimensions",
                     "", "one rank, and a window of two less");
  }
  SPUD_TRY(expect_roles("input", roles.input, rank));
  SPUD_TRY(expect_roles("kernel", roles.kernel, rank));
  SPUD_TRY(expect_roles("output", roles.output, rank));
  const DType dtype = hlo.shape.is_tuple ? e.dtype(operands[0]) : hlo.shape.array.dtype;
  auto is_number = [](DType t) { return t != DType::kPred; };
  if (!is_number(dtype) || !is_number(e.dtype(operands[0])) || !is_number(e.dtype(operands[1]))) {
    return bad_input("a convolution of pred", "", "numbers");
  }
  // [batch, feature, spatial…] and [output feature, input feature, spatial…].
  auto input = e.transpose(e.convert(operands[0], dtype),
                           order(roles.input.batch, roles.input.feature, roles.input.spatial));
  auto kernel = e.transpose(e.convert(operands[1], dtype),
                            order(roles.kernel.batch, roles.kernel.feature, roles.kernel.spatial));
  const std::size_t spatial = rank - 2;
  for (std::size_t d = 0; d < spatial; ++d) {
    if (window[d].size == e.shape(kernel)[2 + d]) continue;
    return bad_input("window size " + std::to_string(window[d].size) + " in dimension " + std::to_string(d),
                     "", "the kernel's " + std::to_string(e.shape(kernel)[2 + d]));
  }
  SPUD_ASSIGN(const auto placed, Window::over(window, e.shape(input)));
  kernel = e.reverse(kernel, placed.reversed);

  const Shape in = e.shape(input), k = e.shape(kernel);
  const std::int64_t groups = std::max(roles.feature_groups, roles.batch_groups);
  const bool by_batch = roles.batch_groups > 1;
  const std::int64_t split = by_batch ? in[0] : in[1];
  if ((by_batch && roles.feature_groups > 1) || split % groups != 0 || k[0] % groups != 0 ||
      (by_batch ? in[1] : in[1] / groups) != k[1]) {
    return bad_input("a convolution of " + std::to_string(in[1]) + " features of " + std::to_string(in[0]) +
                         " by a kernel of " + std::to_string(k[1]) + " to " + std::to_string(k[0]) + " in " +
                         std::to_string(groups) + " groups",
                     "", "features and batch that the groups divide, and a kernel for one group");
  }
  const auto zero = e.full({dtype, {}}, 0);
  SPUD_ASSIGN(auto seen, placed.places(e, placed.pad(e, input, zero)));
  // [batch, feature, places…, 1, 1, window…]
  const Shape all = e.shape(seen);
  const Dimensions places(all.begin() + 2, all.begin() + 2 + static_cast<std::ptrdiff_t>(spatial));
  const std::int64_t place_count = element_count(places),
                     window_count = element_count(Shape(k.begin() + 2, k.end()));
  const std::int64_t batch = by_batch ? in[0] / groups : in[0], features = k[1], outputs = k[0] / groups;
  // [group, batch · places, feature · window] × [group, feature · window, output feature].
  if (by_batch) {
    seen = e.reshape(seen, {groups, batch, features, place_count, window_count});
    seen = e.transpose(seen, {0, 1, 3, 2, 4});
  } else {
    seen = e.reshape(seen, {batch, groups, features, place_count, window_count});
    seen = e.transpose(seen, {1, 0, 3, 2, 4});
  }
  seen = e.reshape(seen, {groups, batch * place_count, features * window_count});
  kernel = e.reshape(kernel, {groups, outputs, features * window_count});
  auto product = e.dot(seen, kernel,
                       {.lhs_contracting = {2}, .rhs_contracting = {2}, .lhs_batch = {0}, .rhs_batch = {0}});
  // To [batch, group · output feature, places…], and where the output wants them.
  product = e.transpose(e.reshape(product, {groups, batch, place_count, outputs}), {1, 0, 3, 2});
  Shape shape{batch, groups * outputs};
  shape.insert(shape.end(), places.begin(), places.end());
  product = e.reshape(product, shape);
  const Dimensions wanted = order(roles.output.batch, roles.output.feature, roles.output.spatial);
  Dimensions back(rank);
  for (std::size_t d = 0; d < rank; ++d)
    back[static_cast<std::size_t>(wanted[d])] = static_cast<std::int64_t>(d);
  return Leaves{e.transpose(product, back)};
}

}  // namespace spud::compiler
