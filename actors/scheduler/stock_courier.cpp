// SPDX-License-Identifier: Apache-2.0
#include "actors/scheduler/stock_courier.hpp"

namespace spud::actors {

namespace {

constexpr Millis kMake{10 * 60'000};     // a large tape is dealt, sent and written meanwhile
constexpr Millis kPrepare{10 * 60'000};  // a large program is compiled meanwhile
constexpr Millis kAnswer{30'000};

}  // namespace

StockCourierActor::behavior_type stock_courier(Metered<StockCourierActor::base>* self,
                                               const SchedulerSetup* setup, std::shared_ptr<NodeLine> line) {
  self->meter(setup->registry, "stock-courier");
  return {
      [=](const wire::MakeTape& request) -> Outcome<service::stock::StockTape> {
        self->quit();
        return line->ask<service::stock::StockTape>(request, kMake);
      },
      [=](const wire::PrepareStock& request) -> Outcome<service::Fields> {
        self->quit();
        return line->ask<service::Fields>(request, kPrepare);
      },
      [=](const DiscardTapes& request) {
        self->quit();
        for (const auto& tape : request.tapes) {
          auto told = line->ask<wire::Done>(wire::DiscardTape{tape}, kAnswer);
          if (told) continue;
          setup->log.debug(
              "could not discard a tape",
              {{"node", line->node().node}, {"tape", tape.str()}, {"error", told.error().message()}});
          // What cannot be reached cannot be told of the others either.
          if (told.error().code == ErrorCode::kUnavailable || told.error().code == ErrorCode::kTimeout)
            return;
        }
      },
  };
}

}  // namespace spud::actors
