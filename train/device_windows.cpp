#include "train/device_windows.hpp"

#include <torch/torch.h>

namespace propriod::train {

DeviceWindows::DeviceWindows(const WindowSet& set, int window, double scale, torch::Device device) {
  const auto count = static_cast<std::int64_t>(set.size());
  // from_blob only reads here, but its interface has no const.
  const auto view = [&](const auto& values, at::IntArrayRef shape, torch::Dtype type) {
    auto* first = const_cast<void*>(static_cast<const void*>(values.data()));  // NOLINT(*-const-cast)
    return torch::from_blob(first, shape, type).to(device);
  };
  all_ = {.accel = view(set.accel, {count, 3, window}, torch::kFloat32),
          .activity = view(set.activity, {count}, torch::kInt64),
          .placement = view(set.placement, {count}, torch::kInt64)};
  if (scale != 1) all_.accel = all_.accel * scale;
}

Batch DeviceWindows::batch(const torch::Tensor& rows) const {
  auto batch = labels(rows);
  batch.accel = all_.accel.index_select(0, rows);
  return batch;
}

Batch DeviceWindows::labels(const torch::Tensor& rows) const {
  return {
      .accel = {}, .activity = all_.activity.index_select(0, rows), .placement = all_.placement.index_select(0, rows)};
}

}  // namespace propriod::train
