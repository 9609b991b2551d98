#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace propriod::train {

/// What an energy meter says at the end.
struct EnergyReading {
  std::optional<double> joules;  ///< none where nothing measures
  std::string source;            ///< what was read, e.g. "RAPL package-0", or "not measured: …" with the reason
};

/// Energy of the processor packages of this machine, whoever uses them, from Linux' powercap interface to Intel's RAPL
/// (AMD's, too): `intel-rapl:N/energy_uj` counts microjoules and starts again at `max_energy_range_uj`, after minutes
/// at the earliest. One thread.
class EnergyMeter {
 public:
  /// Starts to measure. `powercap`: tests have one of their own.
  explicit EnergyMeter(std::filesystem::path powercap = "/sys/class/powercap");

  /// Reads the counters; to be called at least once a minute, or energy is lost when a counter starts again twice.
  void update();

  /// The energy since the start. A counter that can no longer be read makes it "not measured", never a part of the
  /// truth.
  [[nodiscard]] EnergyReading finish();

 private:
  struct Package {
    std::filesystem::path counter;
    std::string name;
    std::uint64_t range_uj;  ///< the counter's values lie below
    std::uint64_t last_uj;
  };

  std::vector<Package> packages_;
  double joules_ = 0;
  std::string failure_;  ///< why nothing is measured; empty while all is well
};

/// The most memory that this process has held at once so far (its peak resident set), in bytes; 0 where the system does
/// not say.
[[nodiscard]] std::int64_t peak_memory_bytes() noexcept;

}  // namespace propriod::train
