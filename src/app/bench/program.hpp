// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "io/meta.hpp"

namespace spud::app::bench {

/// A program with what its meta.json says of its inputs.
struct Program {
  std::string name;
  Bytes hlo;
  io::Meta meta;
  std::string inputs_file;  ///< inputs.npz beside the program; empty: there is none, inputs are drawn
};

/// Reads a program, but not its inputs: `argument` is a folder with program.hlo.pb and meta.json, the
/// program's file with a meta.json beside it, or the name of a folder in `library`.
Result<Program> load_program(const std::string& argument, const std::string& library, unsigned parties);

/// The names of all programs in a folder of programs, sorted.
Result<std::vector<std::string>> list_programs(const std::string& library);

/// tests/bench/programs of the checkout that this binary was built in, or of the working folder.
std::string default_library();

}  // namespace spud::app::bench
