// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(__x86_64__)

#include "system/crypto/counter_aes.hpp"

// The kernels of CounterAes in the instructions of x86. Call one only where has_…() says so.
namespace spud::crypto::x86 {

bool has_aesni();
bool has_vaes();

/// The other round keys from the first. In instructions, because a table would be read at secret places.
void expand(AesSchedule& schedule);

void fill_aesni(const AesSchedule& schedule, std::uint64_t high, std::uint64_t low, MutableBytes out);
void fill_vaes(const AesSchedule& schedule, std::uint64_t high, std::uint64_t low, MutableBytes out);

}  // namespace spud::crypto::x86

#endif
