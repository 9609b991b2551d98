#pragma once

#include "train/adam.hpp"
#include "train/method.hpp"

namespace propriod::train {

/// One step of a training: loss, gradients, parameters, and what moves with them. Returns what the loss was made of;
/// the gradients are used up.
StepLoss take_step(Method& method, Adam& optimizer, const Batch& batch, double learning_rate);

}  // namespace propriod::train
