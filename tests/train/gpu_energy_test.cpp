#include "train/gpu_energy.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace propriod::train {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class GpuEnergy : public testing::Test {
 protected:
  GpuEnergy() { counter("5000000000"); }
  ~GpuEnergy() override {
    ::unsetenv("FAKE_NVML_MILLIJOULES");
    ::unsetenv("FAKE_NVML_NO_DRIVER");
  }
  static void counter(const char* millijoules) { ::setenv("FAKE_NVML_MILLIJOULES", millijoules, 1); }

  static constexpr const char* kAddress = "0000:65:00.0";
};

TEST_F(GpuEnergy, IsWhatTheCounterGainsInMillijoules) {
  GpuEnergyMeter meter(kAddress, PROPRIOD_FAKE_NVML);
  counter("5000012500");
  const auto reading = meter.finish();
  EXPECT_EQ(reading.joules, 12.5);
  EXPECT_EQ(reading.source, "NVML Fake GPU");
}

TEST_F(GpuEnergy, IsNotMeasuredWithoutTheLibraryTheDriverOrTheGpu) {
  const auto source_of = [](const char* address, const char* library) {
    const auto reading = GpuEnergyMeter(address, library).finish();
    EXPECT_FALSE(reading.joules);
    return reading.source;
  };
  EXPECT_THAT(source_of(kAddress, "libno-such-nvml.so.1"),
              AllOf(StartsWith("not measured: "), HasSubstr("libno-such-nvml.so.1")));
  EXPECT_THAT(source_of(kAddress, "libm.so.6"), HasSubstr("no NVML that counts energy"));
  EXPECT_THAT(source_of("0000:01:00.0", PROPRIOD_FAKE_NVML), AllOf(HasSubstr("0000:01:00.0"), HasSubstr("Not Found")));
  ::setenv("FAKE_NVML_NO_DRIVER", "1", 1);
  EXPECT_THAT(source_of(kAddress, PROPRIOD_FAKE_NVML), HasSubstr("Driver Not Loaded"));
}

TEST_F(GpuEnergy, IsNeverAPartOfTheTruth) {
  GpuEnergyMeter anew(kAddress, PROPRIOD_FAKE_NVML);
  counter("7");
  EXPECT_THAT(anew.finish().source, HasSubstr("started again"));
  GpuEnergyMeter lost(kAddress, PROPRIOD_FAKE_NVML);
  ::unsetenv("FAKE_NVML_MILLIJOULES");
  EXPECT_THAT(lost.finish().source, HasSubstr("no longer"));
  EXPECT_THAT(GpuEnergyMeter(kAddress, PROPRIOD_FAKE_NVML).finish().source, HasSubstr("Not Supported"));
}

}  // namespace
}  // namespace propriod::train
