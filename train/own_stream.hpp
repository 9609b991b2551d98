#pragma once

#include <c10/core/StreamGuard.h>

namespace propriod::train {

/// While it lives, what this thread has a GPU do goes through a stream of its own: work in the default stream cannot be
/// captured in a graph. Does nothing for the CPU. Thread-bound; on the stack or a member, never moved.
class OwnStream {
 public:
  explicit OwnStream(c10::Device device);

 private:
  c10::OptionalStreamGuard guard_;
};

}  // namespace propriod::train
