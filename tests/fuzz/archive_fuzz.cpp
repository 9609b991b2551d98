#include "train/archive.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "tests/support/temporary_directory.hpp"
#include "train/errors.hpp"

/// Is every archive either read within its limits, or refused with a DataSetError?
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace propriod;
  static const tests::TemporaryDirectory directory;
  static const auto path = directory / "fuzz.zip";
  std::ofstream(path, std::ios::binary) << std::string_view(reinterpret_cast<const char*>(data), size);
  constexpr train::ArchiveLimits kLimits{.bytes = 1 << 20, .members = 100};
  std::uint64_t bytes = 0;
  std::uint64_t members = 0;
  try {
    train::visit_archive(
        path,
        [&](const train::DataFile& file) {
          if (file.name.starts_with('.') || file.name.find('\n') != std::string::npos) std::abort();
          if (++members % 4 == 0) return;  // passed over
          const auto content = file.open();
          std::array<char, 4096> block;
          while (const auto count = content->read(block)) bytes += count;
        },
        kLimits);
  } catch (const train::DataSetError&) {
  }
  if (bytes > kLimits.bytes || members > kLimits.members) std::abort();
  return 0;
}
