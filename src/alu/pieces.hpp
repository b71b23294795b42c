// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ring/tensor.hpp"

namespace spud::alu {

/// How a function of a number u is cut: u modulo 2^width (with fraction bits, read as signed or not) lies in
/// one of 2^index_bits pieces, each with a polynomial.
struct Pieces {
  unsigned fraction_bits = 0;  ///< of u
  unsigned width = 0;
  unsigned index_bits = 7;
  unsigned degree = 2;  ///< at most 3
  bool is_signed = true;
  unsigned dropped = 0;  ///< low bits of u that do not matter
  unsigned low() const { return width - index_bits; }
};

/// The functions that are computed so: portable, since all parties must hold the same tables.
using RealFunction = double (*)(double);

/// Coefficients of interpolate()'s tables for f(u) with `result_fraction` bits: a piece is the neighbourhood
/// of a multiple i·2^low of the distance between them, to both sides, and its polynomial agrees with f at the
/// Chebyshev nodes of that interval.
std::vector<ring::Tensor> piece_tables(const Pieces& pieces, RealFunction f, double scale,
                                       unsigned result_fraction, unsigned ring_bits);

}  // namespace spud::alu
