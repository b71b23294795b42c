// SPDX-License-Identifier: Apache-2.0
// Every program of tests/corpus through the whole way of `spud sim`: compiled, shared, run by all parties,
// put together again, and compared with what XLA computed.
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "io/file.hpp"
#include "io/npz.hpp"
#include "service/simulate.hpp"
#include "system/crypto/random.hpp"

namespace spud::service {
namespace {

const std::filesystem::path kCorpus = "tests/corpus";

/// Names of the malformed cases, bad_…, or of the others.
std::vector<std::string> cases(bool malformed) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus)) {
    const std::string name = entry.path().filename();
    if (entry.is_directory() && name.starts_with("bad_") == malformed) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

struct Case {
  Bytes program;
  io::Meta meta;
  std::vector<Literal> inputs;
};
Result<Case> read_case(const std::string& name, std::size_t parties) {
  const auto folder = kCorpus / name;
  Case out;
  SPUD_ASSIGN(out.program, io::read_file((folder / "program.hlo.pb").string(), limits::kProgramBytes));
  SPUD_ASSIGN(out.meta, io::read_meta_file((folder / "meta.json").string(), parties));
  const std::string inputs = (folder / "inputs.npz").string();
  SPUD_ASSIGN(auto arrays, io::read_npz_file(inputs));
  SPUD_ASSIGN(out.inputs, io::in_order(std::move(arrays), "in", inputs));
  SPUD_TRY(io::check_inputs(out.meta, out.inputs, inputs));
  return out;
}

Result<Simulation> run(const SimulatedDevice& device, const Case& c, std::uint64_t seed) {
  crypto::SeededRandom random(seed);
  return simulate(device, c.program, c.meta, c.inputs, random);
}

/// The run on shapes of a plan on a case's inputs, as that rank sees it.
Result<vm::Forecast> forecast(const SimulatedDevice& device, const Case& c, const ir::Plan& plan, Rank rank,
                              vm::Ledger* ledger = nullptr) {
  std::vector<vm::Input> inputs;
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    if (plan.inputs[i].info.visibility == ir::Visibility::kPublic) {
      inputs.emplace_back(c.inputs[i]);
    } else {
      inputs.push_back(vm::shape_of(plan.inputs[i], device.format));
    }
  }
  return vm::forecast(plan, vm::Seat{device.protocol, rank, device.parties}, inputs, ledger);
}
Result<vm::Forecast> forecast(const SimulatedDevice& device, const Case& c, Rank rank = Rank{0}) {
  SPUD_ASSIGN(auto plan, compile_for(device, c.program, c.meta));
  return forecast(device, c, plan, rank);
}

struct DeviceName {
  const char* name;
  SimulatedDevice device;
};
const DeviceName kDevices[] = {{"ref2k_n2", {vm::ProtocolKind::kRef2k, 2, {}}},
                               {"semi2k_n2", {vm::ProtocolKind::kSemi2k, 2, {}}},
                               {"semi2k_n3", {vm::ProtocolKind::kSemi2k, 3, {}}}};

using Parameter = std::tuple<std::string, DeviceName>;
class Program : public testing::TestWithParam<Parameter> {
 protected:
  const SimulatedDevice& device() const { return std::get<1>(GetParam()).device; }
  Case load() const {
    auto c = read_case(std::get<0>(GetParam()), device().parties);
    EXPECT_TRUE(c.has_value()) << (c ? "" : c.error().message());
    return c ? std::move(*c) : Case{};
  }
};
INSTANTIATE_TEST_SUITE_P(Corpus, Program,
                         testing::Combine(testing::ValuesIn(cases(false)), testing::ValuesIn(kDevices)),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_" + std::get<1>(info.param).name;
                         });

void expect_near(const Literal& got, const Literal& want, const io::Tolerance& tolerance) {
  ASSERT_EQ(got.type(), want.type());
  for (std::int64_t i = 0; i < want.elements(); ++i) {
    if (is_float(want.dtype())) {
      const double w = want.float_at(i), error = std::abs(got.float_at(i) - w);
      // NaN and infinity of public values.
      if (std::isnan(w) && std::isnan(got.float_at(i))) continue;
      if (std::isinf(w) && got.float_at(i) == w) continue;
      ASSERT_LE(error, tolerance.absolute + tolerance.relative * std::abs(w))
          << "element " << i << ", expected " << w;
    } else {
      ASSERT_EQ(got.int_at(i), want.int_at(i)) << "element " << i;
    }
  }
}

