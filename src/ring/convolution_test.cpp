// SPDX-License-Identifier: Apache-2.0
#include "ring/convolution.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "ring/linear_map.hpp"
#include "ring/random_tensor_for_tests.hpp"
#include "ring/simd.hpp"
#include "ring/workers.hpp"

namespace spud::ring {
namespace {

/// Calls body(index) for all indices of a box.
template <class Body>
void for_each_index(const Shape& box, Body&& body) {
  if (element_count(box) == 0) return;
  std::vector<std::int64_t> index(box.size(), 0);
  while (true) {
    body(index);
    std::size_t d = box.size();
    while (d > 0 && ++index[d - 1] == box[d - 1]) index[--d] = 0;
    if (d == 0) return;
  }
}

std::int64_t at(const Shape& shape, const std::vector<std::int64_t>& index) {
  std::int64_t place = 0;
  for (std::size_t d = 0; d < shape.size(); ++d) place = place * shape[d] + index[d];
  return place;
}

/// plus + x * w of dense tensors, by definition: each result element sums over the window.
template <class R>
Tensor plain(const Tensor& plus, const Tensor& x, const Tensor& w, const Convolution& how) {
  using Word = typename R::Word;
  Tensor out = Tensor::from_bytes(plus.bits(), plus.shape(), plus.bytes());
  const Shape window(w.shape().begin() + 1, w.shape().end());
  const std::int64_t per_group = w.shape()[0] / (how.feature_groups * how.batch_groups);
  for_each_index(out.shape(), [&](const std::vector<std::int64_t>& o) {
    const std::int64_t group = o[1] / per_group;
    Word sum = 0;
    for_each_index(window, [&](const std::vector<std::int64_t>& v) {
      std::vector<std::int64_t> from{o[0], v[0]}, of{o[1]};
      of.insert(of.end(), v.begin(), v.end());
      if (how.batch_groups > 1) from[0] += group * out.shape()[0];
      if (how.feature_groups > 1) from[1] += group * window[0];
      for (std::size_t d = 0; d < how.axes.size(); ++d) {
        const auto& axis = how.axes[d];
        if (axis.window == Convolution::Window::kReversed) of[d + 2] = window[d + 1] - 1 - v[d + 1];
        const std::int64_t place = o[d + 2] * axis.stride + v[d + 1] * axis.window_dilation - axis.low;
        if (place < 0 || place % axis.operand_dilation != 0) return;
        from.push_back(place / axis.operand_dilation);
        if (from.back() >= x.shape()[d + 2]) return;
      }
      const Word left = x.data<Word>()[at(x.shape(), from)], right = w.data<Word>()[at(w.shape(), of)];
      sum = static_cast<Word>(sum + left * right);
    });
    Word& to = out.writable<Word>()[at(out.shape(), o)];
    to = R::reduce(static_cast<Word>(to + sum));
  });
  return out;
}

/// The same values with the dimensions in another order in memory: channels last, as frameworks have them.
Tensor channels_last(const Tensor& t) {
  std::vector<std::int64_t> last(t.shape().size()), back(t.shape().size());
  for (std::size_t d = 0; d < last.size(); ++d) {
    last[d] = static_cast<std::int64_t>(d == 0 ? 0 : d + 1 == last.size() ? 1 : d + 1);
    back[static_cast<std::size_t>(last[d])] = static_cast<std::int64_t>(d);
  }
  const Tensor moved = apply_linear(LinearMap::transpose(last), std::span(&t, 1)).dense();
  return apply_linear(LinearMap::transpose(back), std::span(&moved, 1));
}

class ConvolutionInRing : public testing::TestWithParam<unsigned> {
 protected:
  void TearDown() override {
    set_threads(1);
    set_simd_path(simd_paths().front());
  }

