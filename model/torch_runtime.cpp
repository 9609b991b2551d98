#include "model/torch_runtime.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <system_error>

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

/// OpenBLAS was built with threads of its own, which compete with LibTorch's (OpenMP) for the same processors.
bool blas_has_own_threads() {
  constexpr int kOwnThreads = 1;  // 0 none, 2 OpenMP: OpenBLAS, interface/openblas_get_parallel.c
  auto* parallel = blas_function<int()>("openblas_get_parallel");
  return parallel != nullptr && parallel() == kOwnThreads;
}

}  // namespace

void set_torch_threads(int threads) {
  // Both pools spin while they wait, and so take the processors from each other: then only one may have threads.
  at::set_num_threads(blas_has_own_threads() ? 1 : threads);
  if (auto* set = blas_function<void(int)>("openblas_set_num_threads")) set(threads);
}

int torch_threads() { return at::get_num_threads(); }

void keep_freed_memory() {
  // What is mapped on its own is unmapped as soon as it is freed. 32 MiB is the most that glibc takes here; where it
  // takes less it refuses, and training is a little slower.
  (void)mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
  (void)mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
}

void wait_without_much_spinning(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error || ::setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0) != 0) return;
  ::execv(program.c_str(), argv);  // returns only when it failed
}

std::string torch_description() {
  std::string text = std::string("LibTorch ") + TORCH_VERSION;
  if (const auto blas = openblas_description(); !blas.empty()) text += ", " + blas;
  if (at::hasMKL()) text += ", MKL";
  return text;
}

std::string blas_advice(int threads) {
  if (at::hasMKL()) return {};
  if (openblas_description().empty()) {
    return "LibTorch runs on the reference BLAS, which is several times slower; install libopenblas0-openmp";
  }
  if (threads > 1 && blas_has_own_threads()) {
    return "this OpenBLAS has threads of its own, which do not go together with LibTorch's; for faster training "
           "install "
           "libopenblas0-openmp in place of libopenblas0-pthread";
  }
  return {};
}

}  // namespace propriod::model
