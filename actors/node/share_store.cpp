// SPDX-License-Identifier: Apache-2.0
#include "actors/node/share_store.hpp"

#include "actors/traces/job_log.hpp"
#include "actors/within_memory.hpp"

namespace spud::actors {

namespace {
constexpr Millis kExpiryTick{60'000};

/// Shares and results are as large as a client makes them; the node goes on without what does not fit.
template <class Step>
auto bounded(const NodeSetup* setup, const Step& step) {
  return within_memory("node " + setup->tls.self().name.str(), setup->tls.self().party.str(), step);
}

}  // namespace

ShareStoreActor::behavior_type share_store(MeteredPointer<ShareStoreActor, ShareStoreState> self,
                                           const NodeSetup* setup, std::shared_ptr<ShareDesk> desk) {
  self->meter(setup->registry, "store");
  self->state.desk = desk;
  self->delayed_send(self, std::chrono::milliseconds(std::min(kExpiryTick, setup->uploads_expire / 2)),
                     Tick{});
  return {
      [=](const Identity& caller, const wire::PrepareUpload& request, const Payload& payload) {
        return bounded(setup, [&] { return desk->prepare(caller, request, payload); });
      },
      [=](const Identity& caller, const wire::UploadChunk& request, const Payload& payload) {
        return bounded(setup, [&] { return desk->chunk(caller, request, payload); });
      },
      [=](const Identity& caller, const wire::CommitUpload& request) {
        return desk->commit(caller, request);
      },
      [=](const Identity& caller, const wire::AbortUpload& request) { return desk->abort(caller, request); },
      [=](const Identity& caller, wire::ListData) { return desk->list(caller); },
      [=](const Identity& caller, const wire::ShowData& request) { return desk->show(caller, request); },
      [=](const Identity& caller, const wire::DropData& request) { return desk->drop(caller, request); },
      [=](const Identity& caller, const wire::BlobChunk& request, const Payload& payload) {
        return bounded(setup, [&] { return desk->blob(caller, request, payload); });
      },
      [=](const Identity& caller, wire::ListPrograms) { return desk->programs(caller); },
      [=](const Identity& caller, const wire::ShowProgram& request) {
        return desk->program(caller, request);
      },
      [=](const Identity& caller, const wire::FetchResult& request) {
        return bounded(setup, [&] { return desk->fetch(caller, request); });
      },
      [=](const Identity& caller, const wire::PrepareAttempt& request) {
        return bounded(setup, [&] { return desk->prepare(caller, request); });
      },
      [=](const Identity& caller, const wire::StartAttempt& request) { return desk->start(caller, request); },
      [=](const Identity& caller, const ReserveStock& request) { return desk->reserve(caller, request); },
      [=](const AttemptEnded& ended) {
        // By then it is no longer prepared.
        const auto log = desk->about(ended.job, ended.attempt);
        if (auto stored = desk->ended(ended); !stored)
          log.error("could not store how an attempt ended", stored.error());
      },
      [=](const wire::AwaitAttempt& request) { return desk->status(request); },
      [=](const LoadShare& request) { return bounded(setup, [&] { return desk->load_share(request); }); },
      [=](const BurnTape& request) { return desk->burn(request); },
      [=](const StoreResult& request) { return bounded(setup, [&] { return desk->store_result(request); }); },
      [=](Describe) { return desk->describe(); },
      [=](const KeepTrace& mail) {
        auto& traces = desk->traces();
        if (mail.over == KeepTrace::Over::kStands && traces.holds(*mail.record)) return;
        auto kept = traces.keep(*mail.record);
        if (kept) return;
        const auto& part = mail.record->parts.front();
        log_of(setup->log, part.job, part.attempt, part.trace)
            .warning("could not keep a trace", {{"error", kept.error().message()}});
      },
      [=](const Identity& caller, const wire::FetchTrace& request) -> Outcome<wire::TracePage> {
        return desk->traces().page(caller.party, request);
      },
      [=](Tick) {
        if (auto expired = desk->expire(); !expired)
          setup->log.error("could not expire uploads", expired.error());
        if (auto expired = desk->expire_results(); !expired)
          setup->log.error("could not expire results", expired.error());
        if (auto expired = desk->traces().expire(); !expired)
          setup->log.error("could not expire traces", expired.error());
        if (setup->vault != nullptr) {
          if (auto swept = setup->vault->sweep(); !swept)
            setup->log.error("could not sweep the stock of tapes", swept.error());
        }
        self->delayed_send(self, std::chrono::milliseconds(std::min(kExpiryTick, setup->uploads_expire / 2)),
                           Tick{});
      },
  };
}

}  // namespace spud::actors
