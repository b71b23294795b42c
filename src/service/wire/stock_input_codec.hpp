// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schemas/node.capnp.h"
#include "service/wire/node_codec.hpp"

/// Types of a program's inputs, which nodes and the scheduler are sent alike. read() throws Refused.
namespace spud::service::wire {

void write(const std::vector<StockInput>& inputs, capnp::List<schema::StockInput>::Builder out);
std::vector<StockInput> read(capnp::List<schema::StockInput>::Reader in);

}  // namespace spud::service::wire