TEST_P(Program, AsksTheDealerForTheSameFromEverySeat) {
  const Case c = load();
  auto first = forecast(device(), c);
  ASSERT_TRUE(first.has_value()) << first.error().message();
  for (unsigned rank = 1; rank < device().parties; ++rank) {
    auto other = forecast(device(), c, Rank{rank});
    ASSERT_TRUE(other.has_value()) << other.error().message();
    EXPECT_EQ(correlation::digest(other->demand), correlation::digest(first->demand)) << "rank " << rank;
  }
}

TEST_P(Program, CostsWhatItsInstructionsCostTogether) {
  const Case c = load();
  auto plan = compile_for(device(), c.program, c.meta);
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  vm::Ledger ledger(*plan);
  auto with = forecast(device(), c, *plan, Rank{0}, &ledger), without = forecast(device(), c, *plan, Rank{0});
  ASSERT_TRUE(with.has_value() && without.has_value());
  EXPECT_EQ(correlation::digest(with->demand), correlation::digest(without->demand));
  EXPECT_EQ(with->traffic.rounds, without->traffic.rounds);
  const auto total = ledger.total();
  EXPECT_EQ(total.opened_bits, without->traffic.opened_bits);
  EXPECT_EQ(total.payload_bytes, without->traffic.payload_bytes);
  EXPECT_EQ(total.dealt_bits, without->dealt.dealt_bits);
  EXPECT_EQ(total.tape_bytes, without->dealt.tape_bytes);
  EXPECT_EQ(total.items, without->dealt.items);
  // Inputs cost nothing but where they are opened, outputs never, and nothing takes longer than everything.
  if (device().protocol != vm::ProtocolKind::kRef2k) {
    EXPECT_EQ(ledger.rest().opened_bits, 0u);
  }
  EXPECT_EQ(ledger.rest().items, 0u);
  for (const auto& entry : ledger.entries()) EXPECT_LE(entry.own.rounds, without->traffic.rounds);
}

TEST_P(Program, GivesWhatXlaGaveWithinItsToleranceAtTheCostForecast) {
  const Case c = load();
  auto result = run(device(), c, 1);
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const std::string expected_file = (kCorpus / std::get<0>(GetParam()) / "expected.npz").string();
  auto arrays = io::read_npz_file(expected_file);
  ASSERT_TRUE(arrays.has_value()) << arrays.error().message();
  auto expected = io::in_order(std::move(*arrays), "out", expected_file);
  ASSERT_TRUE(expected.has_value()) << expected.error().message();
  ASSERT_TRUE(c.meta.tolerance.has_value());
  ASSERT_EQ(result->outputs.size(), expected->size());
  for (std::size_t o = 0; o < expected->size(); ++o) {
    SCOPED_TRACE("out" + std::to_string(o));
    expect_near(result->outputs[o], (*expected)[o], *c.meta.tolerance);
  }

  auto before = forecast(device(), c);
  ASSERT_TRUE(before.has_value()) << before.error().message();
  EXPECT_EQ(before->traffic.rounds, result->traffic[0].rounds);
  EXPECT_EQ(before->traffic.payload_bytes, result->traffic[0].payload_bytes);
  EXPECT_EQ(before->traffic.opened_bits, result->traffic[0].opened_bits);
  EXPECT_EQ(before->dealt.tape_bytes, result->tape_bytes);
}

/// Who keeps which of the inputs that are secret.
enum class Keeping { kAllByOne, kByTurns, kSomeShared };

Case kept(Case c, Keeping keeping, unsigned parties) {
  unsigned next = 0;
  for (auto& input : c.meta.inputs) {
    if (input.visibility == io::InputVisibility::kPublic) continue;
    const unsigned i = next++;
    if (keeping == Keeping::kSomeShared && i % 2 == 1) continue;
    input.visibility = io::InputVisibility::kPrivate;
    input.owner = Rank{keeping == Keeping::kAllByOne ? parties - 1 : i % parties};
  }
  return c;
}

std::uint64_t opened_by_all(const std::vector<vm::Traffic>& traffic) {
  std::uint64_t sum = 0;
  for (const auto& one : traffic) sum += one.opened_bits;
  return sum;
}

