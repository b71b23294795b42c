// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <type_traits>

#include <caf/all.hpp>

#include "service/scheduler/attempt_state.hpp"
#include "service/scheduler/job_book.hpp"
#include "service/scheduler/stock_book.hpp"
#include "service/wire/node_codec.hpp"
#include "service/wire/scheduler_codec.hpp"
#include "system/crypto/identity.hpp"

namespace spud::actors {

/// What a handler answers: a value or an error, always one of them.
template <class T>
using Outcome = Result<T>;

/// Bulk bytes of a request: shared, never copied from actor to actor.
using Payload = std::shared_ptr<const Bytes>;

}  // namespace spud::actors

/// Messages stay within one process, so CAF need not serialise them: our own types pass as they are.
/// Everything that is mutable or large travels as shared_ptr<const T>.
namespace caf {
template <class T>
struct allowed_unsafe_message_type<spud::Result<T>> : std::true_type {};
template <class T>
struct allowed_unsafe_message_type<std::shared_ptr<T>> : std::true_type {};
}  // namespace caf

#define SPUD_MESSAGE(type) \
  template <>              \
  struct caf::allowed_unsafe_message_type<type> : std::true_type {}

SPUD_MESSAGE(spud::crypto::Identity);
SPUD_MESSAGE(spud::service::wire::Announce);
SPUD_MESSAGE(spud::service::wire::ListNodes);
SPUD_MESSAGE(spud::service::wire::CreateDevice);
SPUD_MESSAGE(spud::service::wire::ListDevices);
SPUD_MESSAGE(spud::service::wire::ShowDevice);
SPUD_MESSAGE(spud::service::wire::DropDevice);
SPUD_MESSAGE(spud::service::wire::ReplaceDevice);
SPUD_MESSAGE(spud::service::wire::SubmitJob);
SPUD_MESSAGE(spud::service::wire::ShowJob);
SPUD_MESSAGE(spud::service::wire::ListJobs);
SPUD_MESSAGE(spud::service::wire::CancelJob);
SPUD_MESSAGE(spud::service::wire::MakeStock);
SPUD_MESSAGE(spud::service::wire::TargetStock);
SPUD_MESSAGE(spud::service::wire::DropStock);
SPUD_MESSAGE(spud::service::wire::ListStockKinds);
SPUD_MESSAGE(spud::service::wire::PrepareUpload);
SPUD_MESSAGE(spud::service::wire::UploadChunk);
SPUD_MESSAGE(spud::service::wire::CommitUpload);
SPUD_MESSAGE(spud::service::wire::AbortUpload);
SPUD_MESSAGE(spud::service::wire::ListData);
SPUD_MESSAGE(spud::service::wire::ShowData);
SPUD_MESSAGE(spud::service::wire::DropData);
SPUD_MESSAGE(spud::service::wire::BlobChunk);
SPUD_MESSAGE(spud::service::wire::ListPrograms);
SPUD_MESSAGE(spud::service::wire::ShowProgram);
SPUD_MESSAGE(spud::service::wire::PrepareAttempt);
SPUD_MESSAGE(spud::service::wire::StartAttempt);
SPUD_MESSAGE(spud::service::wire::AwaitAttempt);
SPUD_MESSAGE(spud::service::wire::CancelAttempt);
SPUD_MESSAGE(spud::service::wire::FetchResult);
SPUD_MESSAGE(spud::service::wire::PrepareStock);
SPUD_MESSAGE(spud::service::wire::MakeTape);
SPUD_MESSAGE(spud::service::wire::ReserveTape);
SPUD_MESSAGE(spud::service::wire::ListStock);
SPUD_MESSAGE(spud::service::wire::DiscardTape);
SPUD_MESSAGE(spud::service::wire::FetchTrace);
SPUD_MESSAGE(spud::service::wire::AttemptStatus);
SPUD_MESSAGE(spud::service::scheduler::Prepared);
SPUD_MESSAGE(spud::service::scheduler::TapeChosen);
SPUD_MESSAGE(spud::service::scheduler::NoTape);
SPUD_MESSAGE(spud::service::scheduler::Reserved);
SPUD_MESSAGE(spud::service::scheduler::Started);
SPUD_MESSAGE(spud::service::scheduler::NodeEnded);
SPUD_MESSAGE(spud::service::scheduler::CancelAsked);
SPUD_MESSAGE(spud::service::scheduler::Progressed);
SPUD_MESSAGE(spud::service::scheduler::PrepareLate);
