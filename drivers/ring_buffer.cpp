#include "drivers/ring_buffer.hpp"

namespace propriod::drivers {

bool RingBuffer::push(const Sample& sample) noexcept {
  if (!queue_.try_push({sample, gap_pending_})) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    gap_pending_ = true;
    return false;
  }
  gap_pending_ = false;
  return true;
}

}  // namespace propriod::drivers
