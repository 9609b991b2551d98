#include "drivers/adxl345_chip.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <string>

#include "tests/simulators/adxl345_model.hpp"

namespace propriod::drivers {
namespace {

using namespace adxl345;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

struct Rig {
  explicit Rig(Adxl345Chip::Options options = {.name = "/dev/i2c-1 address 0x53"}) : chip(bus, std::move(options)) {}

  std::chrono::nanoseconds now{0};
  tests::Adxl345Model model{{.now = [this] { return now; }, .signal = [](std::uint64_t) { return Counts{1, 2, 256}; }}};
  tests::Adxl345ModelBus bus{model};
  Adxl345Chip chip;
};

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "";
}

TEST(Adxl345Chip, SaysWhatAWrongDeviceIdMeans) {
  Rig rig;
  const auto message = [&](const char* id) {
    rig.model.fault("wrong-id", id);
    return refusal([&] { rig.chip.identify(); });
  };
  EXPECT_THAT(message("00"), AllOf(HasSubstr("/dev/i2c-1 address 0x53: device id is 00"), HasSubstr("held low")));
  EXPECT_THAT(message("ff"), AllOf(HasSubstr("device id is ff"), HasSubstr("CS is tied high")));
  EXPECT_THAT(message("32"), AllOf(HasSubstr("device id is 32"), HasSubstr("another kind of chip")));
  EXPECT_EQ(message("e5"), "");
}

TEST(Adxl345Chip, SaysWhatAFailingBusMeans) {
  Rig rig;
  rig.model.fault("nack", "1");
  EXPECT_THAT(refusal([&] { rig.chip.identify(); }), AllOf(HasSubstr("nothing answers"), HasSubstr("0x1d")));
  rig.model.fault("stuck-bus", "1");
  EXPECT_THAT(refusal([&] { rig.chip.set_up(); }), HasSubstr("the bus is stuck"));
}

TEST(Adxl345Chip, UndoesWhatAPreviousOwnerLeft) {
  Rig rig{{.rate_hz = 50, .range_g = 4}};
  for (std::uint8_t address = 0; address < kRegisters; ++address) {
    ASSERT_FALSE(rig.bus.write(address, 0x5a));
  }
  rig.now += 1s;
  rig.chip.set_up();
  EXPECT_EQ(rig.model.peek(kOffsetX), 0);
  EXPECT_EQ(rig.model.peek(kOffsetZ), 0);
  EXPECT_EQ(rig.model.peek(kRate), 0x09);
  EXPECT_EQ(rig.model.peek(kDataFormat), 0x09);
  EXPECT_EQ(rig.model.peek(kInterruptEnable), 0);
  EXPECT_EQ(rig.model.peek(kFifoControl), 0x90);
  EXPECT_EQ(rig.model.peek(kPowerControl), kMeasure);
  EXPECT_EQ(rig.model.peek(kFifoStatus), 0);
  EXPECT_EQ(rig.chip.keeps_settings(), true);
}

TEST(Adxl345Chip, NoticesThatARegisterDoesNotKeepWhatWasWritten) {
  struct Forgetful final : I2cBus {
    using I2cBus::read;
    Completed read(std::span<const Burst> bursts) noexcept override {
      for (const Burst& burst : bursts) std::ranges::fill(burst.into, std::uint8_t{0});
      return {.bursts = bursts.size(), .error = {}};
    }
    std::error_code write(std::uint8_t, std::uint8_t) noexcept override { return {}; }
  } bus;
  Adxl345Chip chip{bus, {.name = "bed"}};
  EXPECT_THAT(refusal([&] { chip.set_up(); }), HasSubstr("bed: register 31 was set to 0b and reads 00"));
}

TEST(Adxl345Chip, RefusesRatesAndRangesThatTheChipHasNot) {
  EXPECT_THAT(refusal([] { Rig rig{{.rate_hz = 60}}; }), HasSubstr("cannot sample at 60 Hz"));
  EXPECT_THAT(refusal([] { Rig rig{{.range_g = 3}}; }), HasSubstr("no range of 3 g"));
}

TEST(Adxl345Chip, NoticesABrownOut) {
  Rig rig;
  rig.chip.set_up();
  rig.model.fault("brown-out", "");
  EXPECT_EQ(rig.chip.keeps_settings(), false);
  EXPECT_EQ(rig.chip.fifo_level().error(), std::errc::bad_message);
}

TEST(Adxl345Chip, StandsByWhenItIsToldTo) {
  Rig rig;
  rig.chip.set_up();
  rig.chip.stand_by();
  EXPECT_FALSE(rig.model.is_measuring());
}

TEST(Adxl345Burst, IsDecodedAsTheDataSheetSays) {
  const Adxl345Burst burst{0x34, 0x01, 0xff, 0xff, 0x00, 0xf0, 0x90, 0x05};
  EXPECT_THAT(decode_adxl345_burst(burst, 16), testing::Optional(Counts{0x134, -1, -4096}));
}

TEST(Adxl345Burst, IsRefusedWhereTheChipCannotSayIt) {
  const Adxl345Burst good{0, 0, 0, 0, 0, 1, 0x90, 0};
  const auto with = [&](std::size_t place, std::uint8_t byte) {
    Adxl345Burst burst = good;
    burst[place] = byte;
    return burst;
  };
  EXPECT_TRUE(decode_adxl345_burst(good, 2));
  EXPECT_FALSE(decode_adxl345_burst(with(5, 0x02), 2)) << "512 counts are 2 g";
  EXPECT_TRUE(decode_adxl345_burst(with(5, 0x02), 4));
  EXPECT_FALSE(decode_adxl345_burst(with(5, 0x10), 16)) << "high nibble";
  EXPECT_FALSE(decode_adxl345_burst(with(6, 0x00), 16)) << "FIFO_CTL is not what was written";
  EXPECT_FALSE(decode_adxl345_burst(with(7, 33), 16)) << "more entries than there are";
  EXPECT_FALSE(decode_adxl345_burst({{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, 16)) << "a floating bus";
}

}  // namespace
}  // namespace propriod::drivers
