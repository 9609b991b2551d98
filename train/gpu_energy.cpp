#include "train/gpu_energy.hpp"

#include <dlfcn.h>

#include <array>

namespace propriod::train {
namespace {

// What we need of NVML's interface; its versions keep it.
using Device = void*;
constexpr int kGood = 0;            // NVML_SUCCESS
constexpr unsigned kMostName = 96;  // NVML_DEVICE_NAME_V2_BUFFER_SIZE

}  // namespace

/// The library, loaded.
struct GpuEnergyMeter::Nvml {
  void* handle = nullptr;
  bool begun = false;
  Device device = nullptr;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  const char* (*error)(int) = nullptr;
  int (*by_pci)(const char*, Device*) = nullptr;
  int (*name)(Device, char*, unsigned) = nullptr;
  int (*energy)(Device, unsigned long long*) = nullptr;

  Nvml() = default;
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  ~Nvml() {
    if (begun) shutdown();
    if (handle != nullptr) ::dlclose(handle);
  }

  template <typename Function>
  bool find(const char* symbol, Function& function) const {
    function = reinterpret_cast<Function>(::dlsym(handle, symbol));
    return function != nullptr;
  }

  /// False when this is no NVML, or one from before there was a counter.
  bool find_all() {
    return find("nvmlInit_v2", init) && find("nvmlShutdown", shutdown) && find("nvmlErrorString", error) &&
           find("nvmlDeviceGetHandleByPciBusId_v2", by_pci) && find("nvmlDeviceGetName", name) &&
           find("nvmlDeviceGetTotalEnergyConsumption", energy);
  }
};

GpuEnergyMeter::GpuEnergyMeter(const std::string& pci_address, const char* library) : nvml_(std::make_unique<Nvml>()) {
  auto& nvml = *nvml_;
  nvml.handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (nvml.handle == nullptr) {
    failure_ = std::string(library) + " (of NVIDIA's driver) cannot be loaded";
    return;
  }
  if (!nvml.find_all()) {
    failure_ = std::string(library) + " is no NVML that counts energy";
    return;
  }
  const auto failed = [&](int status, const char* what) {
    if (status == kGood) return false;
    failure_ = std::string("NVML ") + what + ": " + nvml.error(status);
    return true;
  };
  if (failed(nvml.init(), "does not start")) return;
  nvml.begun = true;
  if (failed(nvml.by_pci(pci_address.c_str(), &nvml.device), ("does not find the GPU " + pci_address).c_str())) return;
  unsigned long long start = 0;
  if (failed(nvml.energy(nvml.device, &start), "does not say the GPU's energy")) return;
  start_mj_ = start;
  std::array<char, kMostName> name{};
  if (nvml.name(nvml.device, name.data(), kMostName) == kGood) name_ = name.data();
}

GpuEnergyMeter::~GpuEnergyMeter() = default;

EnergyReading GpuEnergyMeter::finish() {
  unsigned long long now = 0;
  if (failure_.empty()) {
    if (const int status = nvml_->energy(nvml_->device, &now); status != kGood) {
      failure_ = std::string("NVML no longer says the GPU's energy: ") + nvml_->error(status);
    } else if (now < start_mj_) {
      failure_ = "the GPU's counter started again, as when the driver is loaded anew";
    }
  }
  if (!failure_.empty()) return {.joules = {}, .source = "not measured: " + failure_};
  return {.joules = static_cast<double>(now - start_mj_) / 1e3, .source = name_.empty() ? "NVML" : "NVML " + name_};
}

}  // namespace propriod::train
