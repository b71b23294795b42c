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
/// λ_p, and the dealer's name for λ. x_p is [p = 0]·Δ − λ_p. Of an x that one party knows λ is that party's
/// alone.
struct Masked {
  // Not an aggregate: g++ 12 destroys aggregate temporaries twice inside a co_await expression.
  Masked(ring::Tensor d, ring::Tensor l, correlation::Register w, std::optional<Rank> o = {})
      : delta(std::move(d)), lambda(std::move(l)), whole(std::move(w)), owner(o), has_known(o.has_value()) {}
  ring::Tensor delta;
  ring::Tensor lambda;
  correlation::Register whole;
  std::optional<Rank> owner;  ///< who knows x; all other λ_p are zero
  bool has_known = false;     ///< somebody knows a part of x, so that x_p is not uniform
};

/// A value that one party knows, before anything was made of it. Kernels never see it as shares (x, 0): who
/// needs shares gets x plus a sharing of zero, so that they are as uniform as any.
struct PrivateWords {
  Rank owner{};
  std::optional<ring::Tensor> value;  ///< the owner's; a phantom in the run on shapes
};

/// An arithmetic share: plain, or masked; a value that is masked stays so for as long as it lives. Copies of
/// an Arith share one of these, so that the first use masks it for all.
class ArithBody final : public ShareBody {
 public:
  explicit ArithBody(ring::Tensor share) : share(std::move(share)) {}
  explicit ArithBody(Masked m) : masked(std::move(m)) {}
  explicit ArithBody(PrivateWords p) : known(std::move(p)) {}
  std::optional<ring::Tensor> share;  ///< while not masked; of a private value once somebody needs it
  std::optional<PrivateWords> known;  ///< of a private value, while not masked
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
