// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schemas/trace.capnp.h"
#include "service/wire/control_codec.hpp"
#include "service/wire/trace_codec.hpp"

/// The two structs of schemas/trace.capnp that are parts of others' messages.
namespace spud::service::wire {

inline void write(const FetchTrace& fetch, schema::FetchTrace::Builder out) {
  out.setJob(fetch.job.str());
  out.setAttempt(fetch.attempt);
  out.setOffset(fetch.offset);
}
inline FetchTrace read(schema::FetchTrace::Reader in) {
  return {JobId(read_name("fetchTrace.job", in.getJob())), in.getAttempt(), in.getOffset()};
}

inline void write(const TracePage& page, schema::TracePage::Builder out) {
  out.setNowMicros(page.now_micros);
  out.setTotal(page.total);
  out.setOffset(page.offset);
  out.setData(data_of(page.data));
}
inline TracePage read(schema::TracePage::Reader in) {
  if (in.getTotal() > kBytesPerTrace) throw Refused{"trace.total", std::to_string(in.getTotal())};
  if (in.getData().size() > kBytesPerTracePage) throw Refused{"trace.data", "more than a page"};
  return {in.getNowMicros(), in.getTotal(), in.getOffset(), read_bytes(in.getData())};
}

}  // namespace spud::service::wire
