#pragma once

#include <malloc.h>

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace propriod::tests {

/// How many file descriptors this process has open.
inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// What this process has allocated and not freed, beside `known`. 0 under a sanitizer: AddressSanitizer looks for leaks
/// itself.
inline std::size_t heap_bytes(std::size_t known = 0) {
  const auto info = mallinfo2();
  const std::size_t all = info.uordblks + info.hblkhd;  // large blocks are mapped
  return all > known ? all - known : 0;
}

}  // namespace propriod::tests
