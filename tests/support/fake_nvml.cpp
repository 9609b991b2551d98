// Stands in for NVIDIA's management library: one GPU, whose energy and failures are what the environment says.
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kGood = 0;
constexpr int kNotFound = 6;
constexpr int kNotSupported = 3;

bool set(const char* name) { return std::getenv(name) != nullptr; }

int the_gpu;

}  // namespace

extern "C" {

int nvmlInit_v2() { return set("FAKE_NVML_NO_DRIVER") ? 9 : kGood; }
int nvmlShutdown() { return kGood; }
const char* nvmlErrorString(int status) {
  return status == 9 ? "Driver Not Loaded" : status == kNotFound ? "Not Found" : "Not Supported";
}
int nvmlDeviceGetHandleByPciBusId_v2(const char* address, void** device) {
  if (std::strcmp(address, "0000:65:00.0") != 0) return kNotFound;
  *device = &the_gpu;
  return kGood;
}
int nvmlDeviceGetName(void* device, char* name, unsigned size) {
  if (device != &the_gpu) return kNotFound;
  std::snprintf(name, size, "Fake GPU");
  return kGood;
}
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* millijoules) {
  if (device != &the_gpu) return kNotFound;
  const char* energy = std::getenv("FAKE_NVML_MILLIJOULES");
  if (energy == nullptr) return kNotSupported;
  *millijoules = std::strtoull(energy, nullptr, 10);
  return kGood;
}
}
