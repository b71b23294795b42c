// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "ir/plan.hpp"

namespace spud::ir {

/// The canonical byte form of plans. Equal bytes mean equal meaning, on every machine and with every version
/// of every library: integers are big-endian, lists and texts are preceded by their length, a literal stands
/// as its type and the SHA-256 of its elements. Origins are left out. The form is only ever hashed or
/// compared, never read back.
void append_canonical(Bytes& out, const Instruction& instruction);
void append_canonical(Bytes& out, const Region& region);
void append_canonical(Bytes& out, const Plan& plan);

/// SHA-256 of a plan's canonical form: what nodes compare before a run. Covers everything but origins.
Digest digest(const Plan& plan);

}  // namespace spud::ir
