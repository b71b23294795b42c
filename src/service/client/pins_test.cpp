// SPDX-License-Identifier: Apache-2.0
#include "service/client/pins.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace spud::service::client {
namespace {

namespace fs = std::filesystem;

class PinsFile : public ::testing::Test {
 protected:
  PinsFile() {
    folder = fs::temp_directory_path() / ("spud-pins-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    file = folder / "pins.yaml";
    device.name = DeviceId("demo");
    device.owner = PartyId("alice");
  }
  ~PinsFile() override { fs::remove_all(folder); }
  fs::path folder, file;
  Device device;
};

TEST_F(PinsFile, ADeviceIsRefusedUntilItIsPinned) {
  auto pins = *Pins::read(file);
  auto refused = pins.check(device);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kDenied);
  EXPECT_NE(refused.error().hint.find("spud device pin demo"), std::string::npos);
  ASSERT_TRUE(pins.add(device.name, digest(device)));
  EXPECT_TRUE(Pins::read(file)->check(device));
}

TEST_F(PinsFile, ADeviceThatChangedIsRefused) {
  auto pins = *Pins::read(file);
  ASSERT_TRUE(pins.add(device.name, digest(device)));
  auto other = device;
  other.format.fraction_bits = 3;
  EXPECT_EQ(pins.check(other).error().code, ErrorCode::kDenied);
  EXPECT_EQ(pins.add(other.name, digest(other)).error().code, ErrorCode::kConflict);
}

TEST_F(PinsFile, NamesTheLineThatIsNoPin) {
  std::ofstream(file) << "# pins\ndemo: 12\n";
  auto pins = Pins::read(file);
  ASSERT_FALSE(pins);
  EXPECT_NE(pins.error().where.find("line 2"), std::string::npos);
}

}  // namespace
}  // namespace spud::service::client
