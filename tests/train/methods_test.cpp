#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/model/formula_weights.hpp"
#include "train/method.hpp"
#include "train/step.hpp"

// The first steps of every method beside plain eager PyTorch. Fixture: make_steps_fixture.py.
namespace propriod::train {
namespace {

using nlohmann::json;

constexpr std::int64_t kBatch = 16;
constexpr int kSteps = 20;
constexpr double kTolerance = 1e-4;  // relative
constexpr double kRounding = 6e-8;   // of a float32, relative

Batch batch_of(int step) {
  auto accel = model::scaled("accel" + std::to_string(step), kBatch * 300, 10);
  const auto n = torch::arange(kBatch, torch::kInt64);
  return {torch::from_blob(accel.data(), {kBatch, 3, 100}).clone(), (7 * n + 3 * step) % 12, (5 * n + step) % 3};
}

NetworkPointer formula_network(bool separate_tasks) {
  auto network = model::make_network({.name = "mtl-net", .batch_norm = false, .separate_tasks = separate_tasks}, 100,
                                     /*activities=*/12, /*placements=*/3);
  model::load_weights(*network, model::formula_weights(*network));
  return network;
}

/// Norm of how far a parameter moved, and eight of its values, against those of PyTorch.
void expect_equal(const model::Network& network, const json& expected) {
  const auto start = model::formula_weights(network);
  const auto now = model::weights_of(network);
  ASSERT_EQ(now.size(), expected.size());
  for (std::size_t t = 0; t < now.size(); ++t) {
    const auto& values = now[t].values;
    const auto& theirs = expected.at(now[t].name);
    double moved = 0;
    double largest = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      moved += std::pow(static_cast<double>(values[i]) - static_cast<double>(start[t].values[i]), 2);
      largest = std::max(largest, std::abs(static_cast<double>(values[i])));
    }
    const double norm = theirs.at("moved");
    // A teacher hardly moves in twenty steps: beside that, float32's rounding of each value at each step is no trifle.
    const double rounding = kRounding * largest * std::sqrt(static_cast<double>(values.size()) * kSteps);
    // A movement is a small difference of weights: 1e-4 of the weights themselves would be far more than is allowed
    // here.
    EXPECT_NEAR(std::sqrt(moved), norm, kTolerance * norm + rounding) << now[t].name;
    for (std::size_t k = 0; k < 8; ++k) {
      const auto index = k * (values.size() - 1) / 7;
      EXPECT_NEAR(values[index], theirs.at("values").at(k).get<double>(), kTolerance * largest)
          << now[t].name << "[" << index << "]";
    }
  }
}

class FirstSteps : public testing::TestWithParam<std::string> {
 protected:
  FirstSteps() : fixture_(json::parse(std::ifstream(PROPRIOD_STEPS_FIXTURE))) { torch::manual_seed(5); }

  /// False where this LibTorch draws other numbers than the PyTorch that made the fixture.
  [[nodiscard]] bool draws_as_the_fixture() const {
    const auto draws = torch::dropout(torch::ones({16}), 0.5, /*train=*/true);
    const auto expected = fixture_.at("draws").get<std::vector<float>>();
    torch::manual_seed(5);
    return torch::equal(draws, torch::tensor(expected));
  }

