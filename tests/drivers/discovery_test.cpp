#include "drivers/discovery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "tests/support/temporary_directory.hpp"

namespace propriod::drivers {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A bus with chips that know their id, and nothing else.
class FakeBus final : public I2cBus {
 public:
  FakeBus(std::optional<std::uint8_t> id, std::errc silence) : id_(id), silence_(silence) {}

  using I2cBus::read;
  Completed read(std::span<const Burst> bursts) noexcept override {
    if (!id_) return {.bursts = 0, .error = std::make_error_code(silence_)};
    for (const auto& burst : bursts) {
      EXPECT_EQ(burst.start, 0);
      EXPECT_EQ(burst.into.size(), 1U);
      burst.into[0] = *id_;
    }
    return {.bursts = bursts.size(), .error = {}};
  }
  std::error_code write(std::uint8_t, std::uint8_t) noexcept override {
    ADD_FAILURE() << "looking must not write";
    return {};
  }

 private:
  std::optional<std::uint8_t> id_;
  std::errc silence_;
};

/// A /dev and a /sys of our own.
class DiscoveryTest : public testing::Test {
 protected:
  DiscoveryTest() {
    fs::create_directories(dev_);
    fs::create_directories(sys_);
    options_.dev = dev_;
    options_.sys = sys_;
    options_.open_bus = [this](const fs::path& bus, std::uint8_t address) -> std::unique_ptr<I2cBus> {
      const auto name = bus.filename().string();
      if (name == "i2c-smbus") throw NoPlainI2c(name);
      if (name == denied_) throw DeviceError(name + ": cannot be opened; join the group i2c");
      if (held_ == std::pair{name, address}) throw HeldByKernel(name);
      const auto chip = chips_.find({name, address});
      return std::make_unique<FakeBus>(chip == chips_.end() ? std::nullopt : std::optional{chip->second},
                                       name == stuck_ ? std::errc::timed_out : std::errc::no_such_device_or_address);
    };
    options_.list_ports = [this] { return ports_; };
  }

