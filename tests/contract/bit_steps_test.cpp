// SPDX-License-Identifier: Apache-2.0
// Bits, shifts, casts, look-ups, thresholds and steps on numbers of a known range, against plain arithmetic.
#include "tests/contract/step_on_numbers.hpp"

namespace spud::contract {
namespace {

class BitSteps : public StepsOnNumbers {};
INSTANTIATE_TEST_SUITE_P(Protocols, BitSteps, testing::ValuesIn(step_cases()), name_of_step_case);

/// The signed numbers of a sample that lie in [−2^(width−1), 2^(width−1)), with both ends.
Numbers within(unsigned bits, unsigned width, unsigned seed) {
  Numbers x = sample(bits, 200, seed);
  const __int128 half = width == 128 ? 0 : static_cast<__int128>(1) << (width - 1);
  for (auto& v : x.values)
    v = static_cast<Wide>(Numbers::as_signed(v & Numbers{width, {}}.mask(), width)) & x.mask();
  if (width < 128) {
    for (__int128 n : {half - 1, -half, half - 2, 1 - half})
      x.values.push_back(static_cast<Wide>(n) & x.mask());
  }
  for (int i = -2; i < 3; ++i)
    x.values.push_back(static_cast<Wide>(width == 1 ? i % 2 == 0 ? 0 : -1 : i) & x.mask());
  if (width == 2)
    for (auto& v : x.values) v = static_cast<Wide>(Numbers::as_signed(v & 3, 2)) & x.mask();
  return x;
}

std::vector<unsigned> widths(unsigned bits) {
  std::vector<unsigned> out;
  for (unsigned w : {2u, 3u, 4u, 5u, 8u, 13u, 16u, 17u, 20u, 32u, 33u, 63u, 64u, 65u, 127u, 128u}) {
    if (w <= bits) out.push_back(w);
  }
  return out;
}

Task<Arith> decomposed_and_composed(Desk d, Arith x, unsigned width) {
  auto bits_task = d.protocol.bits(x, width);
  std::vector<Boolean> bits = co_await bits_task;
  EXPECT_EQ(bits.size(), width);
  auto number_task = d.protocol.compose(bits, x.ring_bits());
  Arith number = co_await number_task;
  co_return number;
}

TEST_P(BitSteps, BitsMakeTheNumberAgain) {
  Numbers x = sample(bits(), 150, 21);
  for (unsigned width : widths(bits())) {
    for (bool masked : {false, true}) {
      Numbers out =
          unary(x, masked, [width](Desk d, Arith a) { return decomposed_and_composed(d, a, width); });
      for (std::size_t i = 0; i < x.values.size(); ++i)
        ASSERT_TRUE(out.values[i] == (x.values[i] & Numbers{width, {}}.mask())) << i << ' ' << width;
    }
  }
}

TEST_P(BitSteps, SignsOfBoundedNumbers) {
  for (unsigned width : widths(bits())) {
    Numbers x = within(bits(), width, 22);
    for (bool masked : {false, true}) {
      auto out = test(x, masked, [width](Desk d, Arith a) { return d.protocol.negative(a, width); });
      for (std::size_t i = 0; i < x.values.size(); ++i) ASSERT_EQ(out[i], x.at(i) < 0) << i << ' ' << width;
    }
  }
}

TEST_P(BitSteps, OnlyZeroIsZeroAmongBoundedNumbers) {
  for (unsigned width : widths(bits())) {
    Numbers x = within(bits(), width, 23);
    for (bool masked : {false, true}) {
      auto out = test(x, masked, [width](Desk d, Arith a) { return d.protocol.is_zero(a, width); });
      for (std::size_t i = 0; i < x.values.size(); ++i) ASSERT_EQ(out[i], x.at(i) == 0) << i << ' ' << width;
    }
  }
}

/// All answers as one number, so that one output shows them.
Task<Arith> thresholds_as_number(Desk d, Arith x, std::vector<__int128> thresholds, unsigned width) {
  auto less_task = d.protocol.less_than_public(x, thresholds, width);
  std::vector<Boolean> less = co_await less_task;
  auto number_task = d.protocol.compose(less, x.ring_bits());
  Arith number = co_await number_task;
  co_return number;
}

TEST_P(BitSteps, ManyPublicThresholds) {
  for (unsigned width : widths(bits())) {
    Numbers x = within(bits(), width, 24);
    const __int128 low =
        width == 128 ? Numbers::as_signed(Wide{1} << 127, 128) : -(static_cast<__int128>(1) << (width - 1));
    const __int128 high = -(low + 1);
    // Their lowest ones lie at several places: below them thresholds share what is opened.
    std::vector<__int128> thresholds{0,        low,      high,     x.at(0),     low >> 1,
                                     high & 1, low >> 5, low >> 9, -(low >> 17)};
    if (thresholds.size() > bits()) thresholds.resize(bits());
    for (std::size_t i = 1; i < 30; ++i)
      x.values[i] = static_cast<Wide>(thresholds[i % thresholds.size()]) & x.mask();
    for (bool masked : {false, true}) {
      Numbers out =
          unary(x, masked, [&](Desk d, Arith a) { return thresholds_as_number(d, a, thresholds, width); });
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        for (std::size_t j = 0; j < thresholds.size(); ++j)
          ASSERT_EQ(out.values[i] >> j & 1, x.at(i) < thresholds[j]) << i << ' ' << j << ' ' << width;
      }
    }
  }
}

TEST_P(BitSteps, ShiftsOfAnyNumber) {
  Numbers x = sample(bits(), 200, 25);
  for (unsigned by : {0u, 1u, 2u, 3u, 4u, 7u, 16u, 18u, 31u, 32u, 50u, 63u, 100u, 127u}) {
    if (by >= bits()) continue;
    for (bool is_signed : {false, true}) {
      Numbers out =
          unary(x, is_signed, [=](Desk d, Arith a) { return d.protocol.shift_right_full(a, by, is_signed); });
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        if (is_signed) {
          ASSERT_TRUE(out.at(i) == x.at(i) >> by) << i << " by " << by;
        } else {
          ASSERT_TRUE(out.values[i] == x.values[i] >> by) << i << " by " << by;
        }
      }
    }
  }
}

