#include "train/smooth_distill.hpp"

#include <torch/torch.h>

#include <utility>

#include "train/adam.hpp"
#include "train/losses.hpp"

namespace propriod::train {
namespace {

void copy_all(const std::vector<torch::Tensor>& from, const std::vector<torch::Tensor>& to) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
}

}  // namespace

SmoothDistill::SmoothDistill(std::shared_ptr<model::Network> student, std::shared_ptr<model::Network> teacher,
                             const Options& options)
    : student_(std::move(student)),
      teacher_(std::move(teacher)),
      student_parameters_(student_->parameters()),
      teacher_parameters_(teacher_->parameters()),
      student_buffers_(student_->buffers()),
      teacher_buffers_(teacher_->buffers()),
      options_(options) {
  const torch::NoGradGuard no_grad;
  copy_all(student_parameters_, teacher_parameters_);
  copy_all(student_buffers_, teacher_buffers_);
  for (const auto& parameter : teacher_parameters_) parameter.set_requires_grad(false);
  teacher_->eval();
}

torch::Tensor SmoothDistill::loss(const Batch& batch) {
  const auto student = student_->forward(batch.accel);
  const auto teacher = [&] {
    const torch::NoGradGuard no_grad;
    return teacher_->forward(batch.accel);
  }();
  const auto& o = options_;
  return o.alpha * distilled_task_loss(student.activity, teacher.activity, batch.activity, o.all_labelled, o.lambda,
                                       o.temperature) +
         (1 - o.alpha) * distilled_task_loss(student.placement, teacher.placement, batch.placement, o.all_labelled,
                                             o.lambda, o.temperature);
}

void SmoothDistill::update_teacher() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < teacher_parameters_.size(); ++i) {
    move_average(teacher_parameters_[i], student_parameters_[i], options_.beta);
  }
  copy_all(student_buffers_, teacher_buffers_);
}

}  // namespace propriod::train
