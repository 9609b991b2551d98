#include "train/losses.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "train/smooth_distill.hpp"

namespace propriod::train {
namespace {

using Rows = std::vector<std::vector<double>>;

/// The equations of the paper once more, in plain float64 and without LibTorch.
std::vector<double> softmax(const std::vector<double>& logits, double temperature) {
  double sum = 0;
  std::vector<double> result;
  for (const double z : logits) sum += std::exp(z / temperature);
  for (const double z : logits) result.push_back(std::exp(z / temperature) / sum);
  return result;
}

double distillation(const Rows& student, const Rows& teacher, double temperature) {  // Eq. 2
  double sum = 0;
  for (std::size_t n = 0; n < student.size(); ++n) {
    const auto s = softmax(student[n], temperature);
    const auto t = softmax(teacher[n], temperature);
    for (std::size_t k = 0; k < s.size(); ++k) sum += t[k] * (std::log(t[k]) - std::log(s[k]));
  }
  return temperature * temperature * sum / static_cast<double>(student.size());
}

double cross_entropy(const Rows& student, const std::vector<std::int64_t>& labels) {
  double sum = 0;
  for (std::size_t n = 0; n < student.size(); ++n) {
    sum -= std::log(softmax(student[n], 1)[static_cast<std::size_t>(labels[n])]);
  }
  return sum / static_cast<double>(student.size());
}

Rows rows_of(const torch::Tensor& logits) {
  Rows rows;
  for (std::int64_t n = 0; n < logits.size(0); ++n) {
    rows.emplace_back();
    for (std::int64_t k = 0; k < logits.size(1); ++k) rows.back().push_back(logits[n][k].item<double>());
  }
  return rows;
}

std::vector<std::int64_t> values_of(const torch::Tensor& labels) {
  return {labels.data_ptr<std::int64_t>(), labels.data_ptr<std::int64_t>() + labels.numel()};
}

class Losses : public testing::Test {
 protected:
  void SetUp() override { torch::manual_seed(7); }
};

TEST_F(Losses, DistillationIsEquation2) {
  for (const double temperature : {1.0, 3.0, 8.0}) {
    const auto student = torch::randn({16, 12}) * 4;
    const auto teacher = torch::randn({16, 12}) * 4;
    const double expected = distillation(rows_of(student), rows_of(teacher), temperature);
    EXPECT_NEAR(distillation_loss(student.to(torch::kFloat64), teacher.to(torch::kFloat64), temperature).item<double>(),
                expected, 1e-9);
    EXPECT_NEAR(distillation_loss(student, teacher, temperature).item<double>(), expected,
                1e-6 * std::max(1.0, expected));
  }
}

TEST_F(Losses, DistillationOfEqualLogitsIsZeroAndHasNoGradient) {
  auto student = torch::randn({8, 5}).requires_grad_();
  const auto loss = distillation_loss(student, student.detach(), 3);
  EXPECT_NEAR(loss.item<double>(), 0, 1e-6);
  loss.backward();
  EXPECT_LT(student.grad().abs().max().item<double>(), 1e-6);
}

TEST_F(Losses, TeacherGetsNoGradient) {
  auto student = torch::randn({8, 5}).requires_grad_();
  auto teacher = torch::randn({8, 5}).requires_grad_();
  distillation_loss(student, teacher, 3).backward();
  EXPECT_TRUE(student.grad().defined());
  EXPECT_FALSE(teacher.grad().defined());
}

TEST_F(Losses, TaskLossSumsCrossEntropyAndDistillation) {
  const auto student = torch::randn({16, 12}, torch::kFloat64);
  const auto teacher = torch::randn({16, 12}, torch::kFloat64);
  const auto labels = torch::randint(12, {16}, torch::kInt64);
  const double expected =
      cross_entropy(rows_of(student), values_of(labels)) + 0.5 * distillation(rows_of(student), rows_of(teacher), 3);
  EXPECT_NEAR(distilled_task_loss(student, teacher, labels, true, 0.5, 3).item<double>(), expected, 1e-9);
}

TEST_F(Losses, WindowsWithoutALabelDoNotCountForTheTask) {
  auto student = torch::randn({6, 4}).requires_grad_();
  const auto teacher = torch::randn({6, 4});
  const auto labels = torch::tensor({2, -1, 0, -1, -1, 3}, torch::kInt64);
  const auto labelled = torch::tensor({0, 2, 5}, torch::kInt64);
  const auto loss = distilled_task_loss(student, teacher, labels, false, 0.5, 3);
  EXPECT_NEAR(loss.item<double>(),
              distilled_task_loss(student.index_select(0, labelled), teacher.index_select(0, labelled),
                                  labels.index_select(0, labelled), true, 0.5, 3)
                  .item<double>(),
              1e-6);
  loss.backward();
  EXPECT_EQ(student.grad()[1].abs().sum().item<double>(), 0);
}

TEST_F(Losses, ABatchWithoutAnyLabelCostsNothing) {
  auto student = torch::randn({3, 4}).requires_grad_();
  const auto loss =
      distilled_task_loss(student, torch::randn({3, 4}), torch::full({3}, -1, torch::kInt64), false, 0.5, 3);
  EXPECT_EQ(loss.item<double>(), 0);
  loss.backward();
  EXPECT_EQ(student.grad().abs().sum().item<double>(), 0);
}

// ---------------------------------------------------------------------------------------------------------------------

std::shared_ptr<model::Network> small_network(bool batch_norm = false) {
  return model::make_network({.name = "mtl-net", .batch_norm = batch_norm}, 100, 12, 3);
}

Batch random_batch(std::int64_t windows) {
  return {torch::randn({windows, 3, 100}) * 10, torch::randint(12, {windows}, torch::kInt64),
          torch::randint(3, {windows}, torch::kInt64)};
}

class SmoothDistillTest : public Losses {};

TEST_F(SmoothDistillTest, TeacherStartsEqualToTheStudent) {
  SmoothDistill method(small_network(), small_network(), {});
  EXPECT_EQ(model::weights_of(method.student()), model::weights_of(method.teacher()));
}

TEST_F(SmoothDistillTest, LossIsEquation5) {
  const SmoothDistill::Options options{.alpha = 0.3, .lambda = 0.7, .temperature = 2};
  auto student_network = small_network();
  auto teacher_network = small_network();
  student_network->to(torch::kFloat64);  // so that only the equation is compared, not float32's rounding
  teacher_network->to(torch::kFloat64);
  SmoothDistill method(student_network, teacher_network, options);
  method.student().parameters()[0].data() += 0.05;  // or the distillation would be zero
  auto batch = random_batch(8);
  batch.accel = batch.accel.to(torch::kFloat64);
  const torch::NoGradGuard no_grad;
  const auto student = method.student().forward(batch.accel);
  const auto teacher = method.teacher().forward(batch.accel);
  const auto task = [&](const torch::Tensor& s, const torch::Tensor& t, const torch::Tensor& labels) {
    return cross_entropy(rows_of(s), values_of(labels)) + 0.7 * distillation(rows_of(s), rows_of(t), 2);
  };
  EXPECT_NEAR(method.loss(batch).item<double>(),
              0.3 * task(student.activity, teacher.activity, batch.activity) +
                  0.7 * task(student.placement, teacher.placement, batch.placement),
              1e-6);
}

TEST_F(SmoothDistillTest, TeacherAfterStepsIsTheClosedFormOfEquation4) {
  const double beta = 0.9;
  SmoothDistill method(small_network(), small_network(), {.beta = beta});
  std::vector<torch::Tensor> students;  // θ_S after step 0, 1, …
  const auto weight = [](model::Network& network) { return network.named_parameters()["fc2.weight"]; };
  students.push_back(weight(method.student()).detach().to(torch::kFloat64));
  constexpr int kSteps = 20;
  for (int step = 0; step < kSteps; ++step) {
    const torch::NoGradGuard no_grad;
    weight(method.student()).add_(torch::randn({512, 1024}) * 0.1);
    students.push_back(weight(method.student()).to(torch::kFloat64, /*non_blocking=*/false, /*copy=*/true));
    method.update_teacher();
  }
  // θ_T after k steps = β^k θ_0 + (1 − β) Σ_i β^(k − i) θ_i
  auto expected = students[0] * std::pow(beta, kSteps);
  for (int i = 1; i <= kSteps; ++i) {
    expected += students[static_cast<std::size_t>(i)] * ((1 - beta) * std::pow(beta, kSteps - i));
  }
  EXPECT_LT((weight(method.teacher()).to(torch::kFloat64) - expected).abs().max().item<double>(), 1e-6);
}

TEST_F(SmoothDistillTest, TeacherGetsNoGradientAndRunsBatchNormInInferenceMode) {
  SmoothDistill method(small_network(true), small_network(true), {});
  method.student().train();
  const auto teacher_before = model::weights_of(method.teacher());
  method.loss(random_batch(8)).backward();
  for (const auto& parameter : method.teacher().parameters()) {
    EXPECT_FALSE(parameter.requires_grad());
    EXPECT_FALSE(parameter.grad().defined());
  }
  EXPECT_EQ(model::weights_of(method.teacher()), teacher_before);  // its running statistics too
  EXPECT_NE(model::weights_of(method.student()), teacher_before);  // whereas the student's moved
}

TEST_F(SmoothDistillTest, CopiesBuffersToTheTeacher) {
  SmoothDistill method(small_network(true), small_network(true), {});
  method.student().train();
  (void)method.loss(random_batch(8));
  method.update_teacher();
  EXPECT_TRUE(torch::equal(method.student().named_buffers()["norm1.running_mean"],
                           method.teacher().named_buffers()["norm1.running_mean"]));
}

}  // namespace
}  // namespace propriod::train
