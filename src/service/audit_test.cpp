// SPDX-License-Identifier: Apache-2.0
#include "service/audit.hpp"

#include <gtest/gtest.h>

namespace spud::service {
namespace {

std::vector<AuditRecord> three() {
  AuditChain chain;
  return {chain.append(1, "spiffe://alice/spud/client/ann", "upload.commit", "ages", "allowed"),
          chain.append(2, "spiffe://carol/spud/scheduler/s", "attempt.start", "job1/1", "refused: expired"),
          chain.append(3, "spiffe://carol/spud/scheduler/s", "attempt.start", "job2/1", "allowed")};
}

TEST(AuditChain, ReloadsWhatItWrote) {
  AuditChain chain;
  for (const auto& record : three()) ASSERT_TRUE(chain.reload(record));
  EXPECT_EQ(chain.size(), 3u);
  EXPECT_EQ(chain.append(4, "a", "b", "c", "allowed").previous, three().back().hash);
}

TEST(AuditChain, NoticesAChangedDecision) {
  auto records = three();
  records[1].decision = "allowed";
  AuditChain chain;
  ASSERT_TRUE(chain.reload(records[0]));
  auto status = chain.reload(records[1]);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(status.error().where, "audit log, entry 1");
}

TEST(AuditChain, NoticesAChangedEntryWhoseHashWasMadeAnew) {
  auto records = three();
  records[1].decision = "allowed";
  records[1].hash = hash_of(records[1]);
  AuditChain chain;
  ASSERT_TRUE(chain.reload(records[0]));
  ASSERT_TRUE(chain.reload(records[1]));
  EXPECT_FALSE(chain.reload(records[2]));
}

TEST(AuditChain, NoticesAMissingEntry) {
  auto records = three();
  AuditChain chain;
  ASSERT_TRUE(chain.reload(records[0]));
  EXPECT_FALSE(chain.reload(records[2]));
}

}  // namespace
}  // namespace spud::service
