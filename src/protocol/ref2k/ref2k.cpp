// SPDX-License-Identifier: Apache-2.0
#include "protocol/ref2k/ref2k.hpp"

#include <algorithm>
#include <bit>

#include "correlation/exp_table.hpp"
#include "protocol/bit_rows.hpp"
#include "protocol/ref2k/plain.hpp"
#include "ring/map.hpp"
#include "ring/matmul.hpp"
#include "ring/numbered_rows.hpp"
#include "ring/weighted_bits.hpp"

namespace spud::protocol::ref2k {
namespace {

template <class F>
ring::BitTensor test(const ring::Tensor& x, F&& f) {
  return ring::bit_of(ring::map([&](auto v) { return decltype(v)(f(v) ? 1 : 0); }, x), 0);
}

}  // namespace

void Ref2k::refuse(const char* what, const char* expected) {
  executor_.fail(
      Error{ErrorCode::kBadInput, what, "ref2k", expected, "", "scale the data, or take a larger ring"});
}

// There is nothing to hide: the shares are sent as they are.
Task<Arith> Ref2k::input(ring::Tensor share) {
  auto opening = std::make_shared<WordsOpening>(share, share.bits());
  executor_.post(opening);
  auto value_task = PendingWords(opening);
  ring::Tensor value = co_await value_task;
  co_return make(std::move(value));
}
Task<Boolean> Ref2k::input_bits(ring::BitTensor share) {
  auto opening = std::make_shared<BitsOpening>(share);
  executor_.post(opening);
  auto value_task = PendingBits(opening);
  ring::BitTensor value = co_await value_task;
  co_return make(std::move(value));
}
Task<Arith> Ref2k::private_input(Rank, unsigned ring_bits, Shape shape, std::optional<ring::Tensor> value) {
  auto input_task = input(value ? *value : ring::Tensor::zeros(ring_bits, shape));
  Arith x = co_await input_task;
  co_return x;
}
Task<Boolean> Ref2k::private_input_bits(Rank, Shape shape, std::optional<ring::BitTensor> value) {
  auto input_task = input_bits(value ? *value : ring::BitTensor::zeros(shape));
  Boolean b = co_await input_task;
  co_return b;
}
Arith Ref2k::constant(ring::Tensor value) {
  return make(std::move(value));
}
Boolean Ref2k::constant_bits(ring::BitTensor value) {
  return make(std::move(value));
}

ring::Tensor Ref2k::output(const Arith& x) {
  if (rank_ == Rank{0} || plain(x).is_phantom()) return plain(x);
  return ring::Tensor::zeros(x.ring_bits(), x.shape());
}
ring::BitTensor Ref2k::output_bits(const Boolean& x) {
  if (rank_ == Rank{0} || plain(x).is_phantom()) return plain(x);
  return ring::BitTensor::zeros(x.shape());
}

Arith Ref2k::linear(const ring::LinearMap& map, std::vector<Arith> operands) {
  std::vector<ring::Tensor> values;
  for (const auto& x : operands) values.push_back(plain(x));
  return make(ring::apply_linear(map, values));
}
Arith Ref2k::add_public(const Arith& x, const ring::Tensor& y) {
  return make(ring::map([](auto a, auto b) { return decltype(a)(a + b); }, plain(x), y));
}
Arith Ref2k::multiply_public(const Arith& x, const ring::Tensor& y) {
  return make(ring::map([](auto a, auto b) { return decltype(a)(a * b); }, plain(x), y));
}
Arith Ref2k::matmul_public(const Arith& x, const ring::Tensor& y) {
  return make(ring::matmul(plain(x), y));
}
Arith Ref2k::matmul_public(const ring::Tensor& y, const Arith& x) {
  return make(ring::matmul(y, plain(x)));
}
Arith Ref2k::narrow(const Arith& x, unsigned ring_bits) {
  return make(ring::cast(plain(x), ring_bits));
}
Arith Ref2k::pick_rows(const Arith& x, std::vector<std::int64_t> rows) {
  return make(ring::pick_rows(plain(x), rows));
}
Boolean Ref2k::pick_rows(const Boolean& x, std::vector<std::int64_t> rows) {
  return make(ring::pick_rows(plain(x), rows));
}
Arith Ref2k::sum_rows(const Arith& x, std::vector<std::int64_t> rows, std::int64_t n) {
  return make(ring::sum_rows(plain(x), rows, n));
}
Boolean Ref2k::move_bits(const ring::LinearMap& map, std::vector<Boolean> operands) {
  std::vector<ring::BitTensor> values;
  for (const auto& x : operands) values.push_back(plain(x));
  return make(ring::apply_linear(map, values));
}
Boolean Ref2k::exclusive_or(const Boolean& a, const Boolean& b) {
  return make(plain(a) ^ plain(b));
}
Boolean Ref2k::exclusive_or(const Boolean& a, const ring::BitTensor& b) {
  return make(plain(a) ^ b);
}
Boolean Ref2k::logical_and(const Boolean& a, const ring::BitTensor& b) {
  return make(plain(a) & b);
}
Boolean Ref2k::logical_not(const Boolean& a) {
  return make(~plain(a));
}

Task<Arith> Ref2k::multiply(Arith a, Arith b) {
  co_return make(ring::map([](auto x, auto y) { return decltype(x)(x * y); }, plain(a), plain(b)));
}
Task<Arith> Ref2k::matmul(Arith a, Arith b) {
  co_return make(ring::matmul(plain(a), plain(b)));
}

Task<Arith> Ref2k::truncate(Arith x, unsigned by) {
  if (by == 0) co_return x;
  const unsigned k = x.ring_bits();
  const __int128 limit = (static_cast<__int128>(1) << (k - 2)) - (static_cast<__int128>(1) << by);
  bool inside = true;
  ring::Tensor value = ring::map(
      [&](auto v) {
        const __int128 n = number(v, k);
        inside &= n >= -limit && n <= limit;
        return decltype(v)((n + (static_cast<__int128>(1) << (by - 1))) >> by);
      },
      plain(x));
  if (!inside)
    refuse("a product or sum is too large for the ring", "|x| ≤ 2^(k−2) − 2^f before a truncation");
  co_return make(std::move(value));
}

Task<Arith> Ref2k::shift_right(Arith x, unsigned by) {
  const unsigned k = x.ring_bits();
  co_return make(ring::map([&](auto v) { return decltype(v)(number(v, k) >> by); }, plain(x)));
}
Task<Boolean> Ref2k::negative(Arith x) {
  co_return make(ring::bit_of(plain(x), x.ring_bits() - 1));
}

Task<Boolean> Ref2k::less(Arith a, Arith b, bool is_signed) {
  const unsigned k = a.ring_bits();
  ring::Tensor found = ring::map(
      [&](auto x, auto y) { return decltype(x)((is_signed ? number(x, k) < number(y, k) : x < y) ? 1 : 0); },
      plain(a), plain(b));
  co_return make(ring::bit_of(found, 0));
}
Task<Boolean> Ref2k::is_zero(Arith x) {
  co_return make(test(plain(x), [](auto v) { return v == 0; }));
}
Task<Boolean> Ref2k::logical_and(Boolean a, Boolean b) {
  co_return make(plain(a) & plain(b));
}
Task<Boolean> Ref2k::all_hold(Boolean rows, std::vector<Condition> conditions) {
  std::vector<ring::BitTensor> out;
  for (const auto& condition : conditions) {
    std::optional<ring::BitTensor> all;
    auto add = [&](const ring::BitTensor& bits) { all = all ? *all & bits : bits; };
    for (std::int64_t row : condition.set) add(row_of(plain(rows), row));
    for (std::int64_t row : condition.clear) add(~row_of(plain(rows), row));
    out.push_back(*all);
  }
  co_return make(stack_rows(out));
}
Task<Arith> Ref2k::to_arith(Boolean b, unsigned ring_bits) {
  co_return make(ring::to_words(plain(b), ring_bits));
}
Task<Arith> Ref2k::mux(Boolean b, Arith x) {
  co_return make(ring::map([](auto bit, auto v) { return decltype(v)(bit * v); },
                           ring::to_words(plain(b), x.ring_bits()), plain(x)));
}
Task<Chosen> Ref2k::choose(Boolean b, std::vector<Arith> x) {
  std::vector<Arith> products;
  for (const auto& number : x) {
    auto product_task = mux(b, number);
    Arith product = co_await product_task;
    products.push_back(product);
  }
  Chosen out(std::move(products), make(ring::to_words(plain(b), x.at(0).ring_bits())));
  co_return out;
}
Task<Arith> Ref2k::widen(Arith x, unsigned ring_bits, bool is_signed) {
  const unsigned k = x.ring_bits();
  ring::Tensor wide = ring::cast(plain(x), ring_bits);
  if (!is_signed) co_return make(std::move(wide));
  co_return make(ring::map([&](auto v) { return decltype(v)(number(v, k)); }, wide));
}

Task<Arith> Ref2k::exp(Arith x, ExpWindow window) {
  const unsigned k = x.ring_bits();
  const auto low = static_cast<__int128>(window.high - 27) << window.input_fraction;
  const auto high = static_cast<__int128>(window.high) << window.input_fraction;
  bool inside = true;
  ring::Tensor numbers = plain(x);
  if (numbers.is_phantom()) co_return make(ring::Tensor::phantom(64, x.shape()));
  ring::Tensor out = ring::Tensor::uninitialised(64, x.shape());
  ring::with_ring(k, [&]<class R>(R) {
    ring::Tensor dense = numbers.dense();
    const auto* in = dense.template data<typename R::Word>();
    auto* to = out.template writable<std::uint64_t>();
    for (std::int64_t i = 0; i < out.elements(); ++i) {
      __int128 n = number(in[i], k);
      inside &= (n >= low || window.replaced_below) && n <= high;
      n = std::clamp(n, low, high);
      to[i] = (correlation::fixed_exp(static_cast<std::int64_t>(n), window.input_fraction,
                                      window.result_fraction + 1) +
               1) >>
              1;
    }
  });
  if (!inside) refuse("an argument of exp lies outside its window", "clamped first");
  co_return make(std::move(out));
}

Task<std::vector<Arith>> Ref2k::leading_one(Arith x, unsigned width,
                                            std::vector<std::vector<std::int64_t>> weights) {
  std::vector<Arith> results;
  for (const auto& list : weights) {
    results.push_back(make(ring::map(
        [&](auto v) {
          const auto n = static_cast<std::uint64_t>(v);
          const auto low = width < 64 ? n & ((std::uint64_t{1} << width) - 1) : n;
          return static_cast<decltype(v)>(
              low == 0 ? 0 : list[static_cast<std::size_t>(63 - std::countl_zero(low))]);
        },
        plain(x))));
  }
  co_return results;
}

Task<Scaled> Ref2k::scale(Arith x, std::vector<Boolean> places,
                          std::vector<std::vector<std::int64_t>> weights) {
  const unsigned k = x.ring_bits();
  std::vector<ring::BitTensor> bits;
  for (const auto& place : places) bits.push_back(plain(place));
  bool is_one = true;
  (void)ring::map(
      [&](auto count) {
        is_one &= count == 1;
        return count;
      },
      ring::weighted_bits(bits, std::vector<std::int64_t>(bits.size(), 1), 64));
  if (!is_one) refuse("of some places not exactly one holds", "one");
  std::vector<Arith> found;
  for (const auto& list : weights) found.push_back(make(ring::weighted_bits(bits, list, k)));
  auto product_task = multiply(x, found[0]);
  Arith product = co_await product_task;
  Scaled out(std::move(product), std::move(found));
  co_return out;
}

}  // namespace spud::protocol::ref2k
