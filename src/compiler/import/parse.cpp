// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/parse.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "base/limits.hpp"

namespace spud::compiler {
namespace {

/// Nesting comes from tuple shapes alone; frameworks stay below 10.
constexpr int kMessageNesting = 100;

bool parse_as(ByteView bytes, google::protobuf::MessageLite& message) {
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream coded(&stream);
  coded.SetRecursionLimit(kMessageNesting);
  return message.ParseFromCodedStream(&coded) && coded.ConsumedEntireMessage();
}

}  // namespace

Result<std::unique_ptr<hlo::HloModuleProto>> parse(ByteView program) {
  if (program.size() > limits::kProgramBytes) {
    return fail(ErrorCode::kResource, std::to_string(program.size()) + " bytes", "program",
                "at most " + std::to_string(limits::kProgramBytes));
  }
  // A module's first field is its name, a wrapper's is the module: a name does not parse as a module with
  // computations.
  hlo::HloProto wrapper;
  if (parse_as(program, wrapper) && wrapper.hlo_module().computations_size() > 0) {
    return std::unique_ptr<hlo::HloModuleProto>(wrapper.release_hlo_module());
  }
  auto module = std::make_unique<hlo::HloModuleProto>();
  if (!parse_as(program, *module)) {
    return bad_input("cut short or not an HLO program", "program",
                     "a serialised xla.HloModuleProto or xla.HloProto");
  }
  if (module->computations_size() == 0) {
    return bad_input("holds no computations", "program", "a serialised xla.HloModuleProto or xla.HloProto");
  }
  return module;
}

}  // namespace spud::compiler
