// Do the system calls reach the chip, and do its refusals come back? Against a simulated /dev/i2c-7; run under
// `umockdev-wrapper`, which makes it visible.

#include "drivers/i2c_bus.hpp"

#include <gmock/gmock.h>

#include <array>
#include <chrono>
#include <string>

#include "drivers/adxl345_chip.hpp"
#include "drivers/adxl345_i2c_driver.hpp"
#include "drivers/boot_clock.hpp"
#include "tests/drivers/driver_rig.hpp"
#include "tests/simulators/adxl345_umockdev.hpp"

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

std::string refusal(const std::string& device, std::uint8_t address) {
  try {
    LinuxI2cBus{device, address};
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "";
}

TEST(LinuxI2cBus, SaysThatThereIsNoSuchBus) {
  EXPECT_THAT(refusal("/dev/i2c-99", 0x53), AllOf(HasSubstr("/dev/i2c-99"), HasSubstr("cannot be opened")));
}

TEST(LinuxI2cBus, RefusesWhatIsNoBus) { EXPECT_THAT(refusal("/dev/null", 0x53), HasSubstr("/dev/null: is no bus")); }

class SimulatedBus : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(tests::Adxl345Umockdev::is_preloaded()) << "run it under umockdev-wrapper"; }
  tests::Adxl345Model model{{.now = [] { return BootClock::now().time_since_epoch(); },
                             .signal =
                                 [](std::uint64_t number) {
                                   return adxl345::Counts{static_cast<std::int16_t>(number), -2, 256};
                                 }}};
};

TEST_F(SimulatedBus, ReadsAndWritesRegistersInOneTransfer) {
  const tests::Adxl345Umockdev server{{.chips = {{0x53, &model}}}};
  LinuxI2cBus bus{"/dev/i2c-7", 0x53};
  std::array<std::uint8_t, 1> id{};
  ASSERT_FALSE(bus.read(adxl345::kDeviceId, id));
  EXPECT_EQ(id[0], 0xe5);
  ASSERT_FALSE(bus.write(adxl345::kDataFormat, 0x0b));
  EXPECT_EQ(model.peek(adxl345::kDataFormat), 0x0b);
}

TEST_F(SimulatedBus, TakesManyEntriesInOneTransfer) {
  const tests::Adxl345Umockdev server{{.chips = {{0x53, &model}}}};
  LinuxI2cBus bus{"/dev/i2c-7", 0x53};
  Adxl345Chip chip{bus, {.rate_hz = 400, .range_g = 4}};
  chip.identify();
  chip.set_up();
  while (chip.fifo_level().value() < 30) {
  }
  std::array<Adxl345Burst, 30> entries{};
  EXPECT_EQ(chip.take(entries).bursts, 30U);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto counts = decode_adxl345_burst(entries[i], 4);
    ASSERT_TRUE(counts);
    EXPECT_THAT(*counts, testing::ElementsAre(static_cast<std::int16_t>(i), -2, 256));
  }
}

TEST_F(SimulatedBus, MakesDoWithAControllerThatTakesOneReadATransfer) {
  const tests::Adxl345Umockdev server{{.chips = {{0x1d, &model}}, .one_read_per_transfer = true}};
  LinuxI2cBus bus{"/dev/i2c-7", 0x1d};
  std::array<std::uint8_t, 1> id{};
  std::array<std::uint8_t, 2> fifo{};
  const std::array bursts{I2cBus::Burst{adxl345::kDeviceId, id}, I2cBus::Burst{adxl345::kFifoControl, fifo}};
  const auto completed = bus.read(bursts);
  EXPECT_FALSE(completed.error);
  EXPECT_EQ(completed.bursts, 2U);
  EXPECT_EQ(id[0], 0xe5);
}

TEST_F(SimulatedBus, CarriesTwoSensors) {
  tests::Adxl345Model other{{.rate_error = -0.03,
                             .now = [] { return BootClock::now().time_since_epoch(); },
                             .signal =
                                 [](std::uint64_t) {
                                   return adxl345::Counts{0, 0, 256};
                                 }}};
  const tests::Adxl345Umockdev server{{.chips = {{0x53, &model}, {0x1d, &other}}}};
  DriverRig rig;
  DriverRig other_rig;
  Adxl345I2cDriver driver{rig.io, {.device = {.name = "bed", .device = "/dev/i2c-7", .rate_hz = 100}}};
  Adxl345I2cDriver other_driver{other_rig.io,
                                {.device = {.name = "chair", .device = "/dev/i2c-7", .rate_hz = 50}, .address = 0x1d}};
  rig.spawn(driver);
  other_rig.spawn(other_driver);
  for (int i = 0; i < 100; ++i) {
    rig.io.run_for(5ms);
    other_rig.io.run_for(5ms);
  }
  driver.stop();
  other_driver.stop();
  rig.io.run();
  other_rig.io.run();
  EXPECT_GT(driver.counters().samples, 50U);
  EXPECT_GT(other_driver.counters().samples, 20U);
  EXPECT_EQ(driver.counters().gaps + other_driver.counters().gaps, 0U);
  EXPECT_FALSE(model.is_measuring() || other.is_measuring());
}

TEST_F(SimulatedBus, TellsThatNobodyAnswers) {
  const tests::Adxl345Umockdev server{{.chips = {{0x53, &model}}}};
  LinuxI2cBus bus{"/dev/i2c-7", 0x1d};
  std::array<std::uint8_t, 1> id{};
  EXPECT_EQ(bus.read(adxl345::kDeviceId, id), std::error_code(EREMOTEIO, std::generic_category()));
  EXPECT_EQ(bus.write(adxl345::kDataFormat, 0), std::error_code(EREMOTEIO, std::generic_category()));
}

TEST_F(SimulatedBus, TellsThatTheKernelHoldsTheChip) {
  const tests::Adxl345Umockdev server{{.chips = {{0x53, &model}}, .held_by_kernel = 0x53}};
  EXPECT_THROW(LinuxI2cBus("/dev/i2c-7", 0x53), HeldByKernel);
  EXPECT_NO_THROW(LinuxI2cBus("/dev/i2c-7", 0x1d));
}

}  // namespace
}  // namespace propriod::drivers
