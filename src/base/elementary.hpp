// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Elementary functions made of IEEE additions, multiplications, divisions and bit operations only, so that
/// their results have the same bits on every machine; a C library's differ between versions and processors.
/// Errors are below 1e-15 relative (subnormal results: one unit in the last place). Special cases are those
/// of C99's functions. They rely on round to nearest and on -ffp-contract=off.
namespace spud {

double portable_exp(double x);
double portable_expm1(double x);
double portable_log(double x);
double portable_log1p(double x);
double portable_tanh(double x);
/// 1 / (1 + e^-x), without overflow, small results included.
double portable_logistic(double x);
double portable_power(double base, double exponent);
double portable_erf(double x);
double portable_cbrt(double x);
double portable_sin(double x);
double portable_cos(double x);
double portable_tan(double x);
double portable_atan2(double y, double x);

}  // namespace spud
