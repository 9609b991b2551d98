#include "train/recipe_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace propriod::train {
namespace {

constexpr RecipeSetting number(std::string_view name, std::string_view help, double low, double high,
                               void (*set)(Recipe&, double)) {
  return {.name = name, .help = help, .beyond_paper = false, .is_switch = false, .low = low, .high = high, .set = set};
}

constexpr RecipeSetting beyond(std::string_view name, std::string_view help, double low, double high,
                               void (*set)(Recipe&, double)) {
  auto setting = number(name, help, low, high, set);
  setting.beyond_paper = true;
  return setting;
}

constexpr RecipeSetting beyond_switch(std::string_view name, std::string_view help, void (*set)(Recipe&, double)) {
  auto setting = beyond(name, help, 0, 1, set);
  setting.is_switch = true;
  return setting;
}

constexpr std::array kSettings{
    number("learning_rate", "of Adam, the highest", 1e-8, 1, [](Recipe& r, double v) { r.training.learning_rate = v; }),
    number("alpha", "weight of the activity task; the placement has the rest", 0, 1,
           [](Recipe& r, double v) { r.training.alpha = v; }),
    number("lambda", "weight of the distillation (smooth-distill, born-again)", 0, 1000,
           [](Recipe& r, double v) { r.training.lambda = v; }),
    number("temperature", "of the distillation (and of sd-dropout's views)", 0.01, 1000,
           [](Recipe& r, double v) { r.training.temperature = v; }),
    number("beta", "how much of itself smooth-distill's teacher keeps at each step", 0, 1,
           [](Recipe& r, double v) { r.training.beta = v; }),
    number("scale", "the network sees m/s² times this; otherwise as the architecture wants it", 1e-9, 1e9,
           [](Recipe& r, double v) { r.scale = v; }),
    beyond_switch("batch_norm", "batch normalisation after each convolution",
                  [](Recipe& r, double v) { r.architecture.batch_norm = v != 0; }),
    beyond_switch("cosine", "the learning rate falls along half a cosine",
                  [](Recipe& r, double v) { r.training.cosine = v != 0; }),
    beyond_switch("class_balanced", "draw every pair of activity and placement equally often",
                  [](Recipe& r, double v) { r.training.class_balanced = v != 0; }),
    beyond_switch("beta_warm_up", "the teacher follows faster in the beginning",
                  [](Recipe& r, double v) { r.training.beta_warm_up = v != 0; }),
    beyond_switch("serve_teacher", "keep the teacher's weights where they validate better",
                  [](Recipe& r, double v) { r.training.serve_teacher = v != 0; }),
    beyond_switch("calibrate", "confidences and an unknown threshold from the validation windows",
                  [](Recipe& r, double v) { r.training.calibrate = v != 0; }),
    beyond_switch("bf16", "mixed precision: a GPU computes products in bfloat16",
                  [](Recipe& r, double v) { r.training.bf16 = v != 0; }),
    beyond("weight_decay", "of AdamW", 0, 10, [](Recipe& r, double v) { r.training.weight_decay = v; }),
    beyond("warm_up", "share of the steps over which the learning rate rises", 0, 0.9,
           [](Recipe& r, double v) { r.training.warm_up = v; }),
    beyond("label_smoothing", "share of the target spread over all classes", 0, 0.9,
           [](Recipe& r, double v) { r.training.label_smoothing = v; }),
    beyond("rotate", "turn windows by up to so many degrees about a random axis", 0, 180,
           [](Recipe& r, double v) { r.training.augmentation.rotate_degrees = v; }),
    beyond("rotate_probability", "that a window is turned at all", 0, 1,
           [](Recipe& r, double v) { r.training.augmentation.rotate_probability = v; }),
    beyond("permute_axes", "probability that a window's axes change places", 0, 1,
           [](Recipe& r, double v) { r.training.augmentation.permute_axes = v; }),
    beyond("time_warp", "largest change of a window's speed, 0.1: 10 %", 0, 0.9,
           [](Recipe& r, double v) { r.training.augmentation.time_warp = v; }),
    beyond("scaling", "largest change of a window's magnitude, 0.1: 10 %", 0, 10,
           [](Recipe& r, double v) { r.training.augmentation.scaling = v; }),
};

}  // namespace

std::span<const RecipeSetting> recipe_settings() noexcept { return kSettings; }

const RecipeSetting* recipe_setting(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kSettings, name, &RecipeSetting::name);
  return found == kSettings.end() ? nullptr : found;
}

std::string option_name(const RecipeSetting& setting) {
  std::string name = "--" + std::string(setting.name);
  std::ranges::replace(name, '_', '-');
  return name;
}

std::vector<std::string> options_of(const RecipeChange& change) {
  const auto* const setting = recipe_setting(change.setting);
  if (setting == nullptr) throw std::invalid_argument("unknown setting \"" + change.setting + "\"");
  const auto name = option_name(*setting);
  if (!setting->is_switch) return {name, fmt::format("{}", change.value)};
  return {change.value != 0 ? name : "--no-" + name.substr(2)};
}

}  // namespace propriod::train
