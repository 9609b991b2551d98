#include "train/cuda_device.hpp"

#ifdef PROPRIOD_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <spdlog/fmt/fmt.h>
#endif

namespace propriod::train {

bool built_with_cuda() noexcept {
#ifdef PROPRIOD_CUDA
  return true;
#else
  return false;
#endif
}

std::string gpu_pci_address() {
#ifdef PROPRIOD_CUDA
  const auto* gpu = at::cuda::getCurrentDeviceProperties();
  return fmt::format("{:04x}:{:02x}:{:02x}.0", gpu->pciDomainID, gpu->pciBusID, gpu->pciDeviceID);
#else
  return {};
#endif
}

}  // namespace propriod::train
