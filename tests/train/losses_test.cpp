#include "train/losses.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <vector>

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

TEST_F(Losses, TaskLossSumsCrossEntropyAndDistillation) {
  const auto student = torch::randn({16, 12}, torch::kFloat64);
  const auto teacher = torch::randn({16, 12}, torch::kFloat64);
  const auto labels = torch::randint(12, {16}, torch::kInt64);
  const double expected =
      cross_entropy(rows_of(student), values_of(labels)) + 0.5 * distillation(rows_of(student), rows_of(teacher), 3);
  EXPECT_NEAR(distilled_task_loss(student, teacher, labels, {}).item<double>(), expected, 1e-9);
}

TEST_F(Losses, WindowsWithoutALabelDoNotCountForTheTask) {
  auto student = torch::randn({6, 4}).requires_grad_();
  const auto teacher = torch::randn({6, 4});
  const auto labels = torch::tensor({2, -1, 0, -1, -1, 3}, torch::kInt64);
  const auto labelled = torch::tensor({0, 2, 5}, torch::kInt64);
  const auto loss = distilled_task_loss(student, teacher, labels, {.all_labelled = false});
  EXPECT_NEAR(loss.item<double>(),
              distilled_task_loss(student.index_select(0, labelled), teacher.index_select(0, labelled),
                                  labels.index_select(0, labelled), {})
                  .item<double>(),
              1e-6);
  loss.backward();
  EXPECT_EQ(student.grad()[1].abs().sum().item<double>(), 0);
}

TEST_F(Losses, ABatchWithoutAnyLabelCostsNothing) {
  auto student = torch::randn({3, 4}).requires_grad_();
  const auto loss =
      distilled_task_loss(student, torch::randn({3, 4}), torch::full({3}, -1, torch::kInt64), {.all_labelled = false});
  EXPECT_EQ(loss.item<double>(), 0);
  loss.backward();
  EXPECT_EQ(student.grad().abs().sum().item<double>(), 0);
}

model::Logits random_logits() {
  return {torch::randn({8, 12}, torch::kFloat64), torch::randn({8, 3}, torch::kFloat64)};
}

TEST_F(Losses, BothTasksAreEquations1And5) {
  const auto student = random_logits();
  const auto teacher = random_logits();
  const Batch batch{{}, torch::randint(12, {8}, torch::kInt64), torch::randint(3, {8}, torch::kInt64)};
  const LossOptions options{.alpha = 0.3, .lambda = 0.7, .temperature = 2};
  const double ce1 = cross_entropy(rows_of(student.activity), values_of(batch.activity));
  const double ce2 = cross_entropy(rows_of(student.placement), values_of(batch.placement));
  const double d1 = distillation(rows_of(student.activity), rows_of(teacher.activity), 2);
  const double d2 = distillation(rows_of(student.placement), rows_of(teacher.placement), 2);
  EXPECT_NEAR(multitask_loss(student, batch, options).item<double>(), 0.3 * ce1 + 0.7 * ce2, 1e-9);
  EXPECT_NEAR(distilled_loss(student, teacher, batch, options).item<double>(),
              0.3 * (ce1 + 0.7 * d1) + 0.7 * (ce2 + 0.7 * d2), 1e-9);
}

TEST_F(Losses, LabelSmoothingSpreadsTheTarget) {
  const auto logits = torch::randn({16, 12}, torch::kFloat64);
  const auto labels = torch::randint(12, {16}, torch::kInt64);
  double to_all = 0;  // cross-entropy with all classes equally likely
  for (const auto& row : rows_of(logits)) {
    for (const double p : softmax(row, 1)) to_all -= std::log(p) / (12 * 16);
  }
  EXPECT_NEAR(task_loss(logits, labels, {.label_smoothing = 0.1}).item<double>(),
              0.9 * cross_entropy(rows_of(logits), values_of(labels)) + 0.1 * to_all, 1e-9);
}

}  // namespace
}  // namespace propriod::train
