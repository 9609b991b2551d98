#include "model/torch_runtime.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <algorithm>

namespace propriod::model {
namespace {

/// A function of the BLAS that is loaded, or null. LibTorch has no interface for these.
template <typename Function>
Function* blas_function(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

std::string openblas_description() {
  auto* config = blas_function<const char*()>("openblas_get_config");
  if (config == nullptr) return {};
  std::string text = config();
  return text.substr(0, std::min(text.find("  "), text.size()));
}

}  // namespace

void set_torch_threads(int threads) {
  at::set_num_threads(threads);
  // OpenBLAS has threads of its own: one inference thread would otherwise keep every core busy.
  if (auto* set = blas_function<void(int)>("openblas_set_num_threads")) set(threads);
}

std::string torch_description() {
  std::string text = std::string("LibTorch ") + TORCH_VERSION;
  if (const auto blas = openblas_description(); !blas.empty()) text += ", " + blas;
  if (at::hasMKL()) text += ", MKL";
  return text;
}

std::string slow_blas_warning() {
  if (at::hasMKL() || !openblas_description().empty()) return {};
  return "LibTorch runs on the reference BLAS, which is several times slower; install libopenblas0-pthread";
}

}  // namespace propriod::model
