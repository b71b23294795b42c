// SPDX-License-Identifier: Apache-2.0
#include "ir/codec.hpp"

#include <algorithm>
#include <cstring>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include "base/limits.hpp"
#include "ir/verify.hpp"
#include "schemas/plan.capnp.h"

namespace spud::ir {
namespace {

/// Inlining repeats parts of a program, so a plan may be larger than what it was made from.
constexpr std::size_t kPlanBytes = 2 * limits::kProgramBytes;
constexpr std::size_t kTextBytes = 256;
/// Pointers from a region to the regions of its instructions, and from an instruction to a literal's shape.
constexpr int kPointersPerNesting = 4;
constexpr int kPointersBelowInstruction = 16;

// Writing.

void write(::capnp::List<std::int64_t>::Builder out, const std::vector<std::int64_t>& list) {
  for (unsigned i = 0; i < list.size(); ++i) out.set(i, list[i]);
}

void write(::capnp::List<std::uint32_t>::Builder out, const std::vector<ValueId>& list) {
  for (unsigned i = 0; i < list.size(); ++i) out.set(i, list[i]);
}

void write(schema::TensorType::Builder out, const TensorType& type) {
  out.setDtype(to_string(type.dtype));
  write(out.initShape(static_cast<unsigned>(type.shape.size())), type.shape);
}

void write(schema::Value::Builder out, const ValueInfo& info) {
  write(out.initType(), info.type);
  out.setVisibility(static_cast<std::uint8_t>(info.visibility));
  out.setSignedBits(static_cast<std::uint8_t>(info.signed_bits));
  out.setOwner(info.owner ? static_cast<std::uint16_t>(index(*info.owner) + 1) : std::uint16_t{0});
}

void write(schema::Attributes::Builder out, const ops::Attributes& a) {
  auto size = [](const auto& list) { return static_cast<unsigned>(list.size()); };
  if (!a.dimensions.empty()) write(out.initDimensions(size(a.dimensions)), a.dimensions);
  if (!a.start.empty()) write(out.initStart(size(a.start)), a.start);
  if (!a.limit.empty()) write(out.initLimit(size(a.limit)), a.limit);
  if (!a.stride.empty()) write(out.initStride(size(a.stride)), a.stride);
  if (!a.low.empty()) write(out.initLow(size(a.low)), a.low);
  if (!a.high.empty()) write(out.initHigh(size(a.high)), a.high);
  if (!a.interior.empty()) write(out.initInterior(size(a.interior)), a.interior);
  if (!a.sizes.empty()) write(out.initSizes(size(a.sizes)), a.sizes);
  const auto& dot = a.dot;
  if (!dot.lhs_contracting.empty())
    write(out.initLhsContracting(size(dot.lhs_contracting)), dot.lhs_contracting);
  if (!dot.rhs_contracting.empty())
    write(out.initRhsContracting(size(dot.rhs_contracting)), dot.rhs_contracting);
  if (!dot.lhs_batch.empty()) write(out.initLhsBatch(size(dot.lhs_batch)), dot.lhs_batch);
  if (!dot.rhs_batch.empty()) write(out.initRhsBatch(size(dot.rhs_batch)), dot.rhs_batch);
  out.setComparison(static_cast<std::uint8_t>(a.comparison));
  out.setReducer(static_cast<std::uint8_t>(a.reducer));
  if (a.dtype != ops::Attributes{}.dtype) out.setDtype(to_string(a.dtype));
  if (a.literal) {
    auto literal = out.initLiteral();
    write(literal.initType(), a.literal->type());
    auto bytes = a.literal->bytes();
    literal.setElements({reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()});
  }
}

void write(schema::Region::Builder out, const Region& region) {
  out.setParameterCount(region.parameter_count);
  auto values = out.initValues(static_cast<unsigned>(region.values.size()));
  for (unsigned i = 0; i < values.size(); ++i) write(values[i], region.values[i]);
  auto instructions = out.initInstructions(static_cast<unsigned>(region.instructions.size()));
  for (unsigned i = 0; i < instructions.size(); ++i) {
    const auto& from = region.instructions[i];
    auto to = instructions[i];
    to.setOpcode(static_cast<std::uint16_t>(from.opcode));
    write(to.initOperands(static_cast<unsigned>(from.operands.size())), from.operands);
    to.setResultCount(from.result_count);
    auto regions = to.initRegions(static_cast<unsigned>(from.regions.size()));
    for (unsigned r = 0; r < regions.size(); ++r) write(regions[r], from.regions[r]);
    write(to.initAttributes(), from.attributes);
    to.setOrigin(from.origin);
  }
  write(out.initResults(static_cast<unsigned>(region.results.size())), region.results);
}

// Reading. Cap'n Proto reports by exceptions, some of them late; Refused joins them, and decode() catches
// both.

struct Refused {
  Error error;
};

[[noreturn]] void refuse(std::string what, std::string expected = {}) {
  throw Refused{Error{ErrorCode::kCorrupt, std::move(what), "", std::move(expected), "", ""}};
}

template <class T>
T checked(Result<T> result) {
  if (!result) {
    result.error().code = ErrorCode::kCorrupt;
    throw Refused{std::move(result.error())};
  }
  return std::move(*result);
}

template <class T>
std::vector<T> read_list(typename ::capnp::List<T>::Reader list) {
  // Lists of integers lie in the message in full, so their length is bounded by its size.
  std::vector<T> out;
  out.reserve(list.size());
  for (T item : list) out.push_back(item);
  return out;
}

std::string read_text(::capnp::Text::Reader text, const char* field) {
  bool printable = std::all_of(text.begin(), text.end(),
                               [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  if (text.size() > kTextBytes || !printable) {
    refuse(std::string(field) + " is not a short line of text",
           "at most " + std::to_string(kTextBytes) + " bytes");
  }
  return std::string(text.begin(), text.end());
}

TensorType read_type(schema::TensorType::Reader in) {
  auto name = read_text(in.getDtype(), "dtype");
  if (in.getShape().size() > limits::kTensorRank)
    refuse("a shape of rank " + std::to_string(in.getShape().size()));
  TensorType type{checked(dtype_from_string(name)), read_list<std::int64_t>(in.getShape())};
  if (auto status = verify_shape(type.shape); !status) throw Refused{std::move(status.error())};
  return type;
}

ValueInfo read_info(schema::Value::Reader in) {
  auto visibility = in.getVisibility();
  if (visibility != static_cast<int>(Visibility::kPublic) &&
      visibility != static_cast<int>(Visibility::kSecret)) {
    refuse("visibility " + std::to_string(visibility), "0 or 2");
  }
  ValueInfo info{read_type(in.getType()), static_cast<Visibility>(visibility), in.getSignedBits()};
  if (in.getOwner() > 0) info.owner = Rank{in.getOwner() - 1u};
  return info;
}

Literal read_literal(schema::Literal::Reader in) {
  auto type = read_type(in.getType());
  auto elements = in.getElements();
  std::size_t expected = static_cast<std::size_t>(type.elements()) * byte_width(type.dtype);
  if (elements.size() != expected) {
    refuse("a literal of " + std::to_string(elements.size()) + " bytes", std::to_string(expected));
  }
  Bytes bytes(expected);
  if (expected > 0) std::memcpy(bytes.data(), elements.begin(), expected);
  if (type.dtype == DType::kPred) {
    for (auto b : bytes) {
      if (std::to_integer<unsigned>(b) > 1) refuse("a pred that is neither 0 nor 1");
    }
  }
  return Literal(std::move(type), std::move(bytes));
}

ops::Attributes read_attributes(schema::Attributes::Reader in) {
  ops::Attributes a;
  a.dimensions = read_list<std::int64_t>(in.getDimensions());
  a.start = read_list<std::int64_t>(in.getStart());
  a.limit = read_list<std::int64_t>(in.getLimit());
  a.stride = read_list<std::int64_t>(in.getStride());
  a.low = read_list<std::int64_t>(in.getLow());
  a.high = read_list<std::int64_t>(in.getHigh());
  a.interior = read_list<std::int64_t>(in.getInterior());
  a.sizes = read_list<std::int64_t>(in.getSizes());
  a.dot.lhs_contracting = read_list<std::int64_t>(in.getLhsContracting());
  a.dot.rhs_contracting = read_list<std::int64_t>(in.getRhsContracting());
  a.dot.lhs_batch = read_list<std::int64_t>(in.getLhsBatch());
  a.dot.rhs_batch = read_list<std::int64_t>(in.getRhsBatch());
  if (in.getComparison() > static_cast<unsigned>(ops::Comparison::kTotalLt)) refuse("an unknown comparison");
  if (in.getReducer() > static_cast<unsigned>(ops::Reducer::kLast)) refuse("an unknown reducer");
  a.comparison = static_cast<ops::Comparison>(in.getComparison());
  a.reducer = static_cast<ops::Reducer>(in.getReducer());
  if (in.hasDtype()) a.dtype = checked(dtype_from_string(read_text(in.getDtype(), "dtype")));
  if (in.hasLiteral()) a.literal = read_literal(in.getLiteral());
  return a;
}

Region read_region(schema::Region::Reader in, std::size_t depth) {
  if (depth > limits::kRegionNestingDepth) refuse("regions nest too deeply");
  Region region;
  region.parameter_count = in.getParameterCount();
  for (auto value : in.getValues()) region.values.push_back(read_info(value));
  std::uint64_t next = region.parameter_count;
  for (auto from : in.getInstructions()) {
    Instruction to;
    auto opcode = ops::opcode_from_number(from.getOpcode());
    if (!opcode) refuse("opcode number " + std::to_string(from.getOpcode()), "one of ops::Opcode");
    to.opcode = *opcode;
    to.operands = read_list<std::uint32_t>(from.getOperands());
    to.first_result = static_cast<ValueId>(next);
    to.result_count = from.getResultCount();
    next += to.result_count;
    if (next > region.values.size()) refuse("an instruction has more results than values are described");
    for (auto nested : from.getRegions()) to.regions.push_back(read_region(nested, depth + 1));
    to.attributes = read_attributes(from.getAttributes());
    to.origin = read_text(from.getOrigin(), "origin");
    region.instructions.push_back(std::move(to));
  }
  region.results = read_list<std::uint32_t>(in.getResults());
  return region;
}

Plan read_plan(schema::Plan::Reader in) {
  if (in.getVersion() != kPlanVersion) {
    refuse("version " + std::to_string(in.getVersion()), "version " + std::to_string(kPlanVersion));
  }
  Plan plan;
  auto program = in.getProgram().getBytes();
  if (program.size() != plan.program.bytes.size())
    refuse("a digest of " + std::to_string(program.size()) + " bytes");
  std::memcpy(plan.program.bytes.data(), program.begin(), program.size());
  plan.compiler_version = read_text(in.getCompilerVersion(), "compilerVersion");
  plan.ring_bits = in.getRingBits();
  plan.fraction_bits = in.getFractionBits();
  if (in.getInputs().size() > limits::kParametersPerProgram) refuse("too many inputs");
  for (auto input : in.getInputs()) {
    plan.inputs.push_back({"in" + std::to_string(plan.inputs.size()), read_info(input)});
  }
  plan.main = read_region(in.getMain(), 0);
  return plan;
}

}  // namespace

Bytes encode(const Plan& plan) {
  ::capnp::MallocMessageBuilder message;
  auto out = message.initRoot<schema::Plan>();
  out.setVersion(kPlanVersion);
  const auto& program = plan.program.bytes;
  out.initProgram().setBytes({reinterpret_cast<const kj::byte*>(program.data()), program.size()});
  out.setCompilerVersion(plan.compiler_version);
  out.setRingBits(static_cast<std::uint16_t>(plan.ring_bits));
  out.setFractionBits(static_cast<std::uint16_t>(plan.fraction_bits));
  auto inputs = out.initInputs(static_cast<unsigned>(plan.inputs.size()));
  for (unsigned i = 0; i < inputs.size(); ++i) write(inputs[i], plan.inputs[i].info);
  write(out.initMain(), plan.main);
  auto words = ::capnp::messageToFlatArray(message);
  auto bytes = words.asBytes();
  Bytes result(bytes.size());
  std::memcpy(result.data(), bytes.begin(), bytes.size());
  return result;
}

Result<Plan> decode(ByteView bytes) {
  auto corrupt = [](std::string what, std::string expected) {
    return fail(ErrorCode::kCorrupt, std::move(what), "plan", std::move(expected));
  };
  if (bytes.empty() || bytes.size() % sizeof(::capnp::word) != 0 || bytes.size() > kPlanBytes) {
    return corrupt(std::to_string(bytes.size()) + " bytes",
                   "whole 8-byte words, at most " + std::to_string(kPlanBytes) + " bytes");
  }
  Plan plan;
  try {
    // Cap'n Proto reads words in place, so they must lie aligned.
    auto words = kj::heapArray<::capnp::word>(bytes.size() / sizeof(::capnp::word));
    std::memcpy(words.begin(), bytes.data(), bytes.size());
    ::capnp::ReaderOptions options;
    options.traversalLimitInWords = 2 * words.size() + 64;
    options.nestingLimit =
        kPointersPerNesting * static_cast<int>(limits::kRegionNestingDepth) + kPointersBelowInstruction;
    ::capnp::FlatArrayMessageReader reader(words, options);
    plan = read_plan(reader.getRoot<schema::Plan>());
  } catch (const Refused& refused) {
    Error error = refused.error;
    return std::unexpected(std::move(error).in("plan"));
  } catch (const kj::Exception&) {
    return corrupt("not a well-formed message", "bytes of schemas/plan.capnp");
  }
  SPUD_TRY(verify(plan));
  return plan;
}

}  // namespace spud::ir
