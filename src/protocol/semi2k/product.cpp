// SPDX-License-Identifier: Apache-2.0
// Masking on first use and products of masked values (protocols.md; the idea of opening the wire once is
// Turbospeedz's, ePrint 2019/080).
#include "protocol/semi2k/semi2k.hpp"
#include "ring/map.hpp"
#include "ring/matmul.hpp"

namespace spud::protocol::semi2k {

PendingWords Semi2k::open(const ring::Tensor& share, correlation::Mask mask, unsigned width,
                          std::optional<Rank> sender) {
  auto opening = std::make_shared<WordsOpening>(
      ring::map([](auto x, auto l) { return decltype(x)(x + l); }, share, mask.share), width);
  opening->pad = mask.item;
  opening->sender = sender;
  executor_.post(opening);
  return PendingWords(std::move(opening));
}

PendingBits Semi2k::open(const ring::BitTensor& share, correlation::MaskBits mask) {
  auto opening = std::make_shared<BitsOpening>(share ^ mask.share);
  opening->pad = mask.item;
  executor_.post(opening);
  return PendingBits(std::move(opening));
}

namespace {

/// Waits until someone else's masking of the same value is done.
struct UntilMasked {
  std::shared_ptr<ArithBody> body;
  Account account;  ///< of who waits
  bool await_ready() const { return body->masked.has_value(); }
  void await_suspend(std::coroutine_handle<> h) { body->waiting.emplace_back(h, account); }
  void await_resume() const {}
};

}  // namespace

// Opened: Δ = x + λ, uniform because every party adds a λ_p of its own that no one else knows and that serves
// this value only. Of an x that one party knows, that party alone adds a λ, and sends: to the others Δ is
// uniform, and there is nothing that it would learn from them.
Task<Masked> Semi2k::open_masked(Arith x, unsigned width) {
  const auto& known = static_cast<const ArithBody&>(*x.body()).known;
  const unsigned k = x.ring_bits();
  const std::optional<Rank> owner = known ? std::optional(known->owner) : std::nullopt;
  correlation::Mask mask =
      owner ? source_.private_mask(k, x.shape(), width, *owner) : source_.mask(k, x.shape(), width);
  const ring::Tensor share = known ? known->value.value_or(ring::Tensor::phantom(k, x.shape())) : share_of(x);
  ring::Tensor lambda = mask.share;
  correlation::Register whole = mask.whole;
  auto delta_task = open(share, std::move(mask), width, owner);
  ring::Tensor delta = co_await delta_task;
  Masked out(std::move(delta), std::move(lambda), std::move(whole), owner);
  co_return out;
}

Task<Masked> Semi2k::masked(Arith x) {
  auto body = std::static_pointer_cast<ArithBody>(x.body());
  if (!body->masked) {
    if (body->masking) {
      UntilMasked done{body, executor_.account()};
      co_await done;
    } else {
      body->masking = true;
      auto whole_task = open_masked(x, x.ring_bits());
      Masked whole = co_await whole_task;
      body->masked = std::move(whole);
      body->share.reset();
      body->known.reset();
      for (const auto& [waiting, account] : body->waiting) executor_.ready(waiting, account);
      body->waiting.clear();
    }
  }
  co_return *body->masked;
}

// Opened: nothing but the masks. Dealt: shares of λx∘λy.
Task<Arith> Semi2k::multiply(Arith a, Arith b) {
  SPUD_CHECK(a.ring_bits() == b.ring_bits() && a.shape() == b.shape(), "factors agree in ring and shape");
  Started<Masked> left(executor_, masked(a)), right(executor_, masked(b));
  Masked x = co_await left;
  Masked y = co_await right;
  correlation::Register both[] = {x.whole, y.whole};
  auto product = source_.derive(correlation::Op::kMultiply, {}, both);
  ring::Tensor gamma = source_.deal(product, a.ring_bits());
  if (is_first()) {
    co_return make(ring::map(
        [](auto dx, auto lx, auto dy, auto ly, auto g) { return decltype(dx)(dx * (dy - ly) - lx * dy + g); },
        x.delta, x.lambda, y.delta, y.lambda, gamma));
  }
  co_return make(ring::map(
      [](auto dx, auto lx, auto dy, auto ly, auto g) { return decltype(dx)(g - dx * ly - lx * dy); }, x.delta,
      x.lambda, y.delta, y.lambda, gamma));
}

namespace {

/// z_p = [p = 0]·Δx·Δy − Δx·λy_p − λx_p·Δy + γ_p: the shares sum to (Δx − λx)·(Δy − λy) since Σ γ_p = λx·λy.
/// Where this party's λ is zero, as of a value that another one knows, there is a product less.
ring::Tensor combine(Rank rank, const Masked& x, const Masked& y, const ring::Tensor& gamma) {
  using Sign = ring::Product::Sign;
  const bool first = rank == Rank{0};
  const auto has_none = [&](const Masked& m) { return m.owner && *m.owner != rank; };
  const auto minus = [](const ring::Tensor& d, const ring::Tensor& l) {
    return ring::map([](auto a, auto b) { return decltype(a)(a - b); }, d, l);
  };
  if (has_none(x) || has_none(y)) {
    std::vector<ring::Product> products;
    if (first) {
      products.push_back({Sign::kPlus, has_none(x) ? x.delta : minus(x.delta, x.lambda),
                          has_none(x) && !has_none(y) ? minus(y.delta, y.lambda) : y.delta});
    } else if (!has_none(y)) {
      products.push_back({Sign::kMinus, x.delta, y.lambda});
    } else if (!has_none(x)) {
      products.push_back({Sign::kMinus, x.lambda, y.delta});
    }
    return products.empty() ? gamma : ring::matmul_sum(gamma, products);
  }
  if (!first) {
    const ring::Product products[] = {{Sign::kMinus, x.delta, y.lambda}, {Sign::kMinus, x.lambda, y.delta}};
    return ring::matmul_sum(gamma, products);
  }
  // With [p = 0] two of the products share a factor: take the difference of the smaller operand.
  if (x.delta.elements() < y.delta.elements()) {
    const ring::Product products[] = {{Sign::kPlus, minus(x.delta, x.lambda), y.delta},
                                      {Sign::kMinus, x.delta, y.lambda}};
    return ring::matmul_sum(gamma, products);
  }
  const ring::Product products[] = {{Sign::kPlus, x.delta, minus(y.delta, y.lambda)},
                                    {Sign::kMinus, x.lambda, y.delta}};
  return ring::matmul_sum(gamma, products);
}

}  // namespace

// As multiply, with matrix products.
Task<Arith> Semi2k::matmul(Arith a, Arith b) {
  Started<Masked> left(executor_, masked(a)), right(executor_, masked(b));
  Masked x = co_await left;
  Masked y = co_await right;
  correlation::Register both[] = {x.whole, y.whole};
  auto product = source_.derive(correlation::Op::kMatmul, {}, both);
  ring::Tensor gamma = source_.deal(product, a.ring_bits());
  co_return make(combine(rank(), x, y, gamma));
}

}  // namespace spud::protocol::semi2k
