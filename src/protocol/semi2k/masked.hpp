// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "correlation/source.hpp"
#include "protocol/account.hpp"
#include "protocol/share.hpp"

namespace spud::protocol::semi2k {

/// What replaces a share x_p once x took part in a product or comparison: the public Δ = x + λ, this party's
/// λ_p, and the dealer's name for λ. x_p is [p = 0]·Δ − λ_p.
struct Masked {
  // Not an aggregate: g++ 12 destroys aggregate temporaries twice inside a co_await expression.
  Masked(ring::Tensor d, ring::Tensor l, correlation::Register w)
      : delta(std::move(d)), lambda(std::move(l)), whole(std::move(w)) {}
  ring::Tensor delta;
  ring::Tensor lambda;
  correlation::Register whole;
};

/// An arithmetic share: plain, or masked; a value that is masked stays so for as long as it lives. Copies of
/// an Arith share one of these, so that the first use masks it for all.
class ArithBody final : public ShareBody {
 public:
  explicit ArithBody(ring::Tensor share) : share(std::move(share)) {}
  explicit ArithBody(Masked m) : masked(std::move(m)) {}
  std::optional<ring::Tensor> share;  ///< while not masked
  std::optional<Masked> masked;
  bool masking = false;  ///< the opening of Δ is under way
  std::vector<std::pair<std::coroutine_handle<>, Account>> waiting;
};

class BooleanBody final : public ShareBody {
 public:
  explicit BooleanBody(ring::BitTensor s) : share(std::move(s)) {}
  ring::BitTensor share;
};

}  // namespace spud::protocol::semi2k
