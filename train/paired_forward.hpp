#pragma once

#include "model/network.hpp"

namespace propriod::train {

/// What student and teacher say of the same windows.
struct PairedLogits {
  model::Logits student;  ///< with a gradient
  model::Logits teacher;  ///< without
};

/// Runs both over `accel` (N, 3, window). Two or three threads of a CPU are shared out between the two networks, which
/// need nothing of each other: then the teacher runs on another thread until this returns. More threads serve one
/// network after the other. What either throws is thrown here.
[[nodiscard]] PairedLogits forward_both(model::Network& student, model::Network& teacher, const torch::Tensor& accel);

}  // namespace propriod::train