  void put(const fs::path& file, std::string_view text = "") const {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  tests::TemporaryDirectory directory_;
  const fs::path dev_ = directory_ / "dev";
  const fs::path sys_ = directory_ / "sys";
  std::map<std::pair<std::string, std::uint8_t>, std::uint8_t> chips_;
  std::pair<std::string, std::uint8_t> held_;
  std::string denied_;
  std::string stuck_;
  std::vector<FoundPort> ports_;
  DiscoveryOptions options_;
};

TEST_F(DiscoveryTest, FindsNothingWhereNothingIs) {
  fs::remove_all(dev_);
  fs::remove_all(sys_);
  const auto found = discover(options_);
  EXPECT_THAT(found.chips, IsEmpty());
  EXPECT_THAT(found.ports, IsEmpty());
  EXPECT_THAT(found.iio, IsEmpty());
  EXPECT_THAT(found.buses, IsEmpty());
  EXPECT_THAT(found.obstacles, IsEmpty());
}

TEST_F(DiscoveryTest, AsksBothAddressesOfEveryBusInTheirOrder) {
  for (const auto* bus : {"i2c-10", "i2c-1", "i2c-2", "i2cbus"}) put(dev_ / bus);
  put(sys_ / "class/i2c-dev/i2c-1/name", "bcm2835 (i2c@7e804000)\n");
  chips_ = {{{"i2c-1", 0x53}, 0xe5}, {{"i2c-1", 0x1d}, 0xe5}, {{"i2c-10", 0x53}, 0x00}};
  const auto found = discover(options_);
  EXPECT_THAT(found.buses, ElementsAre(dev_ / "i2c-1", dev_ / "i2c-2", dev_ / "i2c-10"));
  ASSERT_THAT(found.chips, SizeIs(3));
  EXPECT_EQ(found.chips[0].adapter, "bcm2835 (i2c@7e804000)");
  EXPECT_EQ(found.chips[0].address, 0x53);
  EXPECT_TRUE(found.chips[0].is_adxl345());
  EXPECT_EQ(found.chips[1].address, 0x1d);
  EXPECT_EQ(found.chips[2].bus, dev_ / "i2c-10");
  EXPECT_FALSE(found.chips[2].is_adxl345());
}

TEST_F(DiscoveryTest, NamesTheKernelDriverThatHoldsAChip) {
  put(dev_ / "i2c-1");
  held_ = {"i2c-1", 0x53};
  fs::create_directories(sys_ / "bus/i2c/devices/1-0053");
  fs::create_directory_symlink("../../../../bus/i2c/drivers/adxl345_i2c", sys_ / "bus/i2c/devices/1-0053/driver");
  put(sys_ / "bus/iio/devices/iio:device0/name", "adxl345\n");
  put(sys_ / "bus/iio/devices/iio:device1/name", "bme280\n");
  const auto found = discover(options_);
  ASSERT_THAT(found.chips, SizeIs(1));
  EXPECT_EQ(found.chips[0].held_by, "adxl345_i2c");
  EXPECT_FALSE(found.chips[0].is_adxl345());
  ASSERT_THAT(found.iio, SizeIs(1));
  EXPECT_EQ(found.iio[0].device, dev_ / "iio:device0");
  EXPECT_EQ(found.iio[0].name, "adxl345");
}

TEST_F(DiscoveryTest, SaysOnceWhatKeepsItFromABus) {
  for (const auto* bus : {"i2c-1", "i2c-2"}) put(dev_ / bus);
  denied_ = "i2c-1";
  stuck_ = "i2c-2";
  const auto found = discover(options_);
  EXPECT_THAT(found.obstacles, ElementsAre(HasSubstr("join the group i2c"), HasSubstr("does not answer in time")));
}

TEST_F(DiscoveryTest, GivesUsbPortsTheirNamesById) {
  put(dev_ / "ttyUSB0");
  fs::create_directories(dev_ / "serial/by-id");
  fs::create_symlink("../../ttyUSB1", dev_ / "serial/by-id/usb-other-if00");
  fs::create_symlink("../../ttyUSB0", dev_ / "serial/by-id/usb-1a86_USB2.0-Serial-if00-port0");
  ports_ = {FoundPort{.device = dev_ / "ttyS0"}, {.device = dev_ / "ttyUSB0", .link = FoundPort::Link::kUsb}};
  const auto found = discover(options_);
  ASSERT_THAT(found.ports, SizeIs(2));
  EXPECT_EQ(found.ports[0].device, dev_ / "ttyUSB0");  // a sensor is more likely there
  EXPECT_EQ(found.ports[0].by_id, dev_ / "serial/by-id/usb-1a86_USB2.0-Serial-if00-port0");
  EXPECT_EQ(found.ports[1].by_id, "");
  EXPECT_THAT(found.obstacles, IsEmpty());
}

TEST_F(DiscoveryTest, HasNothingToSayOfAdaptersForMemoryAlone) {
  put(dev_ / "i2c-smbus");
  const auto found = discover(options_);
  EXPECT_THAT(found.obstacles, IsEmpty());
  EXPECT_THAT(found.buses, IsEmpty());
}

TEST_F(DiscoveryTest, ListsBluetoothBindingsOnceAndTheirAddresses) {
  put(dev_ / "rfcomm0");
  put(sys_ / "class/tty/rfcomm0/channel", "1\n");
  put(sys_ / "class/tty/rfcomm0/address", "00:06:66:12:34:56\n");
  ports_ = {{.device = dev_ / "rfcomm0", .link = FoundPort::Link::kBluetooth}};
  const auto found = discover(options_);
  ASSERT_THAT(found.ports, SizeIs(1));
  EXPECT_EQ(found.ports[0].bluetooth_address, "00:06:66:12:34:56");
  EXPECT_EQ(found.ports[0].rfcomm_channel, "1");
}

TEST_F(DiscoveryTest, SaysThatAPortIsGoneOrForbidden) {
  ports_ = {{.device = dev_ / "ttyACM0", .link = FoundPort::Link::kUsb}};
  EXPECT_THAT(discover(options_).obstacles, ElementsAre(HasSubstr("ttyACM0: cannot be opened")));
}

TEST_F(DiscoveryTest, ShowsForeignTextSafely) {
  put(dev_ / "i2c-1");
  put(sys_ / "class/i2c-dev/i2c-1/name", std::string("\x1b[31mred\n"));
  chips_ = {{{"i2c-1", 0x53}, 0xe5}};
  EXPECT_EQ(discover(options_).chips.at(0).adapter, "\\x1b[31mred");
  put(sys_ / "class/i2c-dev/i2c-1/name", std::string(100'000, 'a'));
  EXPECT_LE(discover(options_).chips.at(0).adapter.size(), 70U);
}

TEST(SerialPorts, AreListedWithoutHardware) {
  for (const auto& port : list_serial_ports()) EXPECT_TRUE(port.device.is_absolute());
}

}  // namespace
}  // namespace propriod::drivers
