#include "drivers/device_access.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace propriod::drivers {
namespace {

/// The group that may use the device; where it has none of its own (root's), the one that Debian's rules would give it,
/// if any.
std::string group_of(const std::filesystem::path& device) {
  struct stat status {};
  if (stat(device.c_str(), &status) == 0 && status.st_gid != 0 && (status.st_mode & S_IWGRP) != 0) {
    group entry{};
    group* found = nullptr;
    std::array<char, 4096> buffer{};
    if (getgrgid_r(status.st_gid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
      return found->gr_name;
    }
  }
  const std::string name = device.filename().string();
  if (name.starts_with("iio:") || name.starts_with("gpiochip")) return {};
  return name.starts_with("i2c-") ? "i2c" : "dialout";
}

std::string remedy(const std::filesystem::path& device, int error) {
  switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
      return "is it plugged in, paired, and spelled right? `propriod sensors` lists what is there";
    case EACCES:
    case EPERM:
      if (group_of(device).empty()) return "only root may use it; a udev rule can give it to a group of yours";
      return fmt::format("join the group that may use it: sudo usermod -aG {} $USER, and log in anew",
                         group_of(device));
    case EBUSY:
      return fmt::format("another program holds it; `sudo fuser -v {}` names it", device.string());
    default:
      return "`propriod sensors` lists what is there";
  }
}

}  // namespace

std::string cannot_open(const std::filesystem::path& device, int error) {
  return fmt::format("{}: cannot be opened: {}; {}", device.string(), std::generic_category().message(error),
                     remedy(device, error));
}

std::filesystem::path behind_links(std::filesystem::path name) {
  constexpr int kMostLinks = 16;
  for (int links = 0; links < kMostLinks; ++links) {
    std::error_code no_link;
    const auto target = std::filesystem::read_symlink(name, no_link);
    if (no_link) break;
    name = name.parent_path() / target;
  }
  return name.lexically_normal();
}

std::string has_gone(const std::filesystem::path& device, std::string_view reason) {
  return fmt::format("{}: has gone ({}); trying to reach it again", device.string(), reason);
}

}  // namespace propriod::drivers