TEST_P(BitSteps, WrapToAnyWidth) {
  Numbers x = sample(bits(), 150, 29);
  for (unsigned width : {1u, 2u, 3u, 4u, 5u, 8u, 13u, 16u, 17u, 31u, 33u, 63u, 64u, 127u}) {
    if (width >= bits()) continue;
    for (bool masked : {false, true}) {
      for (bool is_signed : {false, true}) {
        Numbers out = unary(x, masked, [=](Desk d, Arith a) { return d.protocol.wrap(a, width, is_signed); });
        for (std::size_t i = 0; i < x.values.size(); ++i) {
          const Wide low = x.values[i] & Numbers{width, {}}.mask();
          const Wide want = is_signed ? static_cast<Wide>(Numbers::as_signed(low, width)) & mask() : low;
          ASSERT_TRUE(out.values[i] == want) << i << " to " << width;
        }
      }
    }
  }
}

TEST_P(BitSteps, ShiftsByASecretNumberOfPlaces) {
  Numbers x = sample(bits(), 120, 26), places{bits(), {}};
  std::mt19937_64 rng(3);
  for (std::size_t i = 0; i < x.values.size(); ++i)
    places.values.push_back(i < bits() + 8 ? i : rng() % bits());
  for (Wide v : {Wide{bits()}, ~Wide{0}, Wide{1} << (bits() - 1), Wide{1} << (bits() - 2),
                 (Wide{1} << (bits() - 1)) + 1})
    places.values[x.values.size() - 1 - (rng() % 40)] = v;
  for (auto& v : places.values) v &= x.mask();
  using protocol::Shift;
  for (Shift kind : {Shift::kLeft, Shift::kRightLogical, Shift::kRightArithmetic}) {
    Numbers out = binary(x, places, [=](Desk d, Arith a, Arith b) { return d.protocol.shift(a, b, kind); });
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      const bool outside = places.values[i] >= bits();
      const auto by = static_cast<unsigned>(outside ? 0 : places.values[i]);
      const Wide v = x.values[i];
      if (kind == Shift::kLeft) {
        ASSERT_TRUE(out.values[i] == (outside ? 0 : (v << by) & x.mask())) << i;
      } else if (kind == Shift::kRightLogical) {
        ASSERT_TRUE(out.values[i] == (outside ? 0 : v >> by)) << i;
      } else {
        ASSERT_TRUE(out.at(i) == x.at(i) >> (outside ? bits() - 1 : by)) << i;
      }
    }
  }
}

TEST_P(BitSteps, WideningBoundedNumbers) {
  for (unsigned wide : {32u, 64u, 128u}) {
    if (wide <= bits()) continue;
    Numbers x = within(bits(), bits() - 1, 27);
    // −2^(k−2) is the one end that the range has; both forms take it.
    for (bool masked : {false, true}) {
      Numbers out = unary(x, masked, [wide](Desk d, Arith a) { return d.protocol.widen_bounded(a, wide); });
      for (std::size_t i = 0; i < x.values.size(); ++i) ASSERT_TRUE(out.at(i) == x.at(i)) << i << ' ' << wide;
    }
  }
}

