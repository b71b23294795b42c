// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "ir/builder.hpp"

namespace spud::compiler {

/// What a value is known to hold while a region is being built: the one place where passes look for
/// constants.

/// The element that every element of `value` equals, as a scalar literal: of a constant of one element, or a
/// broadcast of such. Constants that repeat an element are always written as a broadcast (see add_constant),
/// so this finds all.
std::optional<Literal> splat(const ir::RegionBuilder& builder, ir::ValueId value);

/// Whether every element of `value` equals this number; for floats and integers.
bool is_splat_of(const ir::RegionBuilder& builder, ir::ValueId value, double number);

/// Adds `literal` as a constant; one that repeats an element as the broadcast of a scalar.
ir::ValueId add_constant(ir::RegionBuilder& builder, const Literal& literal, const std::string& origin);

/// Adds the broadcast of a scalar literal to a shape.
ir::ValueId add_splat(ir::RegionBuilder& builder, const Literal& scalar, const Shape& shape,
                      const std::string& origin);

}  // namespace spud::compiler
