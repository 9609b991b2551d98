// Does our decoder read what the example sketch sends? The sketch itself runs here, on a stub of Arduino and the model
// of the chip.

#include <Arduino.h>
#include <EEPROM.h>
#include <Wire.h>
#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "drivers/adxl345_registers.hpp"
#include "drivers/cobs_frame_decoder.hpp"
#include "tests/drivers/serial_stream.hpp"
#include "tests/simulators/adxl345_model.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"

namespace {

using namespace std::chrono_literals;

std::chrono::nanoseconds now{0};

}  // namespace

uint32_t micros() { return static_cast<uint32_t>(now / 1us); }
uint32_t millis() { return static_cast<uint32_t>(now / 1ms); }

namespace sketch {
#include "drivers/arduino/adxl345_cobs/adxl345_cobs.ino"  // NOLINT(bugprone-suspicious-include)
}

namespace propriod::drivers {
namespace {

using tests::sway;

/// The model of the chip at the microcontroller's bus. Transfers take their time.
class ModelOnWire : public WireDevice {
 public:
  explicit ModelOnWire(tests::Adxl345Model& model) : model_(model) {}
  bool write(uint8_t first_register, const std::vector<uint8_t>& values) override {
    spend(1 + values.size());
    bool acknowledged = true;
    for (const auto value : values) acknowledged = acknowledged && !model_.write(first_register++, value);
    return acknowledged;
  }
  bool read(uint8_t first_register, uint8_t* into, size_t count) override {
    spend(2 + count);
    return !model_.read(first_register, {into, count});
  }

 private:
  static void spend(size_t bytes) { now += 25us * bytes; }  // 400 kHz

  tests::Adxl345Model& model_;
};

class Adxl345Sketch : public ::testing::Test {
 protected:
  Adxl345Sketch() {
    Wire.device = &wire_;
    Serial.sent.clear();
    sketch::measuring = false;
    sketch::setup();
  }
  ~Adxl345Sketch() override { Wire.device = nullptr; }

  std::vector<SerialReading> run_for(std::chrono::nanoseconds time) {
    const auto until = now + time;
    while (now < until) {
      now += 20us;  // what a turn costs beside the bus
      sketch::loop();
    }
    const auto readings = feed(decoder_, Serial.sent);
    Serial.sent.clear();
    return readings;
  }

  tests::Adxl345Model model_{{.rate_error = 0.01, .now = [] { return now; }, .signal = sway}};
  ModelOnWire wire_{model_};
  CobsFrameDecoder decoder_{50};
};

TEST_F(Adxl345Sketch, SendsEverySampleWithItsNumberAndTime) {
  const auto readings = run_for(4s);
  ASSERT_GT(readings.size(), 180U);
  for (std::size_t i = 0; i < readings.size(); ++i) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      EXPECT_EQ(readings[i].accel_mps2[axis], sway(i)[axis] * adxl345::kMps2PerCount);
    }
    EXPECT_EQ(readings[i].before.lost, 0U);
    EXPECT_FALSE(readings[i].before.gap || readings[i].before.resynchronised);
    if (i >= 10) {  // the chip's period, not the nominal one
      EXPECT_NEAR(static_cast<double>(*readings[i].time_us - *readings[i - 1].time_us), 20'000 / 1.01, 100);
    }
  }
}

TEST_F(Adxl345Sketch, CountsWhatTheChipOverwrote) {
  const auto before = run_for(1s);
  now += 2s;  // the microcontroller was busy
  const auto after = run_for(1s);
  ASSERT_FALSE(before.empty());
  ASSERT_FALSE(after.empty());
  const auto made = model_.samples_made() - model_.samples_in_fifo();
  EXPECT_NEAR(static_cast<double>(before.size() + after.size() + lost_in(after)), static_cast<double>(made), 2);
  EXPECT_GT(lost_in(after), 60U);
}

TEST_F(Adxl345Sketch, BeginsAnewWhenAWireWasOff) {
  static_cast<void>(run_for(1s));
  model_.fault("nack", "1");
  const auto after = run_for(3s);
  ASSERT_GT(after.size(), 60U);
  EXPECT_TRUE(after[0].before.restarted);
  EXPECT_EQ(lost_in(after), 0U);
}

TEST_F(Adxl345Sketch, SendsNothingThatIsNotFromTheChip) {
  model_.fault("wrong-id", "00");
  EXPECT_TRUE(run_for(2s).empty());
}

}  // namespace
}  // namespace propriod::drivers
