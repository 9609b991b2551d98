#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "train/energy_meter.hpp"

namespace propriod::train {

/// Energy of one NVIDIA GPU, whoever uses it, from the counter of its driver's library NVML
/// (`nvmlDeviceGetTotalEnergyConsumption`: millijoules since the driver was loaded; Volta and newer). The library is
/// loaded while the program runs, so none is needed to build or where there is no GPU. One thread.
class GpuEnergyMeter {
 public:
  /// Starts to measure. `pci_address`: of the GPU, e.g. "0000:65:00.0", see `gpu_pci_address`. `library`: tests have
  /// one of their own.
  explicit GpuEnergyMeter(const std::string& pci_address, const char* library = "libnvidia-ml.so.1");
  ~GpuEnergyMeter();
  GpuEnergyMeter(const GpuEnergyMeter&) = delete;
  GpuEnergyMeter& operator=(const GpuEnergyMeter&) = delete;

  /// The energy since the start; "not measured: …" where the library, the GPU or its counter is missing, or the counter
  /// started again.
  [[nodiscard]] EnergyReading finish();

 private:
  struct Nvml;
  std::unique_ptr<Nvml> nvml_;
  std::string name_;
  std::uint64_t start_mj_ = 0;
  std::string failure_;  ///< why nothing is measured; empty while all is well
};

}  // namespace propriod::train
