#pragma once

#include <string>
#include <vector>

#include "train/recipe.hpp"
#include "train/step_trace.hpp"

namespace propriod::train {

/// How far the same steps on two devices may come apart. Both add up in another order, so they differ by float32's
/// rounding, and Adam makes the most of it: it divides by the gradient's own size. The figures that were measured for
/// this stand in self_check.cpp.
struct SelfCheckTolerance {
  double loss = 0;     ///< see StepDistance
  double weights = 0;  ///< likewise
};

/// One way to do the steps, beside the reference.
struct SelfCheckRow {
  StepTrace trace;
  StepDistance distance;
  SelfCheckTolerance tolerance;
  [[nodiscard]] bool agrees() const noexcept {
    return distance.loss <= tolerance.loss && distance.weights <= tolerance.weights;
  }
};

struct SelfCheck {
  std::string method, architecture;
  StepTrace reference;             ///< on the CPU, step by step
  std::vector<SelfCheckRow> rows;  ///< at least one
  [[nodiscard]] bool passed() const noexcept;
};

/// Trains 50 steps in each of the method's phases on made-up windows (batches of 64) on the CPU, and again on `device`,
/// "cpu" or "cuda", from the same weights with the same batches: on a GPU kernel by kernel and, unless `cuda_graph` is
/// false, with a captured step. The recipe's augmentation is left out, TF32 is off and the highest learning rate is
/// 0.0001: each device draws and rounds in its own way, and that should stay small. On the CPU the second training must
/// be equal to the last bit. Throws std::runtime_error when method or network draw random numbers (dropout) all the
/// same, or std::runtime_error of LibTorch's.
[[nodiscard]] SelfCheck self_check(const Recipe& recipe, const std::string& device, bool cuda_graph);

/// A table and a verdict for people.
[[nodiscard]] std::string to_text(const SelfCheck& check);

}  // namespace propriod::train