  void compare(const Shape& x_shape, const Shape& w_shape, const Convolution& how, std::uint64_t seed) {
    const unsigned bits = GetParam();
    const Tensor x = random_tensor_for_tests(bits, x_shape, 3 * seed),
                 w = random_tensor_for_tests(bits, w_shape, 3 * seed + 1),
                 plus = random_tensor_for_tests(bits, convolution_shape(x_shape, w_shape, how), 3 * seed + 2);
    with_ring(bits, [&]<class R>(R) {
      const Tensor want = plain<R>(plus, x, w, how);
      for (SimdPath path : simd_paths()) {
        set_simd_path(path);
        for (bool views : {false, true}) {
          const Tensor from = views ? channels_last(x) : x, by = views ? channels_last(w) : w;
          Tensor out = Tensor::from_bytes(bits, plus.shape(), plus.bytes());
          add_convolution(out, Product::Sign::kPlus, from, by, how);
          EXPECT_TRUE(std::ranges::equal(out.bytes(), want.bytes()))
              << to_string(path) << ": " << spud::to_string(x_shape) << " * " << spud::to_string(w_shape)
              << ", case " << seed << (views ? ", channels last" : "");
          add_convolution(out, Product::Sign::kMinus, from, by, how);
          EXPECT_TRUE(std::ranges::equal(out.bytes(), plus.bytes()))
              << to_string(path) << ": what was added is taken away";
        }
      }
    });
  }
};

TEST_P(ConvolutionInRing, RandomCasesAgreeWithTheDefinition) {
  std::mt19937_64 rng(7);
  const auto draw = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(rng() % static_cast<std::uint64_t>(high - low + 1));
  };
  for (std::uint64_t round = 0; round < 120; ++round) {
    Convolution how;
    how.axes.resize(static_cast<std::size_t>(draw(0, 3)));
    (round % 2 == 0 ? how.feature_groups : how.batch_groups) = draw(1, 3);
    Shape x{draw(1, 3) * how.batch_groups, draw(1, 3) * how.feature_groups},
        w{draw(1, 5) * how.feature_groups * how.batch_groups, x[1] / how.feature_groups};
    for (auto& axis : how.axes) {
      axis = {.stride = draw(1, 3),
              .low = draw(-2, 3),
              .high = draw(-2, 3),
              .operand_dilation = draw(1, 3),
              .window_dilation = draw(1, 2),
              .window = draw(0, 1) == 0 ? Convolution::Window::kForward : Convolution::Window::kReversed};
      x.push_back(draw(1, 6));
      w.push_back(draw(1, 3));
    }
    compare(x, w, how, round);
  }
}

TEST_P(ConvolutionInRing, WindowLargerThanABlock) {
  compare({1, 40, 5, 6}, {3, 40, 3, 3}, {.axes = {{.low = 1, .high = 1}, {.stride = 2}}}, 1);
}

TEST_P(ConvolutionInRing, ResultDoesNotDependOnTheNumberOfThreads) {
  const Tensor x = random_tensor_for_tests(GetParam(), {2, 16, 28, 30}, 1),
               w = random_tensor_for_tests(GetParam(), {18, 8, 3, 3}, 2);
  const Convolution how{.axes = {{.low = 1, .high = 1}, {.low = 1, .high = 1}}, .feature_groups = 2};
  for (SimdPath path : simd_paths()) {
    set_simd_path(path);
    Tensor alone;
    for (unsigned count : {1u, 2u, 3u}) {
      set_threads(count);
      Tensor out = Tensor::zeros(GetParam(), convolution_shape(x.shape(), w.shape(), how));
      add_convolution(out, Product::Sign::kPlus, x, w, how);
      if (count == 1) alone = out;
      EXPECT_TRUE(std::ranges::equal(out.bytes(), alone.bytes()))
          << to_string(path) << ", " << count << " threads";
    }
  }
}

TEST_P(ConvolutionInRing, NothingToMultiplyAddsNothing) {
  Convolution how{.axes = {{.low = 2, .high = 2}}};
  compare({2, 3, 0}, {4, 3, 2}, how, 1);  // an operand of zeros only
  compare({0, 3, 5}, {4, 3, 2}, how, 2);
  compare({2, 0, 5}, {4, 0, 2}, how, 3);
  compare({2, 3, 1}, {4, 3, 9}, how, 4);  // a window that finds no room
}

TEST_P(ConvolutionInRing, PhantomsGivePhantoms) {
  const Convolution how{.axes = {{.stride = 2}}};
  const Tensor out =
      convolve(Tensor::phantom(GetParam(), {2, 3, 9}), Tensor::zeros(GetParam(), {4, 3, 2}), how);
  EXPECT_TRUE(out.is_phantom());
  EXPECT_EQ(out.shape(), (Shape{2, 4, 4}));
}

INSTANTIATE_TEST_SUITE_P(Bits, ConvolutionInRing, testing::Values(4u, 32u, 64u, 128u),
                         testing::PrintToStringParamName());

TEST(Convolution, IsTheSlidingDotProduct) {
  const std::uint64_t x[] = {1, 2, 3, 4}, w[] = {10, 1};
  const Tensor out = convolve(Tensor::of<std::uint64_t>(64, {1, 1, 4}, x),
                              Tensor::of<std::uint64_t>(64, {1, 1, 2}, w), {.axes = {{.low = 1}}});
  const auto words = out.words<std::uint64_t>();
  EXPECT_EQ(std::vector<std::uint64_t>(words.begin(), words.end()),
            (std::vector<std::uint64_t>{1, 12, 23, 34}));
}

}  // namespace
}  // namespace spud::ring
