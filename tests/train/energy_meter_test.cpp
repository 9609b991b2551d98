#include "train/energy_meter.hpp"

#include <gmock/gmock.h>

#include "tests/train/temporary_set.hpp"

namespace propriod::train {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Energy : public testing::Test {
 protected:
  void package(const std::string& folder, const std::string& name, const std::string& energy_uj) {
    powercap_.write(folder + "/name", name + "\n");
    powercap_.write(folder + "/max_energy_range_uj", "1000000000\n");
    powercap_.write(folder + "/energy_uj", energy_uj + "\n");
  }

  TemporarySet powercap_;
};

TEST_F(Energy, IsThatOfAllPackagesAndNotOfTheirPartsAgain) {
  package("intel-rapl:0", "package-0", "5000000");
  package("intel-rapl:1", "package-1", "0");
  package("intel-rapl:2", "psys", "0");
  package("intel-rapl:0:0", "core", "0");
  EnergyMeter meter(powercap_.folder());
  package("intel-rapl:0", "package-0", "8000000");
  package("intel-rapl:1", "package-1", "500000");
  package("intel-rapl:2", "psys", "99000000");
  package("intel-rapl:0:0", "core", "99000000");
  const auto reading = meter.finish();
  EXPECT_EQ(reading.joules, 3.5);
  EXPECT_EQ(reading.source, "RAPL package-0, package-1");
}

TEST_F(Energy, SurvivesACounterThatStartsAgain) {
  package("intel-rapl:0", "package-0", "900000000");
  EnergyMeter meter(powercap_.folder());
  package("intel-rapl:0", "package-0", "100000000");
  meter.update();
  package("intel-rapl:0", "package-0", "50000000");
  EXPECT_EQ(meter.finish().joules, 200 + 950);
}

TEST_F(Energy, IsNotMeasuredWithoutCounters) {
  const auto reading = EnergyMeter(powercap_.folder()).finish();
  EXPECT_FALSE(reading.joules);
  EXPECT_THAT(reading.source, StartsWith("not measured: this machine has no RAPL counters"));
  EXPECT_FALSE(EnergyMeter(powercap_.folder() / "none").finish().joules);
}

TEST_F(Energy, IsNeverAPartOfTheTruth) {
  package("intel-rapl:0", "package-0", "0");
  package("intel-rapl:1", "package-1", "no number");
  EXPECT_THAT(EnergyMeter(powercap_.folder()).finish().source, HasSubstr("cannot be read"));
  package("intel-rapl:1", "package-1", "0");
  EnergyMeter meter(powercap_.folder());
  package("intel-rapl:1", "package-1", "gone");
  const auto reading = meter.finish();
  EXPECT_FALSE(reading.joules);
  EXPECT_THAT(reading.source, HasSubstr("could no longer be read"));
}

TEST(PeakMemory, IsThatOfAProcessThatRuns) { EXPECT_GT(peak_memory_bytes(), 1 << 20); }

}  // namespace
}  // namespace propriod::train
