// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "schemas/control.capnp.h"
#include "service/dataset.hpp"
#include "service/job.hpp"
#include "service/stock/tape.hpp"
#include "service/wire/frame.hpp"

/// The structs of schemas/control.capnp. read() functions throw Refused on a field out of bounds; only code
/// that runs under read_message calls them.
namespace spud::service::wire {

std::string read_text(const char* field, capnp::Text::Reader text);
/// Text that must be a name.
std::string read_name(const char* field, capnp::Text::Reader text);
Digest read_digest(const char* field, capnp::Data::Reader data);
inline capnp::Data::Reader data_of(ByteView bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}
inline capnp::Data::Reader data_of(const Digest& digest) {
  return data_of(ByteView(digest.bytes));
}
Bytes read_bytes(capnp::Data::Reader data);

void write(const Error& error, schema::Problem::Builder out);
Error read(schema::Problem::Reader in);

void write(const TensorType& type, schema::TensorType::Builder out);
TensorType read(schema::TensorType::Reader in);

void write(const alu::ElementFormat& format, schema::ElementFormat::Builder out);
alu::ElementFormat read(schema::ElementFormat::Reader in);

void write(const Fields& fields, capnp::List<schema::Field>::Builder out);
Fields read(capnp::List<schema::Field>::Reader in);

void write(const Member& member, schema::Member::Builder out);
Member read(schema::Member::Reader in);

void write(const Device& device, schema::Device::Builder out);
Device read(schema::Device::Reader in);

void write(const Statement& statement, schema::Statement::Builder out);
Statement read(schema::Statement::Reader in);

void write(const Dataset& dataset, schema::Dataset::Builder out);
Dataset read(schema::Dataset::Reader in);

void write(const TapeId& id, schema::TapeId::Builder out);
TapeId read(schema::TapeId::Reader in);

void write(const stock::StockTape& tape, schema::StockTape::Builder out);
stock::StockTape read(schema::StockTape::Reader in);

void write(const stock::StockTapes& tapes, capnp::List<schema::StockTape>::Builder out);
stock::StockTapes read(capnp::List<schema::StockTape>::Reader in);

void write(const PublicInput& open, schema::PublicInput::Builder out);
PublicInput read(schema::PublicInput::Reader in);

void write(const JobRequest& request, schema::JobRequest::Builder out);
JobRequest read(schema::JobRequest::Reader in);

void write(const Measures& measures, capnp::List<schema::Measure>::Builder out);
Measures read(capnp::List<schema::Measure>::Reader in);

void write(const JobProgress& progress, schema::Progress::Builder out);
JobProgress read(schema::Progress::Reader in);

void write(const Job& job, schema::Job::Builder out);
Job read(schema::Job::Reader in);

void write_outputs(const std::vector<OutputBinding>& outputs, capnp::List<schema::Output>::Builder out);
std::vector<OutputBinding> read_outputs(capnp::List<schema::Output>::Reader in);

Layout read_layout(unsigned number);
Protocol read_protocol(unsigned number);

}  // namespace spud::service::wire
