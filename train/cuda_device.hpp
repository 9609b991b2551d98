#pragma once

#include <string>

namespace propriod::train {

/// Whether LibTorch was built for GPUs; one may be missing all the same.
[[nodiscard]] bool built_with_cuda() noexcept;

/// The PCI address of the GPU that trains, e.g. "0000:65:00.0"; empty with a LibTorch without CUDA. Throws c10::Error
/// when there is no GPU.
[[nodiscard]] std::string gpu_pci_address();

}  // namespace propriod::train
