// Are samples read as the kernel's IIO driver offers them? Against a folder that looks like its sysfs, and a pipe in
// place of its device: what the kernel does behind them is not tested here.

#include "drivers/adxl345_iio_driver.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "drivers/adxl345_i2c_driver.hpp"
#include "drivers/iio_accelerometer.hpp"
#include "drivers/iio_scan_type.hpp"
#include "tests/drivers/driver_rig.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// The folder of an ADXL345 that the kernel holds, and its device.
struct Kernel {
  Kernel() {
    write("name", "adxl345\n");
    write("in_accel_sampling_frequency", "50.000000\n");
    write("in_accel_scale", "0.038300\n");
    write("in_accel_x_raw", "-3\n");
    write("in_accel_y_raw", "12\n");
    write("in_accel_z_raw", "256\n");
  }
  ~Kernel() {
    if (buffer >= 0) close(buffer);
  }

  void write(const std::string& attribute, const std::string& text) const {
    const auto path = root / "bus/iio/devices/iio:device0" / attribute;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  [[nodiscard]] std::string read(const std::string& attribute) const {
    std::ifstream file(root / "bus/iio/devices/iio:device0" / attribute);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// As kernels from 6.14 do; the axes lie in the order z, x, y.
  void offer_buffer() {
    const char* index[] = {"1", "2", "0"};
    for (int axis = 0; axis < 3; ++axis) {
      const auto element = std::string("scan_elements/in_accel_") + "xyz"[axis];
      write(element + "_en", "0");
      write(element + "_index", index[axis]);
      write(element + "_type", "le:s13/16>>0\n");
    }
    write("buffer/enable", "0");
    write("buffer/length", "2");
    write("buffer/watermark", "1");
    ASSERT_EQ(mkfifo(device().c_str(), 0600), 0);
    buffer = open(device().c_str(), O_RDWR | O_CLOEXEC);
  }
  void push(std::int16_t x, std::int16_t y, std::int16_t z) const {
    const std::array<std::int16_t, 3> entry{z, x, y};
    ASSERT_EQ(::write(buffer, entry.data(), sizeof entry), static_cast<ssize_t>(sizeof entry));
  }
  [[nodiscard]] std::filesystem::path device() const { return root / "iio:device0"; }

  tests::TemporaryDirectory root;
  int buffer = -1;
};

struct Rig : DriverRig {
  explicit Rig(const Kernel& kernel, double rate_hz = 50)
      : driver(io, {.device = {.name = "bed", .device = kernel.device(), .rate_hz = rate_hz},
                    .sysfs = kernel.root.path()}) {
    spawn(driver);
  }
  ~Rig() {
    driver.stop();
    io.restart();
    io.run();
  }
  void run_until(const std::function<bool()>& condition) {
    const BootTime deadline = BootClock::now() + 20s;
    while (!condition() && BootClock::now() < deadline) io.run_for(10ms);
    ASSERT_TRUE(condition());
  }
  void expect_refusal(const std::string& words) {
    run_until([this] { return !driver.problems().empty(); });
    EXPECT_THAT(driver.problems(), Contains(HasSubstr(words)));
  }
  Adxl345IioDriver driver;
};

TEST(Adxl345IioDriver, ReadsAxisByAxisWhereThereIsNoBuffer) {
  const Kernel kernel;
  Rig rig{kernel};
  rig.run_until([&] { return rig.driver.counters().samples >= 10; });
  EXPECT_THAT(rig.driver.problems(), Contains(HasSubstr("different moments")));
  const auto readings = rig.read_all();
  for (std::size_t i = 0; i < readings.size(); ++i) {
    EXPECT_FLOAT_EQ(readings[i].sample.accel_mps2[0], static_cast<float>(-3 * 0.0383));
    EXPECT_FLOAT_EQ(readings[i].sample.accel_mps2[2], static_cast<float>(256 * 0.0383));
    if (i > 0) {
      EXPECT_GT(readings[i].sample.time, readings[i - 1].sample.time);
    }
  }
}

TEST(Adxl345IioDriver, SaysThatItClipsWhereTheKernelLeavesItAt2g) {
  const Kernel kernel;
  kernel.write("in_accel_x_raw", "511\n");
  Rig rig{kernel};
  rig.run_until([&] { return rig.driver.problems().size() > 1; });
  EXPECT_THAT(rig.driver.problems(), Contains(HasSubstr("x clips: 100 %")));
}

TEST(Adxl345IioDriver, ReadsTheBufferInItsOrder) {
  Kernel kernel;
  kernel.offer_buffer();
  Rig rig{kernel};
  rig.run_until([&] { return kernel.read("buffer/enable") == "1"; });
  EXPECT_EQ(kernel.read("scan_elements/in_accel_y_en"), "1");
  EXPECT_EQ(kernel.read("buffer/watermark"), "16");
  for (std::int16_t i = 0; i < 100; ++i) kernel.push(i, static_cast<std::int16_t>(-i), 256);
  rig.run_until([&] { return rig.driver.counters().samples == 100; });
  EXPECT_THAT(rig.driver.problems(), IsEmpty());
  const auto readings = rig.read_all();
  for (std::size_t i = 0; i < readings.size(); ++i) {
    EXPECT_FLOAT_EQ(readings[i].sample.accel_mps2[0], static_cast<float>(static_cast<double>(i) * 0.0383));
    EXPECT_FLOAT_EQ(readings[i].sample.accel_mps2[1], static_cast<float>(-static_cast<double>(i) * 0.0383));
    EXPECT_FLOAT_EQ(readings[i].sample.accel_mps2[2], static_cast<float>(256 * 0.0383));
  }
}

TEST(Adxl345IioDriver, StopsTheBufferWhenItEnds) {
  Kernel kernel;
  kernel.offer_buffer();
  {
    Rig rig{kernel};
    rig.run_until([&] { return kernel.read("buffer/enable") == "1"; });
  }
  EXPECT_EQ(kernel.read("buffer/enable"), "0");
}

TEST(Adxl345IioDriver, SetsTheRate) {
  const Kernel kernel;
  Rig rig{kernel, 12.5};
  rig.run_until([&] { return rig.driver.counters().samples > 0; });
  EXPECT_EQ(kernel.read("in_accel_sampling_frequency"), "12.5");
}

TEST(Adxl345IioDriver, RefusesWhatIsNoAdxl345) {
  const Kernel kernel;
  kernel.write("name", "bme280\x1b[2J\n");
  Rig rig{kernel};
  rig.expect_refusal("is no adxl345 but \"bme280\\x1b[2J\"");
}

TEST(Adxl345IioDriver, RefusesABufferOfAnotherForm) {
  Kernel kernel;
  kernel.offer_buffer();
  kernel.write("scan_elements/in_accel_y_type", "le:s20/32>>0");
  Rig rig{kernel};
  rig.expect_refusal("le:s20/32>>0");
}

TEST(Adxl345IioDriver, SaysThatTheDeviceIsNotThere) {
  const Kernel kernel;
  std::filesystem::remove_all(kernel.root / "bus");
  Rig rig{kernel};
  rig.expect_refusal("iio:device0: cannot be opened");
}

TEST(Adxl345IioDriver, BelievesNoScaleThatMakesNoGravity) {
  const Kernel kernel;
  kernel.write("in_accel_scale", "0.004789");
  Rig rig{kernel};
  rig.run_until([&] { return rig.driver.counters().samples > 0; });
  EXPECT_THAT(rig.driver.problems(), Contains(HasSubstr("the kernel's scale of 0.004789")));
  EXPECT_NEAR(rig.read_all()[0].sample.accel_mps2[2], 9.79, 0.01);
}

TEST(BelievableIioScale, TakesTheKernelsWhereGravityConfirmsIt) {
  EXPECT_EQ(believable_iio_scale(0.0383, 500), 0.0383) << "moving, but the data sheet's own scale";
  EXPECT_EQ(believable_iio_scale(0.1532, 64), 0.1532) << "10 bits at 8 g";
  EXPECT_NEAR(believable_iio_scale(0.004789, 253), 0.0382459, 1e-7);
  EXPECT_NEAR(believable_iio_scale(0, 253), 0.0382459, 1e-7);
}

TEST(Adxl345I2cDriver, ReadsThroughTheKernelWhereThatHoldsTheChip) {
  const Kernel kernel;
  std::filesystem::create_directories(kernel.root / "bus/i2c/devices/1-0053/iio:device0");
  DriverRig rig;
  Adxl345I2cDriver driver{
      rig.io,
      {.device = {.name = "bed", .device = "/dev/i2c-1", .rate_hz = 50},
       .sysfs = kernel.root.path(),
       .open_bus = []() -> std::unique_ptr<I2cBus> { throw HeldByKernel("/dev/i2c-1: a kernel driver holds it"); }}};
  rig.spawn(driver);
  const BootTime deadline = BootClock::now() + 20s;
  while (driver.counters().samples == 0 && BootClock::now() < deadline) rig.io.run_for(10ms);
  EXPECT_GT(driver.counters().samples, 0U);
  EXPECT_THAT(driver.problems(), Contains(HasSubstr("echo 1-0053 | sudo tee")));
  driver.stop();
  rig.io.restart();
  rig.io.run();
}

TEST(IioScanType, IsReadAsTheKernelWritesIt) {
  EXPECT_EQ(parse_iio_scan_type("le:s13/16>>0"), (IioScanType{false, 13, 0}));
  EXPECT_EQ(parse_iio_scan_type("be:s12/16>>4"), (IioScanType{true, 12, 4}));
  for (const char* refused : {"", "le:u13/16>>0", "le:s13/32>>0", "le:s13/16>>4", "le:s0/16>>0", "le:s13/16X2>>0"}) {
    EXPECT_FALSE(parse_iio_scan_type(refused)) << refused;
  }
}

TEST(IioScanType, DecodesSignAndShift) {
  const std::array<std::uint8_t, 2> stored{0xf0, 0x8f};
  EXPECT_EQ((IioScanType{false, 16, 0}).decode(stored), static_cast<std::int16_t>(0x8ff0));
  EXPECT_EQ((IioScanType{true, 12, 4}).decode(stored), -248);
  EXPECT_EQ((IioScanType{false, 13, 0}).decode(stored), 0x0ff0);
}

}  // namespace
}  // namespace propriod::drivers
