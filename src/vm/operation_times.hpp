// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "ops/op.hpp"
#include "vm/ledger.hpp"
#include "vm/time_sheet.hpp"

namespace spud::vm {

/// What operations took in all runs whose times were added: how often each was executed, and for how long
/// threads computed for it, waiting for the dealer's corrections included and for peers not. Any thread.
class OperationTimes {
 public:
  static constexpr std::size_t kOpcodes = 256;  ///< their numbers are below

  struct Figures {
    std::uint64_t runs = 0;
    double seconds = 0;
  };

  /// A run of the ledger's plan is over, however it ended.
  void add(const Ledger& ledger, const std::vector<InstructionTime>& times);
  /// nullopt: what no operation asked for.
  Figures figures(std::optional<ops::Opcode> operation) const;

 private:
  struct Slot {
    std::atomic<std::uint64_t> runs{0}, nanos{0};
    void add(const InstructionTime& time);
  };
  static std::size_t place(std::optional<ops::Opcode> operation) {
    return operation ? static_cast<std::size_t>(*operation) : 0;
  }

  std::array<Slot, kOpcodes> slots_;
};

}  // namespace spud::vm