TEST_P(Program, OpensNoMoreOfInputsThatPartiesKeepAndGivesTheSame) {
  const Case shared = load();
  const std::string expected_file = (kCorpus / std::get<0>(GetParam()) / "expected.npz").string();
  auto arrays = io::read_npz_file(expected_file);
  ASSERT_TRUE(arrays.has_value()) << arrays.error().message();
  auto expected = io::in_order(std::move(*arrays), "out", expected_file);
  ASSERT_TRUE(expected.has_value()) << expected.error().message();
  auto all_secret = forecast(device(), shared);
  ASSERT_TRUE(all_secret.has_value()) << all_secret.error().message();
  for (auto keeping : {Keeping::kAllByOne, Keeping::kByTurns, Keeping::kSomeShared}) {
    SCOPED_TRACE(static_cast<int>(keeping));
    const Case c = kept(shared, keeping, device().parties);
    auto result = run(device(), c, 1);
    ASSERT_TRUE(result.has_value()) << result.error().message();
    ASSERT_EQ(result->outputs.size(), expected->size());
    for (std::size_t o = 0; o < expected->size(); ++o) {
      SCOPED_TRACE("out" + std::to_string(o));
      expect_near(result->outputs[o], (*expected)[o], *c.meta.tolerance);
    }
    for (unsigned rank = 0; rank < device().parties; ++rank) {
      auto before = forecast(device(), c, Rank{rank});
      ASSERT_TRUE(before.has_value()) << before.error().message();
      EXPECT_EQ(before->traffic.rounds, result->traffic[rank].rounds);
      EXPECT_EQ(before->traffic.opened_bits, result->traffic[rank].opened_bits) << rank;
      EXPECT_EQ(before->dealt.tape_bytes, result->tape_bytes);
    }
    if (device().protocol == vm::ProtocolKind::kRef2k) continue;
    // A difference of masked values opens nothing. Here it is wanted, by a condition that a party knows at
    // once, before they are masked: three rounds sooner, for 56 bits more.
    const bool is_sooner = std::get<0>(GetParam()) == "ctl_cond_secret" && keeping == Keeping::kSomeShared;
    EXPECT_LE(opened_by_all(result->traffic),
              device().parties * all_secret->traffic.opened_bits + (is_sooner ? 56 : 0));
    if (keeping == Keeping::kAllByOne) {
      EXPECT_EQ(opened_by_all(result->traffic), 0u);
      EXPECT_EQ(result->tape_bytes, 0u);
    }
  }
}

TEST(TrainingLoop, OpensItsDataOnceForAllEpochs) {
  const SimulatedDevice device{vm::ProtocolKind::kSemi2k, 2, {}};
  auto c = read_case("prog_logreg_sgd_bc", 2);
  ASSERT_TRUE(c.has_value()) << c.error().message();
  auto plan = compile_for(device, c->program, c->meta);
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  ir::Plan unprepared = *plan;
  for (auto& instruction : unprepared.main.instructions) {
    // To its own shape: every batch gets a mask of its own again.
    if (instruction.opcode == ops::Opcode::kPrepare) instruction.opcode = ops::Opcode::kReshape;
  }
  auto with = forecast(device, *c, *plan, Rank{0}), without = forecast(device, *c, unprepared, Rank{0});
  ASSERT_TRUE(with.has_value() && without.has_value());
  // Three epochs over 448 rows of 30, each batch once as it is and once transposed.
  const std::uint64_t data = 64 * 448 * 30;
  EXPECT_EQ(without->traffic.opened_bits - with->traffic.opened_bits, (3 * 2 - 1) * data);
  EXPECT_EQ(with->traffic.rounds, without->traffic.rounds + 1);
  EXPECT_EQ(with->dealt.dealt_bits, without->dealt.dealt_bits);
}

TEST_P(Program, RepeatsARunExactlyFromItsSeed) {
  const Case c = load();
  auto first = run(device(), c, 9), second = run(device(), c, 9);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(first->traffic[0].rounds, second->traffic[0].rounds);
  EXPECT_EQ(first->traffic[0].payload_bytes, second->traffic[0].payload_bytes);
  EXPECT_EQ(first->tape_bytes, second->tape_bytes);
  for (std::size_t o = 0; o < first->outputs.size(); ++o) {
    EXPECT_TRUE(std::ranges::equal(first->outputs[o].bytes(), second->outputs[o].bytes())) << "out" << o;
  }
}

class MalformedProgram : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Corpus, MalformedProgram, testing::ValuesIn(cases(true)),
                         [](const auto& info) { return info.param; });

TEST_P(MalformedProgram, IsRefusedInOneLine) {
  auto c = read_case(GetParam(), 2);
  ASSERT_TRUE(c.has_value()) << c.error().message();
  auto result = run(SimulatedDevice{}, *c, 1);
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().code == ErrorCode::kBadInput || result.error().code == ErrorCode::kUnsupported);
  EXPECT_FALSE(result.error().message().empty());
  EXPECT_EQ(result.error().message().find('\n'), std::string::npos) << result.error().message();
}

TEST(Corpus, HasCasesOfBothKinds) {
  EXPECT_GE(cases(false).size(), 128u);
  EXPECT_GE(cases(true).size(), 8u);
}

}  // namespace
}  // namespace spud::service
