#include "train/autocast.hpp"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace propriod::train {
namespace {

#if TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR >= 204

bool is_on(torch::DeviceType device) { return at::autocast::is_autocast_enabled(device); }
void turn(torch::DeviceType device, bool on) { at::autocast::set_autocast_enabled(device, on); }
torch::ScalarType type_of(torch::DeviceType device) { return at::autocast::get_autocast_dtype(device); }
void set_type(torch::DeviceType device, torch::ScalarType type) { at::autocast::set_autocast_dtype(device, type); }

#else  // one interface for each kind of device

bool is_on(torch::DeviceType device) {
  return device == torch::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
}
void turn(torch::DeviceType device, bool on) {
  device == torch::kCPU ? at::autocast::set_cpu_enabled(on) : at::autocast::set_enabled(on);
}
torch::ScalarType type_of(torch::DeviceType device) {
  return device == torch::kCPU ? at::autocast::get_autocast_cpu_dtype() : at::autocast::get_autocast_gpu_dtype();
}
void set_type(torch::DeviceType device, torch::ScalarType type) {
  device == torch::kCPU ? at::autocast::set_autocast_cpu_dtype(type) : at::autocast::set_autocast_gpu_dtype(type);
}

#endif

}  // namespace

Autocast::Autocast(torch::Device device, bool on)
    : device_(device.type()), on_(on), was_on_(is_on(device_)), was_(type_of(device_)) {
  if (!on_) return;
  set_type(device_, torch::kBFloat16);
  turn(device_, true);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!on_) return;
  // The outermost forgets the weights' copies in bfloat16, which the next step changes.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  turn(device_, was_on_);
  set_type(device_, was_);
}

}  // namespace propriod::train
