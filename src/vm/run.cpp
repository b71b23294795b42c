// SPDX-License-Identifier: Apache-2.0
#include "vm/run.hpp"

#include <algorithm>

#include "correlation/party_source.hpp"
#include "correlation/recorder.hpp"
#include "vm/interpreter.hpp"

namespace spud::vm {

using ops::Value;
using protocol::Task;

namespace {

alu::NumberFormat format_of(const ir::Plan& plan) {
  return {plan.ring_bits, plan.fraction_bits};
}

std::uint64_t plain_bytes(const TensorType& type) {
  return static_cast<std::uint64_t>(type.elements()) * byte_width(type.dtype);
}

/// What an output takes beside the tensor it is made of: as bytes, and again on its way to the store.
std::uint64_t carried_bytes(const TensorType& type, const alu::ElementFormat& format) {
  return 2 * alu::stored_bytes(type, format);
}

/// The whole program as one kernel: inputs become values, outputs become shares.
Task<std::vector<Output>> whole(Desk desk, const ir::Plan& plan, const std::vector<Input>& inputs) {
  const bool on_shapes = desk.on_shapes;
  Interpreter interpreter(desk, format_of(plan));
  auto& p = desk.protocol;
  std::vector<Value> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (const auto* literal = std::get_if<Literal>(&inputs[i])) {
      values.push_back(Value::of(*literal));
      continue;
    }
    if (const auto* kept = std::get_if<PrivateInput>(&inputs[i])) {
      ops::Private tensor(kept->owner, on_shapes ? std::nullopt : kept->value);
      if (on_shapes && kept->owner == desk.seat.rank)
        tensor = ops::Private(kept->owner, plain_bytes(kept->type));
      values.push_back(Value{kept->type, std::move(tensor)});
      continue;
    }
    const auto& share = std::get<alu::StoredShare>(inputs[i]);
    // Named arguments: g++ 12 destroys a conditional's temporaries twice inside a co_await expression.
    const auto& f = share.format;
    if (f.boolean) {
      ring::BitTensor mine = on_shapes ? ring::BitTensor::phantom(share.type.shape)
                                       : ring::BitTensor::from_bytes(share.type.shape, share.data);
      auto bits_task = p.input_bits(mine);
      protocol::Boolean bits = co_await bits_task;
      values.push_back(Value{share.type, bits});
    } else {
      ring::Tensor mine = on_shapes ? ring::Tensor::phantom(f.ring_bits, share.type.shape)
                                    : ring::Tensor::from_bytes(f.ring_bits, share.type.shape, share.data);
      auto words_task = p.input(mine);
      protocol::Arith words = co_await words_task;
      values.push_back(Value{share.type, alu::Fixed{words, f.fraction_bits}});
    }
  }
  auto results_task = interpreter.run(plan.main, std::move(values));
  std::vector<Value> results = co_await results_task;
  std::vector<Output> outputs;
  std::vector<Footprint> carried;
  for (const auto& kept : results) {
    // What one party has may be for others.
    auto result_task = interpreter.machine().shared(kept);
    Value result = co_await result_task;
    if (result.is_public()) {
      outputs.emplace_back(result.literal());
      continue;
    }
    const auto f = alu::element_format(result.type.dtype, format_of(plan));
    if (on_shapes) carried.emplace_back(carried_bytes(result.type, f));
    if (f.boolean) {
      ring::BitTensor bits = p.output_bits(result.bits());
      ByteView bytes = on_shapes ? ByteView{} : bits.bytes();
      outputs.emplace_back(alu::StoredShare{result.type, f, Bytes(bytes.begin(), bytes.end())});
    } else {
      SPUD_CHECK(result.number().fraction_bits == f.fraction_bits, "every value leaves in its type's format");
      ring::Tensor words = p.output(result.number().share).dense();
      ByteView bytes = on_shapes ? ByteView{} : words.bytes();
      outputs.emplace_back(alu::StoredShare{result.type, f, Bytes(bytes.begin(), bytes.end())});
    }
  }
  co_return outputs;
}

}  // namespace

