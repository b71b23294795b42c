// SPDX-License-Identifier: Apache-2.0
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include "base/limits.hpp"
#include "correlation/demand.hpp"
#include "schemas/demand.capnp.h"
#include "system/crypto/sha256.hpp"

namespace spud::correlation {
namespace {

constexpr std::uint16_t kVersion = 2;
constexpr unsigned kLoopDepth = 16;
constexpr std::size_t kOperandsPerStep = 64;
constexpr std::size_t kBytesPerDemand = 256u << 20;

template <class Builder, class Values>
void put(Builder list, const Values& values) {
  unsigned i = 0;
  for (auto value : values) list.set(i++, static_cast<std::int64_t>(value));
}

void write(const Instruction& in, schema::Instruction::Builder out) {
  out.setOp(static_cast<std::uint8_t>(in.op));
  put(out.initShape(static_cast<unsigned>(in.shape.size())), in.shape);
  put(out.initNumbers(static_cast<unsigned>(in.numbers.size())), in.numbers);
  put(out.initOperands(static_cast<unsigned>(in.operands.size())), in.operands);
  if (!in.name.empty()) out.setName(in.name);
  if (in.map) {
    auto map = out.initMap();
    map.setKind(static_cast<std::uint8_t>(in.map->kind));
    put(map.initShape(static_cast<unsigned>(in.map->shape.size())), in.map->shape);
    put(map.initAxes(static_cast<unsigned>(in.map->axes.size())), in.map->axes);
    put(map.initStart(static_cast<unsigned>(in.map->start.size())), in.map->start);
    put(map.initStep(static_cast<unsigned>(in.map->step.size())), in.map->step);
  }
}

void write(std::span<const Step> in, capnp::List<schema::Step>::Builder out) {
  for (unsigned i = 0; i < in.size(); ++i) {
    if (!in[i].is_loop()) {
      write(in[i].instruction, out[i].initInstruction());
      continue;
    }
    auto loop = out[i].initLoop();
    loop.setTurns(in[i].turns);
    write(in[i].body, loop.initBody(static_cast<unsigned>(in[i].body.size())));
    put(loop.initGrowth(static_cast<unsigned>(in[i].growth.size())), in[i].growth);
  }
}

std::unexpected<Error> refuse(const std::string& what) {
  return fail(ErrorCode::kPeerFault, what, "demand");
}

std::vector<std::int64_t> get(capnp::List<std::int64_t>::Reader list) {
  std::vector<std::int64_t> out;
  for (auto value : list) out.push_back(value);
  return out;
}

Result<Instruction> read(schema::Instruction::Reader in) {
  Instruction out;
  out.op = static_cast<Op>(in.getOp());
  if (std::string(to_string(out.op)) == "unknown")
    return refuse("unknown instruction " + std::to_string(in.getOp()));
  if (in.getShape().size() > limits::kTensorRank || in.getNumbers().size() > 8 ||
      in.getOperands().size() > kOperandsPerStep || in.getName().size() > 256) {
    return refuse("an instruction has too many parameters");
  }
  out.shape = get(in.getShape());
  out.numbers = get(in.getNumbers());
  out.name = in.getName();
  for (auto operand : in.getOperands()) {
    out.operands.push_back(static_cast<RegisterId>(operand));
  }
  if (in.hasMap()) {
    auto map = in.getMap();
    for (auto size :
         {map.getShape().size(), map.getAxes().size(), map.getStart().size(), map.getStep().size()}) {
      if (size > limits::kTensorRank) return refuse("a linear map has too many parameters");
    }
    out.map = ring::LinearMap{.kind = static_cast<ring::LinearMap::Kind>(map.getKind()),
                              .shape = get(map.getShape()),
                              .axes = get(map.getAxes()),
                              .start = get(map.getStart()),
                              .step = get(map.getStep())};
  }
  return out;
}

Result<std::vector<Step>> read(capnp::List<schema::Step>::Reader in, unsigned depth) {
  if (depth > kLoopDepth) return refuse("loops are nested too deep");
  if (in.size() > limits::kInstructionsPerProgram) return refuse("too many steps");
  std::vector<Step> out(in.size());
  for (unsigned i = 0; i < in.size(); ++i) {
    if (in[i].isInstruction()) {
      SPUD_ASSIGN(out[i].instruction, read(in[i].getInstruction()));
    } else if (in[i].isLoop()) {
      auto loop = in[i].getLoop();
      out[i].turns = loop.getTurns();
      SPUD_ASSIGN(out[i].body, read(loop.getBody(), depth + 1));
      out[i].growth = get(loop.getGrowth());
      if (out[i].body.empty() || out[i].turns == 0) return refuse("an empty loop");
      if (out[i].growth.size() != number_count(out[i]))
        return refuse("a loop whose growth does not fit its body");
    } else {
      return refuse("a step that is neither instruction nor loop");
    }
  }
  return out;
}

Result<Demand> read(schema::Demand::Reader in) {
  if (in.getVersion() != kVersion) {
    return refuse("version " + std::to_string(in.getVersion()) + " is not known; this build reads " +
                  std::to_string(kVersion));
  }
  if (in.getParties() < 2 || in.getParties() > limits::kPartiesPerDevice)
    return refuse("impossible number of parties");
  Demand out;
  out.parties = in.getParties();
  SPUD_ASSIGN(out.steps, read(in.getSteps(), 0));
  return out;
}

}  // namespace

Bytes encode(const Demand& demand) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::Demand>();
  root.setVersion(kVersion);
  root.setParties(static_cast<std::uint8_t>(demand.parties));
  write(demand.steps, root.initSteps(static_cast<unsigned>(demand.steps.size())));
  auto words = capnp::canonicalize(root.asReader());
  auto bytes = words.asBytes();
  return Bytes(reinterpret_cast<const std::byte*>(bytes.begin()),
               reinterpret_cast<const std::byte*>(bytes.end()));
}

Result<Demand> decode_demand(ByteView bytes) {
  if (bytes.size() % sizeof(capnp::word) != 0 || bytes.size() > kBytesPerDemand)
    return refuse("impossible length");
  // The reader wants aligned words; the caller's bytes may lie anywhere.
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte*>(words.begin()));
  try {
    kj::ArrayPtr<const capnp::word> segments[1] = {words.asPtr()};
    capnp::SegmentArrayMessageReader reader(
        kj::arrayPtr(segments, 1),
        {.traversalLimitInWords = 2 * words.size() + 64, .nestingLimit = 4 * static_cast<int>(kLoopDepth)});
    return read(reader.getRoot<schema::Demand>());
  } catch (const kj::Exception& e) {
    return refuse(std::string("malformed: ") + e.getDescription().cStr());
  }
}

Digest digest(const Demand& demand) {
  return crypto::sha256(encode(demand));
}

}  // namespace spud::correlation
