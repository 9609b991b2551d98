#include "train/recipe.hpp"

#include <array>
#include <stdexcept>
#include <string>

namespace propriod::train {
namespace {

constexpr std::array<std::string_view, 2> kRecipes{"paper", "best"};
constexpr double kStandardGravity = 9.80665;  // m/s²

Recipe best() {
  Recipe recipe;
  recipe.architecture.name = "mtl-net-compact";
  recipe.scale = usual_scale(recipe.architecture.name);
  auto& training = recipe.training;
  training.epochs = 15;
  training.batch = 128;
  training.learning_rate = 0.01;
  training.alpha = 0.35;
  training.lambda = 0.1;
  training.weight_decay = 0.01;
  training.cosine = true;
  training.warm_up = 0.1;
  training.beta_warm_up = true;
  training.serve_teacher = true;
  training.calibrate = true;
  return recipe;
}

}  // namespace

std::span<const std::string_view> recipes() noexcept { return kRecipes; }

double usual_scale(std::string_view architecture) noexcept {
  return architecture == "mtl-net-compact" ? 1 / kStandardGravity : 1;
}

Recipe recipe_of(std::string_view name) {
  if (name == "paper") return {};
  if (name == "best") return best();
  throw std::invalid_argument("unknown recipe \"" + std::string(name) + "\"");
}

}  // namespace propriod::train
