#include "train/paired_forward.hpp"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <torch/torch.h>

namespace propriod::train {

PairedLogits forward_both(model::Network& student, model::Network& teacher, const torch::Tensor& accel) {
  PairedLogits logits;
  const at::ThreadLocalState callers;  // mixed precision, for one, is a thread's own
  const auto run = [&](std::int64_t begin, std::int64_t end) {
    if (begin == 0) logits.student = student.forward(accel);  // always on the calling thread, whose graph it is
    if (end == 2) {
      const at::ThreadLocalStateGuard as_caller(callers);
      const torch::NoGradGuard no_grad;
      logits.teacher = teacher.forward(accel);
    }
  };
  const auto threads = at::get_num_threads();
  if (accel.is_cpu() && (threads == 2 || threads == 3)) {
    at::parallel_for(0, 2, /*grain_size=*/1, run);
  } else {
    run(0, 2);
  }
  return logits;
}

}  // namespace propriod::train