Numbers random_table(unsigned bits, std::size_t entries, unsigned width) {
  Numbers table{bits, {}};
  std::mt19937_64 rng(entries);
  for (std::size_t i = 0; i < entries; ++i)
    table.values.push_back((static_cast<Wide>(rng()) << 64 | rng()) & Numbers{width, {}}.mask());
  return table;
}

TEST_P(BitSteps, LookUpsInPublicTables) {
  for (std::size_t entries : {1u, 2u, 3u, 4u, 13u, 16u, 200u, 256u, 257u, 1024u}) {
    if (bits() == 4 && entries > 16) continue;
    for (unsigned width : {1u, 16u, bits()}) {
      if (width > bits()) continue;
      const Numbers table = random_table(bits(), entries, width);
      Numbers index{bits(), {}};
      std::mt19937_64 rng(8);
      for (std::size_t i = 0; i < 80; ++i)
        index.values.push_back(i < 2 ? i * (entries - 1) : rng() % entries);
      for (bool masked : {false, true}) {
        Numbers out =
            unary(index, masked, [&](Desk d, Arith a) { return d.protocol.look_up(a, table.tensor()); });
        for (std::size_t i = 0; i < index.values.size(); ++i) {
          ASSERT_TRUE(out.values[i] == table.values[static_cast<std::size_t>(index.values[i])])
              << i << " of " << entries << ", " << width << " bits";
        }
      }
    }
  }
}

/// Either neighbour's polynomial: the right one is told from the other by the result.
TEST_P(BitSteps, FunctionsInPieces) {
  for (unsigned w : {1u, 3u, 6u, 8u}) {
    for (unsigned degree : {0u, 1u, 2u, 3u}) {
      const unsigned low = bits() == 4 ? 2 : 9, dropped = bits() == 4 ? 0 : degree;
      if (low + w > bits()) continue;
      std::vector<Numbers> tables;
      std::vector<ring::Tensor> lists;
      for (unsigned d = 0; d <= degree; ++d) {
        tables.push_back(random_table(bits(), std::size_t{1} << w, bits()));
        for (std::size_t i = 0; i < tables[d].values.size(); ++i)
          tables[d].values[i] = (tables[d].values[i] * (2 * d + 7 * i + 1)) & mask();
        lists.push_back(tables[d].tensor());
      }
      Numbers x = sample(bits(), 150, 40 + w);
      for (bool masked : {false, true}) {
        Numbers out =
            unary(x, masked, [&](Desk d, Arith a) { return d.protocol.interpolate(a, low, dropped, lists); });
        for (std::size_t i = 0; i < x.values.size(); ++i) {
          const Wide number = x.values[i] & ((Wide{1} << (low + w)) - 1);
          bool found = false;
          for (Wide up : {Wide{0}, Wide{1}}) {
            // Of a rest, what is dropped rounds it to one of two numbers.
            for (Wide off : {Wide{0}, Wide{1}}) {
              const auto place = static_cast<std::size_t>((number >> low) + up) & ((1u << w) - 1);
              const Wide rest =
                  ((number & ((Wide{1} << low) - 1)) >> dropped) - (up << (low - dropped)) + off;
              Wide sum = 0;
              for (unsigned d = degree + 1; d-- > 0;) sum = sum * rest + tables[d].values[place];
              found |= (sum & mask()) == out.values[i] && (off == 0 || dropped > 0);
            }
          }
          ASSERT_TRUE(found) << i << ", " << w << " bits of place, degree " << degree;
        }
      }
    }
  }
}

/// Entries of another ring than the index.
TEST_P(BitSteps, LookUpsInTablesOfAnotherRing) {
  const unsigned other = bits() == 64 ? 32 : 64;
  const Numbers table = random_table(other, 16, other);
  Numbers index{bits(), {}};
  for (unsigned i = 0; i < 64; ++i) index.values.push_back(i % 16);
  Numbers out = unary(index, false, [&](Desk d, Arith a) { return d.protocol.look_up(a, table.tensor()); });
  EXPECT_EQ(out.bits, other);
  for (std::size_t i = 0; i < 64; ++i) ASSERT_TRUE(out.values[i] == table.values[i % 16]) << i;
}

Task<Arith> prepared_square(Desk d, Arith a) {
  auto prepared_task = d.protocol.prepare(a);
  Arith prepared = co_await prepared_task;
  auto square_task = d.protocol.multiply(prepared, a);
  Arith square = co_await square_task;
  co_return square;
}
TEST_P(BitSteps, PreparingChangesNoValue) {
  Numbers x = sample(bits(), 60, 28);
  Numbers out = unary(x, false, prepared_square);
  for (std::size_t i = 0; i < x.values.size(); ++i)
    EXPECT_TRUE(out.values[i] == (x.values[i] * x.values[i] & mask())) << i;
}

}  // namespace
}  // namespace spud::contract