namespace {

const TensorType& type_of(const Input& input) {
  if (const auto* literal = std::get_if<Literal>(&input)) return literal->type();
  if (const auto* kept = std::get_if<PrivateInput>(&input)) return kept->type;
  return std::get<alu::StoredShare>(input).type;
}

std::string describe(bool is_public, std::optional<Rank> owner) {
  if (is_public) return "public";
  return owner ? "private:" + std::to_string(index(*owner)) : "secret";
}

}  // namespace

Status verify_inputs(const ir::Plan& plan, const std::vector<Input>& inputs, Rank rank, bool with_data) {
  if (inputs.size() != plan.inputs.size()) {
    return bad_input(std::to_string(inputs.size()) + " inputs", "program",
                     std::to_string(plan.inputs.size()));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& want = plan.inputs[i];
    const bool is_public = std::holds_alternative<Literal>(inputs[i]);
    const auto* kept = std::get_if<PrivateInput>(&inputs[i]);
    const std::string is = describe(is_public, kept != nullptr ? std::optional(kept->owner) : std::nullopt);
    const std::string wanted = describe(want.info.visibility == ir::Visibility::kPublic, want.info.owner);
    if (is != wanted) return bad_input("is " + is, want.name, wanted);
    const TensorType& type = type_of(inputs[i]);
    if (type != want.info.type)
      return bad_input("has type " + to_string(type), want.name, to_string(want.info.type));
    if (kept != nullptr && with_data) {
      if (kept->value.has_value() != (kept->owner == rank)) {
        return fail(ErrorCode::kInternal, kept->value ? "is another party's" : "is not there", want.name,
                    "held by its owner alone");
      }
      if (kept->value && kept->value->type() != type)
        return fail(ErrorCode::kCorrupt, "holds " + to_string(kept->value->type()), want.name,
                    to_string(type));
    }
    if (is_public || kept != nullptr) continue;
    const auto& share = std::get<alu::StoredShare>(inputs[i]);
    const auto format = alu::element_format(type.dtype, format_of(plan));
    if (share.format != format) {
      return bad_input("is held with " + std::to_string(share.format.ring_bits) + " bits, " +
                           std::to_string(share.format.fraction_bits) + " of them fraction",
                       want.name,
                       std::to_string(format.ring_bits) + " bits, " + std::to_string(format.fraction_bits) +
                           " of them fraction");
    }
    if (with_data && share.data.size() != alu::stored_bytes(type, format)) {
      return fail(ErrorCode::kCorrupt, "holds " + std::to_string(share.data.size()) + " bytes", want.name,
                  std::to_string(alu::stored_bytes(type, format)) + " bytes");
    }
  }
  return {};
}

Input shape_of(const ir::InputSpec& input, const alu::NumberFormat& format) {
  const auto& type = input.info.type;
  if (input.info.owner) return PrivateInput{*input.info.owner, type, std::nullopt};
  return alu::StoredShare{type, alu::element_format(type.dtype, format), {}};
}

namespace {

/// What lies ready for the run as long as it takes; the largest twice, since it is copied as it is loaded.
std::uint64_t input_bytes(const ir::Plan& plan, const std::vector<Input>& inputs, Rank rank) {
  std::uint64_t all = 0, largest = 0;
  for (const auto& input : inputs) {
    std::uint64_t bytes = 0;
    if (const auto* kept = std::get_if<PrivateInput>(&input)) {
      // The run's own values share its memory, which was counted there.
      if (kept->owner != rank) continue;
      largest = std::max(largest, plain_bytes(kept->type));
      continue;
    }
    const TensorType& type = type_of(input);
    bytes = std::holds_alternative<Literal>(input)
                ? plain_bytes(type)
                : alu::stored_bytes(type, alu::element_format(type.dtype, format_of(plan)));
    all += bytes;
    largest = std::max(largest, bytes);
  }
  return all + largest;
}

}  // namespace

