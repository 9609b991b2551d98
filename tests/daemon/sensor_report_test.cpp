#include "daemon/sensor_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "config/reader.hpp"

namespace propriod::daemon {
namespace {

using drivers::FoundPort;
using testing::HasSubstr;
using testing::Not;

config::Config parse(const std::string& text) {
  auto config = config::parse_config(text, "/nowhere/c.yaml");
  if (!config) throw std::runtime_error(config.error().front().to_string() + "\n" + text);
  return *config;
}

drivers::Discovery everything() {
  drivers::Discovery found;
  found.buses = {"/dev/i2c-1", "/dev/i2c-2"};
  found.chips = {{.bus = "/dev/i2c-1", .adapter = "bcm", .address = 0x53, .device_id = 0xe5, .held_by = {}},
                 {.bus = "/dev/i2c-1", .adapter = "bcm", .address = 0x1d, .device_id = 0xe5, .held_by = {}}};
  found.iio = {{.device = "/dev/iio:device0", .name = "adxl345"}};
  found.ports = {
      {.device = "/dev/ttyUSB0",
       .by_id = "/dev/serial/by-id/usb-it's: one",
       .link = FoundPort::Link::kUsb,
       .usb_id = FoundPort::UsbId{.vendor = 0x1a86, .product = 0x7523},
       .product = "USB2.0-Serial"},
      {.device = "/dev/rfcomm0", .link = FoundPort::Link::kBluetooth, .bluetooth_address = "00:06:66:00:00:01"},
      {.device = "/dev/ttyS0"}};
  return found;
}

TEST(SensorReport, PrintsYamlThatIsAConfiguration) {
  const auto yaml = yaml_for_unused(everything(), nullptr);
  const auto config = parse(yaml);
  ASSERT_EQ(config.sensors.size(), 5U);
  EXPECT_EQ(std::get<config::Adxl345I2cSensor>(config.sensors[0].driver).address, 0x53);
  EXPECT_EQ(std::get<config::Adxl345I2cSensor>(config.sensors[1].driver).address, 0x1d);
  EXPECT_EQ(std::get<config::Adxl345IioSensor>(config.sensors[2].driver).device, "/dev/iio:device0");
  EXPECT_EQ(std::get<config::Adxl345SerialSensor>(config.sensors[3].driver).device, "/dev/serial/by-id/usb-it's: one");
  EXPECT_EQ(std::get<config::ShimmerSensor>(config.sensors[4].driver).device, "/dev/rfcomm0");
}

TEST(SensorReport, MarksWhatTheConfigurationUsesAndOffersTheRestUnderFreeNames) {
  const auto config = parse(
      "sensors: [{name: i2c, driver: adxl345-i2c, device: /dev/i2c-1, address: 0x1d}, "
      "{name: wrist, driver: shimmer, device: /dev/rfcomm0}]");
  const auto text = sensors_as_text(everything(), &config);
  EXPECT_THAT(text, HasSubstr("/dev/i2c-1 0x1d    ADXL345  (sensor i2c)"));
  EXPECT_THAT(text, HasSubstr("/dev/i2c-1 0x53    ADXL345  (not configured)"));
  EXPECT_THAT(text, HasSubstr("(sensor wrist)"));
  EXPECT_THAT(text, HasSubstr("USB 1a86:7523 USB2.0-Serial  (not configured)"));
  EXPECT_THAT(text, HasSubstr("/dev/i2c-2: nothing answers"));
  EXPECT_THAT(text, HasSubstr("sensor wrist: /dev/rfcomm0 is not there"));
  const auto rest = parse(yaml_for_unused(everything(), &config));
  ASSERT_EQ(rest.sensors.size(), 3U);
  EXPECT_EQ(rest.sensors[0].name, "i2c-2");
}

TEST(SensorReport, SaysWhatToDoWhenNothingIsThere) {
  const auto text = sensors_as_text({}, nullptr);
  EXPECT_THAT(text, HasSubstr("No sensor was found"));
  EXPECT_THAT(text, HasSubstr("rfcomm bind"));
  EXPECT_EQ(yaml_for_unused({}, nullptr), "");
}

TEST(SensorReport, NamesObstaclesAndWrongChips) {
  drivers::Discovery found;
  found.buses = {"/dev/i2c-1"};
  found.chips = {{.bus = "/dev/i2c-1", .adapter = {}, .address = 0x53, .device_id = 0, .held_by = {}},
                 {.bus = "/dev/i2c-1", .adapter = {}, .address = 0x1d, .device_id = {}, .held_by = "adxl345_i2c"}};
  found.obstacles = {"/dev/ttyUSB0: join the group dialout"};
  const auto text = sensors_as_text(found, nullptr);
  EXPECT_THAT(text, HasSubstr("its device id is 00"));
  EXPECT_THAT(text, HasSubstr("held by adxl345_i2c"));
  EXPECT_THAT(text, HasSubstr("In the way\n  /dev/ttyUSB0: join the group dialout"));
  EXPECT_THAT(text, Not(HasSubstr("For the configuration")));
}

TEST(SensorReport, GivesProgramsTheSame) {
  const auto config = parse("sensors: [{name: wrist, driver: shimmer, device: /dev/rfcomm0}]");
  const auto json = nlohmann::json::parse(sensors_as_json(everything(), &config));
  EXPECT_EQ(json.at("i2c").size(), 2U);
  EXPECT_EQ(json.at("i2c")[0].at("address"), 0x53);
  EXPECT_EQ(json.at("i2c")[0].at("sensor"), nullptr);
  EXPECT_EQ(json.at("serial")[0].at("usb_id"), "1a86:7523");
  EXPECT_EQ(json.at("serial")[1].at("sensor"), "wrist");
  EXPECT_EQ(json.at("serial")[2].at("link"), "native");
  EXPECT_EQ(json.at("iio")[0].at("name"), "adxl345");
  EXPECT_EQ(json.at("yaml"), yaml_for_unused(everything(), &config));
}

}  // namespace
}  // namespace propriod::daemon
