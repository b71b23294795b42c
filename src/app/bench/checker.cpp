// SPDX-License-Identifier: Apache-2.0
// Compares what the parties of a benchmark computed with ref2k, in a process of its own: it needs threads.
#include <cmath>
#include <filesystem>

#include "app/bench/error_size.hpp"
#include "app/bench/prepared.hpp"
#include "app/bench/roles.hpp"
#include "io/file.hpp"
#include "io/npz.hpp"
#include "io/split.hpp"
#include "system/crypto/random.hpp"

namespace spud::app::bench {
namespace {

Result<Literal> output(std::size_t i, const TensorType& type, const Setting& setting,
                       const Deployment& deployment) {
  constexpr auto kAnySize = limits::kBytesPerInputFile;
  const auto open = kept_output(deployment, Rank{0}, i, Kept::kPublic);
  if (std::filesystem::exists(open)) {
    SPUD_ASSIGN(auto bytes, io::read_file(open.string(), kAnySize));
    return Literal(type, std::move(bytes));
  }
  std::vector<alu::StoredShare> shares;
  for (unsigned p = 0; p < setting.device.parties; ++p) {
    const auto file = kept_output(deployment, Rank{p}, i, Kept::kShare);
    SPUD_ASSIGN(auto bytes, io::read_file(file.string(), kAnySize));
    shares.push_back({type, alu::element_format(type.dtype, setting.device.format), std::move(bytes)});
  }
  if (shares.size() == 1) return io::decode(shares[0].type, shares[0].format, shares[0].data);
  return io::reconstruct(shares);
}

Status write(const std::string& folder, const char* file, const std::vector<Literal>& arrays,
             const char* prefix) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return io::write_npz_file((std::filesystem::path(folder) / file).string(), io::numbered(arrays, prefix),
                            io::Compression::kStored);
}

}  // namespace

Status be_checker(const Program& program, const Setting& setting, const Deployment& deployment,
                  ControlLine& line) {
  SPUD_ASSIGN(auto plan, service::compile_for(setting.device, program.hlo, program.meta));
  SPUD_ASSIGN(auto inputs, fixed_inputs(program));
  std::vector<Literal> outputs;
  for (std::size_t i = 0; i < plan.main.results.size(); ++i) {
    SPUD_ASSIGN(auto value, output(i, plan.main.values[plan.main.results[i]].type, setting, deployment));
    outputs.push_back(std::move(value));
  }
  if (!setting.out.empty()) {
    const std::string folder = (std::filesystem::path(setting.out) / program.name).string();
    SPUD_TRY(write(folder, "inputs.npz", inputs, "in"));
    SPUD_TRY(write(folder, "outputs.npz", outputs, "out"));
  }
  auto reference = setting.device;
  reference.protocol = vm::ProtocolKind::kRef2k;
  crypto::OsRandom random;
  auto expected = service::simulate(reference, program.hlo, program.meta, inputs, random);
  if (!expected) return line.send({{"unchecked", expected.error().message()}});
  double largest = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    largest = std::max(largest, largest_error(outputs[i], expected->outputs[i]));
  }
  if (!std::isfinite(largest)) return line.send({{"unchecked", "one has a number where the other has none"}});
  return line.send({{"max_abs_err", largest}});
}

}  // namespace spud::app::bench
