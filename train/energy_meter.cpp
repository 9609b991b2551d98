#include "train/energy_meter.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <system_error>
#include <utility>

#include "drivers/parse_number.hpp"

namespace propriod::train {
namespace {

/// The first line of one of the kernel's small files.
std::optional<std::string> line_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

std::optional<std::uint64_t> number_of(const std::filesystem::path& path) {
  std::uint64_t number = 0;
  const auto line = line_of(path);
  if (!line || !drivers::parse_number(*line, number)) return std::nullopt;
  return number;
}

/// The packages only: their parts (`intel-rapl:0:1`) would count twice, and the platform (`psys`) holds them all.
std::vector<std::filesystem::path> package_folders(const std::filesystem::path& powercap) {
  static const std::regex kPackage{R"(intel-rapl:\d{1,4})"};
  std::vector<std::filesystem::path> folders;
  std::error_code error;
  std::filesystem::directory_iterator entries(powercap, error);
  for (; !error && entries != std::filesystem::directory_iterator{}; entries.increment(error)) {
    if (!std::regex_match(entries->path().filename().string(), kPackage)) continue;
    if (line_of(entries->path() / "name").value_or("").starts_with("package-")) folders.push_back(entries->path());
  }
  std::ranges::sort(folders);
  return folders;
}

}  // namespace

EnergyMeter::EnergyMeter(std::filesystem::path powercap) {
  for (const auto& folder : package_folders(powercap)) {
    const auto counter = folder / "energy_uj";
    const auto range = number_of(folder / "max_energy_range_uj");
    const auto start = number_of(counter);
    if (!range || !start) {
      failure_ = counter.string() + " cannot be read (the kernel lets only root)";
      return;
    }
    packages_.push_back({.counter = counter, .name = *line_of(folder / "name"), .range_uj = *range, .last_uj = *start});
  }
  if (packages_.empty()) failure_ = "this machine has no RAPL counters in " + powercap.string();
}

void EnergyMeter::update() {
  if (!failure_.empty()) return;
  for (auto& package : packages_) {
    const auto now = number_of(package.counter);
    if (!now) {
      failure_ = package.counter.string() + " could no longer be read";
      return;
    }
    const std::uint64_t used =
        *now >= package.last_uj ? *now - package.last_uj : package.range_uj - package.last_uj + *now;
    joules_ += static_cast<double>(used) / 1e6;
    package.last_uj = *now;
  }
}

EnergyReading EnergyMeter::finish() {
  update();
  if (!failure_.empty()) return {.joules = {}, .source = "not measured: " + failure_};
  std::string source = "RAPL";
  for (const auto& package : packages_) source += (source == "RAPL" ? " " : ", ") + package.name;
  return {.joules = joules_, .source = source};
}

std::int64_t peak_memory_bytes() noexcept {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return std::int64_t{1024} * usage.ru_maxrss;  // Linux counts KiB
}

}  // namespace propriod::train
