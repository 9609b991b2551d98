// Does a user who may not open a device, or misspelt it, learn what to do?
#include "drivers/device_access.hpp"

#include <gmock/gmock.h>

#include <cerrno>
#include <filesystem>

#include "tests/support/temporary_directory.hpp"

namespace propriod::drivers {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(DeviceAccess, NamesTheGroupToJoin) {
  EXPECT_THAT(cannot_open("/dev/i2c-99", EACCES),
              AllOf(HasSubstr("/dev/i2c-99: cannot be opened: Permission denied"), HasSubstr("usermod -aG i2c $USER")));
  EXPECT_THAT(cannot_open("/dev/ttyUSB99", EACCES), HasSubstr("usermod -aG dialout $USER"));
  EXPECT_THAT(cannot_open("/dev/rfcomm99", EPERM), HasSubstr("usermod -aG dialout $USER"));
}

TEST(DeviceAccess, NamesNoGroupWhereDebianHasNone) {
  EXPECT_THAT(cannot_open("/dev/iio:device99", EACCES), HasSubstr("only root may use it; a udev rule"));
}

TEST(DeviceAccess, TellsWhatIsMissingFromWhatIsTaken) {
  EXPECT_THAT(cannot_open("/dev/ttyUSB99", ENOENT), HasSubstr("is it plugged in, paired, and spelled right?"));
  EXPECT_THAT(cannot_open("/dev/ttyUSB99", EBUSY), HasSubstr("sudo fuser -v /dev/ttyUSB99"));
}

TEST(DeviceAccess, FollowsLinksToTheDevice) {
  const tests::TemporaryDirectory folder;
  std::filesystem::create_directories(folder / "serial/by-id");
  std::filesystem::create_symlink("../../ttyUSB0", folder / "serial/by-id/usb-one");
  std::filesystem::create_symlink(folder / "serial/by-id/usb-one", folder / "mine");
  EXPECT_EQ(behind_links(folder / "serial/by-id/usb-one"), folder / "ttyUSB0");
  EXPECT_EQ(behind_links(folder / "mine"), folder / "ttyUSB0");
  EXPECT_EQ(behind_links(folder / "ttyUSB0"), folder / "ttyUSB0");
  std::filesystem::create_symlink("round", folder / "round");
  EXPECT_EQ(behind_links(folder / "round"), folder / "round");
}

}  // namespace
}  // namespace propriod::drivers