  json fixture_;
};

TEST_P(FirstSteps, EqualThoseOfPyTorch) {
  const auto name = GetParam();
  if (name == "sd-dropout" && !draws_as_the_fixture()) {
    GTEST_SKIP() << "this LibTorch's dropout draws otherwise than " << fixture_.at("made_with");
  }
  const auto& expected = fixture_.at(name);
  const auto method = make_method(name, {}, [&] { return formula_network(name == "singletask"); });
  const int phase_steps = name == "born-again" ? kSteps / 2 : kSteps;
  int step = 0;
  for (int phase = 0; phase < method->phases(); ++phase) {
    method->begin_phase(phase);
    Adam optimizer(method->trained_parameters());
    for (int i = 0; i < phase_steps; ++i, ++step) {
      const auto loss = take_step(*method, optimizer, batch_of(i), 0.0001).loss;
      const double theirs = expected.at("losses").at(static_cast<std::size_t>(step));
      EXPECT_NEAR(loss.item<double>(), theirs, kTolerance * theirs) << "step " << step;
    }
  }
  expect_equal(method->network(), expected.at("network"));
  if (expected.contains("teacher")) expect_equal(*method->teacher(), expected.at("teacher"));
}

INSTANTIATE_TEST_SUITE_P(Methods, FirstSteps,
                         testing::Values("singletask", "multitask", "sd-dropout", "born-again", "smooth-distill"),
                         [](const auto& info) {
                           auto name = info.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

NetworkPointer fresh(bool separate_tasks = false, bool batch_norm = false) {
  return model::make_network({.name = "mtl-net", .batch_norm = batch_norm, .separate_tasks = separate_tasks}, 100, 12,
                             3);
}

TEST(Methods, RefusesAnUnknownName) {
  EXPECT_THROW((void)make_method("distill", {}, [] { return fresh(); }), std::invalid_argument);
}

TEST(Methods, StartFromTheSameWeights) {
  const auto weights_at_start = [](std::string_view name) {
    torch::manual_seed(3);
    return model::weights_of(make_method(name, {}, [] { return fresh(); })->network());
  };
  EXPECT_EQ(weights_at_start("multitask"), weights_at_start("smooth-distill"));
  EXPECT_EQ(weights_at_start("multitask"), weights_at_start("born-again"));
}

TEST(Singletask, TrainsOneNetworkAtATime) {
  const auto method = make_method("singletask", {}, [] { return fresh(/*separate_tasks=*/true); });
  const auto moved = [&](const std::string& prefix, const auto& before) {
    const auto after = model::weights_of(method->network());
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (after[i].name.starts_with(prefix) && after[i] != before[i]) return true;
    }
    return false;
  };
  for (int phase = 0; phase < 2; ++phase) {
    const auto before = model::weights_of(method->network());
    method->begin_phase(phase);
    Adam optimizer(method->trained_parameters());
    (void)take_step(*method, optimizer, batch_of(0), 0.001);
    EXPECT_EQ(moved("activity_net.", before), phase == 0);
    EXPECT_EQ(moved("placement_net.", before), phase == 1);
    EXPECT_EQ(method->tasks().activity, phase == 0);
    EXPECT_EQ(method->tasks().placement, phase == 1);
  }
}

TEST(Singletask, WantsANetworkForEachTask) {
  EXPECT_THROW((void)make_method("singletask", {}, [] { return fresh(); }), std::invalid_argument);
}

TEST(BornAgain, GivesItsSecondTrainingTheFirstWeights) {
  const auto method = make_method("born-again", {}, [] { return fresh(); });
  const auto initial = model::weights_of(method->network());
  Adam optimizer(method->trained_parameters());
  method->begin_phase(0);
  (void)take_step(*method, optimizer, batch_of(0), 0.001);
  const auto learned = model::weights_of(method->network());
  ASSERT_NE(learned, initial);
  method->begin_phase(1);
  EXPECT_EQ(model::weights_of(method->network()), initial);
  EXPECT_EQ(model::weights_of(*method->teacher()), learned);
  Adam second(method->trained_parameters());
  (void)take_step(*method, second, batch_of(1), 0.001);
  EXPECT_EQ(model::weights_of(*method->teacher()), learned);  // it no longer moves
}

TEST(SmoothDistill, TeacherStartsEqualToTheStudent) {
  const auto method = make_method("smooth-distill", {}, [] { return fresh(); });
  EXPECT_EQ(model::weights_of(method->network()), model::weights_of(*method->teacher()));
}

TEST(SmoothDistill, TeacherAfterStepsIsTheClosedFormOfEquation4) {
  const double beta = 0.9;
  const auto method = make_method("smooth-distill", {.loss = {}, .beta = beta}, [] { return fresh(); });
  const auto weight = [](model::Network& network) {
    return network.named_parameters()["fc2.weight"].detach().to(torch::kFloat64).clone();
  };
  std::vector<torch::Tensor> students{weight(method->network())};  // θ_S after step 0, 1, …
  Adam optimizer(method->trained_parameters());
  for (int step = 0; step < kSteps; ++step) {
    (void)take_step(*method, optimizer, batch_of(step), 0.01);
    students.push_back(weight(method->network()));
  }
  // θ_T after k steps = β^k θ_0 + (1 − β) Σ_i β^(k − i) θ_i
  auto expected = students[0] * std::pow(beta, kSteps);
  for (int i = 1; i <= kSteps; ++i) {
    expected += students[static_cast<std::size_t>(i)] * ((1 - beta) * std::pow(beta, kSteps - i));
  }
  EXPECT_LT((weight(*method->teacher()) - expected).abs().max().item<double>(), 1e-6);
}

TEST(SmoothDistill, TeacherGetsNoGradientAndRunsBatchNormInInferenceMode) {
  const auto method = make_method("smooth-distill", {}, [] { return fresh(false, /*batch_norm=*/true); });
  method->network().train();
  const auto before = model::weights_of(*method->teacher());
  method->loss(batch_of(0)).loss.backward();
  for (const auto& parameter : method->teacher()->parameters()) {
    EXPECT_FALSE(parameter.requires_grad());
    EXPECT_FALSE(parameter.grad().defined());
  }
  EXPECT_EQ(model::weights_of(*method->teacher()), before);  // its running statistics too
  EXPECT_NE(model::weights_of(method->network()), before);   // whereas the student's moved
}

TEST(SmoothDistill, CopiesBuffersToTheTeacher) {
  const auto method = make_method("smooth-distill", {}, [] { return fresh(false, /*batch_norm=*/true); });
  method->network().train();
  Adam optimizer(method->trained_parameters());
  (void)take_step(*method, optimizer, batch_of(0), 0.001);
  EXPECT_TRUE(torch::equal(method->network().named_buffers()["norm1.running_mean"],
                           method->teacher()->named_buffers()["norm1.running_mean"]));
}

TEST(MovingAverage, WarmsUp) {
  const MovingAverage average{.averages = {}, .keep = 0.999, .warm_up = true};
  EXPECT_DOUBLE_EQ(average.keep_at(1), 2.0 / 11);
  EXPECT_DOUBLE_EQ(average.keep_at(90), 0.91);
  EXPECT_DOUBLE_EQ(average.keep_at(1'000'000), 0.999);
  EXPECT_DOUBLE_EQ((MovingAverage{.averages = {}, .keep = 0.999, .warm_up = false}.keep_at(1)), 0.999);
}

}  // namespace
}  // namespace propriod::train
