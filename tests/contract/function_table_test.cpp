// SPDX-License-Identifier: Apache-2.0
// docs/functions.md: what each function of secret floats costs and how exact it is, measured. After a change
// that is meant, SPUD_WRITE_FUNCTIONS=1 writes it anew.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/contract/accuracy.hpp"
#include "tests/contract/measured_cost.hpp"

namespace spud::contract {
namespace {

constexpr alu::NumberFormat kFormat{64, 18};
constexpr std::int64_t kPoints = 4000;

struct Row {
  const char* name;
  double low, high;
  const char* outside;  ///< behaviour outside the domain
  double limit;         ///< of the error that the project promises; 0: none but what alu.hpp says
  Function function;
  double (*exact)(double);
};

Function of(Task<Fixed> (alu::Alu::*function)(Fixed)) {
  return [function](alu::Alu& a, std::vector<Fixed> x) { return (a.*function)(x[0]); };
}
Function power_of(std::int64_t n) {
  return [n](alu::Alu& a, std::vector<Fixed> x) { return a.integer_power(x[0], n); };
}

std::vector<Row> rows() {
  using alu::Alu;
  return {
      {"exp", -16, 4, "0 below −38; up to 16 with the same relative error; above meaningless", 5e-5,
       of(&Alu::exp), [](double x) { return std::exp(x); }},
      {"log", 0x1p-10, 0x1p12, "to 2^−18 and 2^26 alike; of 0: −40; of negative numbers meaningless", 5e-5,
       of(&Alu::log), [](double x) { return std::log(x); }},
      {"reciprocal", 0x1p-8, 0x1p12,
       "to 2^−16 and 2^26 alike, negative numbers too; held below 2^16; of 0: 0", 5e-5, of(&Alu::reciprocal),
       [](double x) { return 1 / x; }},
      {"rsqrt", 0x1p-8, 0x1p12, "to 2^−18 and 2^26 alike; of 0: 0; of negative numbers meaningless", 5e-5,
       of(&Alu::rsqrt), [](double x) { return 1 / std::sqrt(x); }},
      {"sqrt", 0, 0x1p12, "to 2^26 alike; of negative numbers meaningless", 0, of(&Alu::sqrt),
       [](double x) { return std::sqrt(x); }},
      {"cbrt", -0x1p12, 0x1p12, "to 2^26 alike", 0, of(&Alu::cbrt), [](double x) { return std::cbrt(x); }},
      {"tanh", -16, 16, "±1", 2e-5, of(&Alu::tanh), [](double x) { return std::tanh(x); }},
      {"logistic", -16, 16, "0 and 1", 2e-5, of(&Alu::logistic),
       [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"erf", -16, 16, "±1", 2e-5, of(&Alu::erf), [](double x) { return std::erf(x); }},
      {"gelu", -16, 16, "0 and x", 2e-5, of(&Alu::gelu),
       [](double x) { return x / 2 * (1 + std::erf(x * std::sqrt(0.5))); }},
      {"gelu by tanh", -16, 16, "0 and x", 2e-5, of(&Alu::gelu_by_tanh),
       [](double x) { return x / 2 * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))); }},
      {"silu", -16, 16, "0 and x", 0, of(&Alu::silu), [](double x) { return x / (1 + std::exp(-x)); }},
      {"sin", -100, 100, "the error grows with x / 2^20", 0, of(&Alu::sin),
       [](double x) { return std::sin(x); }},
      {"cos", -100, 100, "the error grows with x / 2^20", 0, of(&Alu::cos),
       [](double x) { return std::cos(x); }},
      {"tan", -1.25, 1.25, "the error grows with tan² x; at the poles a large number", 0, of(&Alu::tan),
       [](double x) { return std::tan(x); }},
      {"x³", -16, 16, "below 2^26 alike", 0, power_of(3), [](double x) { return x * x * x; }},
      {"round to even", -1000, 1000, "alike", 0, of(&Alu::round_half_even),
       [](double x) { return std::nearbyint(x); }},
      {"round half away", -1000, 1000, "alike", 0, of(&Alu::round_half_away),
       [](double x) { return std::round(x); }},
  };
}

