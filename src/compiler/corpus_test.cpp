// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "compiler/compile.hpp"
#include "ir/codec.hpp"
#include "ir/print.hpp"
#include "ring/simd.hpp"
#include "schemas/hlo.pb.h"

namespace spud::compiler {
namespace {

const std::string kCorpus = "tests/corpus/";

std::string file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path << ": run from the root of the repository";
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The program of a case with the visibilities and types of its meta.json.
Result<ir::Plan> compile_case(const std::string& name) {
  const std::string program = file(kCorpus + name + "/program.hlo.pb");
  const auto meta = nlohmann::json::parse(file(kCorpus + name + "/meta.json"));
  CompileRequest request;
  request.program = as_bytes(program);
  for (const auto& input : meta.at("inputs")) {
    Parameter parameter;
    parameter.visibility =
        input.at("visibility") == "public" ? ir::Visibility::kPublic : ir::Visibility::kSecret;
    auto dtype = dtype_from_string(input.at("dtype"));
    if (dtype) parameter.type = TensorType{*dtype, input.at("shape").get<Shape>()};
    request.parameters.push_back(parameter);
  }
  return compile(request);
}

std::map<std::string, std::string> golden_digests() {
  std::map<std::string, std::string> digests;
  std::istringstream lines(file(kCorpus + "plan_digests.txt"));
  std::string name, digest;
  while (lines >> name >> digest) digests[name] = digest;
  return digests;
}

std::vector<std::string> valid_cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus)) {
    const std::string name = entry.path().filename();
    if (entry.is_directory() && !name.starts_with("bad_")) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

class ValidProgram : public testing::TestWithParam<std::string> {};

TEST_P(ValidProgram, CompilesToThePlanOfRecord) {
  const auto best = ring::simd_path();
  // Both compilers, debug and release builds, and every machine agree on these.
  for (const auto path : ring::simd_paths()) {
    ring::set_simd_path(path);
    auto plan = compile_case(GetParam());
    ring::set_simd_path(best);
    ASSERT_TRUE(plan) << plan.error().message();
    ASSERT_EQ(ir::digest(*plan).hex(), golden_digests()[GetParam()]) << ring::to_string(path) << "\n"
                                                                     << ir::to_text(*plan);
  }
}

TEST_P(ValidProgram, SurvivesTheCodec) {
  auto plan = compile_case(GetParam());
  ASSERT_TRUE(plan) << plan.error().message();
  const Bytes bytes = ir::encode(*plan);
  // Where fuzzing the reader of plans begins (scripts/fuzz.sh).
  if (const char* folder = std::getenv("SPUD_WRITE_PLANS")) {
    std::ofstream(std::string(folder) + "/" + GetParam(), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  auto back = ir::decode(bytes);
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(ir::to_text(*back), ir::to_text(*plan));
}

TEST_P(ValidProgram, IsRefusedWhenCutShort) {
  const std::string program = file(kCorpus + GetParam() + "/program.hlo.pb");
  const auto whole = parameter_types(as_bytes(program));
  ASSERT_TRUE(whole);
  for (std::size_t parts = 1; parts < 64; ++parts) {
    const auto cut = parameter_types(as_bytes(program).first(program.size() * parts / 64));
    // Only where what is gone are fields at the end that nobody reads.
    EXPECT_TRUE(!cut || (parts > 32 && *cut == *whole)) << parts;
  }
}

TEST_P(ValidProgram, WithAByteChangedNeverCrashesTheCompiler) {
  const std::string program = file(kCorpus + GetParam() + "/program.hlo.pb");
  const auto types = parameter_types(as_bytes(program));
  ASSERT_TRUE(types);
  std::size_t step = program.size() / 150 + 1;
  for (std::size_t at = 0; at < program.size(); at += step) {
    std::string changed = program;
    changed[at] = static_cast<char>(changed[at] + 1 + static_cast<char>(at % 254));
    CompileRequest request;
    request.program = as_bytes(changed);
    request.parameters.resize(types->size());
    auto plan = compile(request);
    if (plan) continue;
    EXPECT_NE(plan.error().code, ErrorCode::kInternal) << plan.error().message();
    EXPECT_EQ(plan.error().message().find('\n'), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, ValidProgram, testing::ValuesIn(valid_cases()),
                         [](const auto& info) { return info.param; });

/// Which operations of XLA the programs of the corpus try, on what: docs/operations.md.
std::string operations_table() {
  struct Use {
    std::size_t programs = 0;
    std::string first;
  };
  std::map<std::string, Use> uses;
  for (const auto& name : valid_cases()) {
    hlo::HloModuleProto module;
    hlo::HloProto wrapper;
    const std::string program = file(kCorpus + name + "/program.hlo.pb");
    const bool is_wrapped = wrapper.ParseFromString(program) && wrapper.hlo_module().computations_size() > 0;
    if (is_wrapped) module = wrapper.hlo_module();
    EXPECT_TRUE(is_wrapped || module.ParseFromString(program)) << name;
    std::set<std::string> opcodes;
    for (const auto& computation : module.computations()) {
      for (const auto& instruction : computation.instructions()) opcodes.insert(instruction.opcode());
    }
    for (const auto& opcode : opcodes) {
      auto& use = uses[opcode];
      if (use.programs++ == 0) use.first = name;
    }
  }
  std::string table =
      "# Operations\n\n"
      "What programs may use, with the number of programs in `tests/corpus` that do. Each of them is run "
      "between two and three\nparties and compared with XLA's own results. Written by "
      "`SPUD_WRITE_OPERATIONS=1 "
      "build/release/tests/compiler_test\n--gtest_filter='OperationsTable.*'`, and compared by the test "
      "otherwise. "
      "Tried by unit tests alone: `rng-bit-generator`; `copy`,\nrow-major `bitcast` and the mark `Sharding`, "
      "which "
      "change nothing. Any other operation is refused by name.\n\n"
      "| operation | programs | one of them |\n| --- | ---: | --- |\n";
  for (const auto& [opcode, use] : uses) {
    table += "| `" + opcode + "` | " + std::to_string(use.programs) + " | `" + use.first + "` |\n";
  }
  return table;
}

TEST(OperationsTable, IsWhatTheCorpusTries) {
  const std::string path = "docs/operations.md", found = operations_table();
  if (std::getenv("SPUD_WRITE_OPERATIONS") != nullptr) std::ofstream(path) << found;
  EXPECT_EQ(file(path), found);
}

struct Malformed {
  const char* name;
  const char* message;
};

class MalformedProgram : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedProgram, IsRefusedInOneLineThatSaysWhy) {
  auto plan = compile_case(GetParam().name);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, MalformedProgram,
    testing::Values(
        Malformed{"bad_custom_call_lapack",
                  "program: operations that spud cannot run: custom-call 'lapack_sgesdd_ffi' (instruction "
                  "'svd.22' of "
                  "'svd.1')"},
        Malformed{
            "bad_cycle",
            "instruction 'mul.1' of 'main.2': operand 'sub.1' is defined later or is the instruction itself; "
            "expected operands before their users"},
        Malformed{"bad_negative_dim", "instruction 'x.1' of 'main.2': dimension 0 is -2; expected 0 or more"},
        Malformed{"bad_result_dtype",
                  "instruction 'sub.1' of 'main.2': result has type s32[2]; expected f32[2]"},
        Malformed{
            "bad_secret_while_condition",
            "instruction 'while.5': while with a secret condition: the number of iterations would reveal "
            "something about in0 (by way of 'reduce_sum.7', 'lt.1'); use a fixed number of iterations and "
            "select "
            "the result"},
        Malformed{"bad_self_recursion",
                  "instruction 'jit__lambda__.1' of 'main.4': computation 'main.4' calls itself; expected no "
                  "recursion"},
        Malformed{"bad_truncated",
                  "program: cut short or not an HLO program; expected a serialised xla.HloModuleProto or "
                  "xla.HloProto"},
        Malformed{"bad_unknown_opcode",
                  "program: operations that spud cannot run: frobnicate (instruction 'sub.1' of 'main.2')"}),
    [](const auto& info) { return std::string(info.param.name); });

/// A pooling and its gradient make the same comparisons: windows of 9 take four levels, of 4 two.
TEST(Poolings, ShareTheirComparisonsWithTheirGradients) {
  auto plan = compile_case("pool_grads");
  ASSERT_TRUE(plan) << plan.error().message();
  int comparisons = 0, extremes = 0;
  for (const auto& instruction : plan->main.instructions) {
    const auto reducer = instruction.attributes.reducer;
    comparisons += instruction.opcode == ops::Opcode::kCompare;
    extremes += instruction.opcode == ops::Opcode::kReduce &&
                (reducer == ops::Reducer::kMaximum || reducer == ops::Reducer::kMinimum);
  }
  EXPECT_EQ(comparisons, 6) << ir::to_text(*plan);
  EXPECT_EQ(extremes, 0);
}

}  // namespace
}  // namespace spud::compiler
