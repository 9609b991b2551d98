#include "train/own_stream.hpp"

#include <c10/core/impl/DeviceGuardImplInterface.h>

namespace propriod::train {

OwnStream::OwnStream(c10::Device device) {
  if (!device.is_cuda()) return;
  const auto* gpu = c10::impl::getDeviceGuardImpl(device.type());
  guard_.reset_stream(gpu->getStreamFromGlobalPool(device.has_index() ? device : gpu->getDevice()));
}

}  // namespace propriod::train