/// The largest error relative to max(1, |result|), on an even grid, random numbers, and random magnitudes.
double largest_error(const Row& row) {
  std::vector<double> x;
  std::mt19937_64 rng(77);
  std::uniform_real_distribution<double> fraction(0, 1);
  const double least = std::max(row.low, std::ldexp(1.0, -18));
  for (std::int64_t i = 0; i <= kPoints; ++i) {
    x.push_back(row.low + (row.high - row.low) * static_cast<double>(i) / kPoints);
    x.push_back(row.low + (row.high - row.low) * fraction(rng));
    if (row.low >= 0) x.push_back(std::min(row.high, least * std::pow(row.high / least, fraction(rng))));
  }
  const Numbers in = encoded(x, kFormat);
  const auto held = decoded(in, kFormat.fraction_bits);
  double worst = 0;
  for (unsigned seed : {7u, 8u}) {
    const auto out = evaluate({ProtocolKind::kSemi2k, 2, kFormat}, {in}, row.function, seed);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const double exact = row.exact(held[i]);
      worst = std::max(worst, std::abs(out[i] - exact) / std::max(1.0, std::abs(exact)));
    }
  }
  return worst;
}

Task<int> one_call(Desk desk, std::vector<Arith> x, Function function) {
  alu::Alu machine(desk.protocol, desk.executor, kFormat);
  auto result_task = function(machine, std::vector<Fixed>(1, Fixed{x[0], kFormat.fraction_bits}));
  Fixed result = co_await result_task;
  co_return 0;
}

std::string table() {
  std::ostringstream out;
  out << "# Functions of secret floats\n\n"
         "Written by `SPUD_WRITE_FUNCTIONS=1 build/release/tests/contract_test "
         "--gtest_filter='FunctionTable.*'`, and compared by the\n"
         "same test otherwise. Ring of 64 bits, 18 of them fraction, semi2k with two parties.\n\n"
         "* Error: the largest, relative to max(1, |result|), against the exact function of the number as it "
         "is "
         "held; on an even grid\n  of the domain, random numbers and random magnitudes.\n"
         "* Rounds, and bytes an element that a party opens and that the dealer sends to the last party: of "
         "an "
         "operand that was not\n  used before and whose width is not known.\n"
         "* Nothing here is a crash: outside its domain a function's result is some number. Division by zero "
         "is zero, and so is a\n  reciprocal or an inverse root of zero; the logarithm of zero is −40. "
         "Infinities "
         "among constants are held as ±2^44; a NaN that\n  is used is refused, with its instruction.\n"
         "* `power` is a product for whole public exponents up to 16, a root for halves, e^(b·ln |a|) else, "
         "negative for a negative a and\n  an odd b. `remainder` is exact where |a / b| ≤ 2^16. `atan2` is "
         "off "
         "by at most 3e-5.\n"
         "* Every truncation rounds to one of two neighbours by a dither that the nodes know "
         "([security.md](security.md)).\n\n"
         "| function | domain | outside | largest error | rounds | opened | dealt |\n"
         "| --- | --- | --- | --- | --- | --- | --- |\n";
  for (const Row& row : rows()) {
    const double error = largest_error(row);
    if (row.limit > 0) {
      EXPECT_LE(error, row.limit) << row.name;
    }
    const Cost cost = measured(2, 64, 1, false, [&](Desk d, std::vector<Arith> x) {
      return one_call(d, std::move(x), row.function);
    });
    char text[32];
    std::snprintf(text, sizeof text, "%.1e", error);
    out << "| " << row.name << " | " << row.low << " … " << row.high << " | " << row.outside << " | " << text
        << " | " << cost.rounds << " | " << (cost.opened_bits + 7) / 8 << " | " << (cost.dealt_bits + 7) / 8
        << " |\n";
  }
  return out.str();
}

TEST(FunctionTable, IsTheOneInTheDocs) {
  const std::filesystem::path path = "docs/functions.md";
  const std::string found = table();
  if (std::getenv("SPUD_WRITE_FUNCTIONS") != nullptr) std::ofstream(path) << found;
  std::ifstream in(path);
  const std::string expected{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace spud::contract