Result<Forecast> forecast(const ir::Plan& plan, const Seat& seat, const std::vector<Input>& inputs,
                          Ledger* ledger) {
  SPUD_TRY(verify_inputs(plan, inputs, seat.rank, false));
  auto shapes = run_on_shapes<std::vector<Output>>(
      seat, [&](Desk desk) { return whole(desk, plan, inputs); }, ledger);
  if (!shapes) return std::unexpected(std::move(shapes).error());
  SPUD_ASSIGN(auto dealt, correlation::cost(shapes->demand));
  const auto tape = std::min<std::uint64_t>(dealt.tape_bytes, limits::kTapeBufferBytes);
  // What kernels allocate besides, for a step or a block at a time, is not counted where it happens.
  const auto held = shapes->peak_bytes + 2 * shapes->peak_bytes / 5;
  return Forecast{std::move(shapes->demand), dealt, shapes->traffic, shapes->instructions,
                  held + input_bytes(plan, inputs, seat.rank) + tape};
}

Result<RunResult> run(const ir::Plan& plan, Attempt attempt, std::vector<Input> inputs,
                      const RoundExecutor::Observer& observer) {
  const Seat seat = attempt.seat;
  SPUD_TRY(verify_inputs(plan, inputs, seat.rank, true));
  // With a pair's key missing, what is refreshed would show something, and nothing would fail.
  if (needs_dealer(seat.protocol) && attempt.pair_keys.size() + 1 != seat.parties) {
    return fail(ErrorCode::kInternal, std::to_string(attempt.pair_keys.size()) + " pair keys", "attempt",
                std::to_string(seat.parties - 1));
  }
  // ref2k asks for no correlations, so an empty tape serves it.
  correlation::MemoryTape nothing;
  correlation::PartySource source(seat.rank, seat.parties, attempt.seed,
                                  attempt.tape != nullptr ? attempt.tape : &nothing);
  RoundExecutor executor(seat.rank, seat.parties, attempt.network);
  executor.watch(source);
  if (observer) executor.observe(observer);
  if (attempt.progress != nullptr) executor.report(*attempt.progress);
  // Nobody wants its costs: it says whom a kernel runs for, should that fail.
  Ledger ledger(plan);
  TimeSheet* times = attempt.times;
  if (times != nullptr) {
    times->watch(attempt.tape);
    times->open(ledger.entries().size() + 1);
    executor.time(*times);
  }
  executor.name_accounts([&](protocol::Account account) { return ledger.name_of(account); });
  auto protocol =
      make_protocol(seat, source, executor, protocol::ZeroShares(seat.rank, std::move(attempt.pair_keys)));
  auto outputs = executor.run(
      whole(Desk{seat, *protocol, executor, source, false, &ledger, attempt.progress, times}, plan, inputs));
  if (times != nullptr) times->close();
  if (!outputs) return std::unexpected(std::move(outputs).error());
  return RunResult{std::move(*outputs), executor.traffic(), source.tape_bytes()};
}

Result<SimulatedRun> run_all(const ir::Plan& plan, ProtocolKind kind, unsigned parties, Random& random,
                             const std::vector<std::vector<Input>>& inputs_by_rank,
                             const net::LinkShape& link) {
  SPUD_CHECK(inputs_by_rank.size() == parties, "every party has inputs");
  for (unsigned p = 0; p < parties; ++p) SPUD_TRY(verify_inputs(plan, inputs_by_rank[p], Rank{p}, true));
  auto local = run_locally<std::vector<Output>>(
      kind, parties, random,
      [&](Desk desk) { return whole(desk, plan, inputs_by_rank[index(desk.seat.rank)]); }, {}, link);
  if (!local) return std::unexpected(std::move(local).error());
  return SimulatedRun{std::move(local->results), std::move(local->traffic), local->tape_bytes};
}

}  // namespace spud::vm
