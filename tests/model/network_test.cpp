#include "model/network.hpp"

#include <gmock/gmock.h>

#include <numeric>

#include "model/errors.hpp"
#include "model/recognizer.hpp"
#include "tests/model/formula_weights.hpp"

namespace propriod::model {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<Manifest::Architecture> every_architecture() {
  std::vector<Manifest::Architecture> every{{.name = "mtl-net", .batch_norm = true},
                                            {.name = "mtl-net-compact", .separate_tasks = true}};
  for (const auto name : architectures()) every.push_back({.name = std::string(name)});
  return every;
}

TEST(Network, WeightsSurviveTheWayOutAndIn) {
  for (const auto& architecture : every_architecture()) {
    SCOPED_TRACE(architecture.name);
    const auto from = network(architecture);
    const auto to = network(architecture);
    load_weights(*to, weights_of(*from));
    EXPECT_EQ(weights_of(*to), weights_of(*from));
  }
}

TEST(Network, RefusesWeightsThatDoNotFitAndStaysAsItWas) {
  auto net = network("mtl-net");
  const auto original = weights_of(*net);
  auto weights = formula_weights(*net);
  weights[0].name = "surplus";
  EXPECT_THAT([&] { load_weights(*net, weights); }, ThrowsMessage<BundleError>(HasSubstr("surplus")));
  weights = formula_weights(*net);
  weights.pop_back();
  EXPECT_THAT([&] { load_weights(*net, weights); }, ThrowsMessage<BundleError>(HasSubstr("is missing")));
  weights = formula_weights(*net);
  weights[0].shape = {1, static_cast<std::int64_t>(weights[0].values.size())};
  EXPECT_THAT([&] { load_weights(*net, weights); }, ThrowsMessage<BundleError>(HasSubstr("has shape")));
  EXPECT_EQ(weights_of(*net), original);
}

TEST(Recognizer, GivesProbabilitiesThatDoNotDependOnTheBatch) {
  const auto windows = scaled("accel", 7 * 300, 40);
  for (const auto& architecture : every_architecture()) {
    SCOPED_TRACE(architecture.name);
    Recognizer recognizer(bundle_with(formula_weights(*network(architecture)), architecture));
    Probabilities together;
    recognizer.recognize(windows, together);
    ASSERT_EQ(together.activity.size(), 7U * 12);
    ASSERT_EQ(together.placement.size(), 7U * 3);
    EXPECT_NEAR(std::accumulate(together.activity.begin(), together.activity.begin() + 12, 0.0), 1, 1e-6);
    for (std::size_t n = 0; n < 7; ++n) {
      Probabilities alone;
      recognizer.recognize(std::span(windows).subspan(n * 300, 300), alone);
      for (std::size_t k = 0; k < 12; ++k) EXPECT_NEAR(alone.activity[k], together.activity[n * 12 + k], 1e-6);
      for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(alone.placement[k], together.placement[n * 3 + k], 1e-6);
    }
  }
}

TEST(Recognizer, SaysNothingOfNoWindows) {
  Recognizer recognizer(bundle_with(weights_of(*network("mtl-net"))));
  Probabilities together{.activity = {1}, .placement = {1}};
  recognizer.recognize({}, together);
  EXPECT_TRUE(together.activity.empty());
  EXPECT_TRUE(together.placement.empty());
}

TEST(Recognizer, ScalesItsInputAsTheManifestSays) {
  const auto weights = formula_weights(*network("mtl-net"));
  const auto windows = scaled("accel", 300, 40);
  auto doubled = windows;
  for (auto& value : doubled) value *= 2;
  Probabilities scaled_inside;
  Probabilities scaled_outside;
  Recognizer(bundle_with(weights, {}, 2)).recognize(windows, scaled_inside);
  Recognizer(bundle_with(weights)).recognize(doubled, scaled_outside);
  EXPECT_EQ(scaled_inside.activity, scaled_outside.activity);
}

TEST(Recognizer, RefusesABundleWhoseWeightsAreOfAnotherNetwork) {
  EXPECT_THAT([] { Recognizer(bundle_with(weights_of(*network("mtl-net-published")))); },
              ThrowsMessage<BundleError>(HasSubstr("sleep/1: weights don't fit the manifest: tensor conv1.weight")));
}

}  // namespace
}  // namespace propriod::model
