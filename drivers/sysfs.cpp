#include "drivers/sysfs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace propriod::drivers {

std::optional<std::string> read_attribute(const std::filesystem::path& attribute) {
  const int descriptor = open(attribute.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::array<char, 4096> text;  // what the kernel gives at most
  const ssize_t length = read(descriptor, text.data(), text.size());
  close(descriptor);
  if (length < 0) return std::nullopt;
  std::string_view line{text.data(), static_cast<std::size_t>(length)};
  while (line.ends_with('\n')) line.remove_suffix(1);
  return std::string{line};
}

std::error_code write_attribute(const std::filesystem::path& attribute, std::string_view text) noexcept {
  const int descriptor = open(attribute.c_str(), O_WRONLY | O_CLOEXEC | O_TRUNC);
  if (descriptor < 0) return {errno, std::generic_category()};
  const bool written = write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const std::error_code error{written ? 0 : errno, std::generic_category()};
  close(descriptor);
  return error;
}

}  // namespace propriod::drivers
