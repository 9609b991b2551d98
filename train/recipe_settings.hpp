#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "train/recipe.hpp"

namespace propriod::train {

/// A setting of a recipe that a user may change: `--warm-up 0.1` on the command line, `warm_up: 0.1` in an experiment.
struct RecipeSetting {
  std::string_view name;  ///< as in a file
  std::string_view help;  ///< for `train --help`
  bool beyond_paper;      ///< off or idle in the paper's configuration
  bool is_switch;         ///< true or false, which are 1 and 0 here
  double low, high;       ///< the range of a number
  void (*set)(Recipe& recipe, double value);
};

/// All of them, in the order in which help shows them.
[[nodiscard]] std::span<const RecipeSetting> recipe_settings() noexcept;

/// What `name` stands for; nullptr for no setting.
[[nodiscard]] const RecipeSetting* recipe_setting(std::string_view name) noexcept;

/// One setting changed to a value in its range.
struct RecipeChange {
  std::string setting;
  double value = 0;
  friend bool operator==(const RecipeChange&, const RecipeChange&) = default;
};

/// The options of `train` that make this change: `--warm-up 0.1`, or `--cosine`, or `--no-cosine`. Throws
/// std::invalid_argument when there is no such setting.
[[nodiscard]] std::vector<std::string> options_of(const RecipeChange& change);

/// The option of a setting on the command line, "--warm-up".
[[nodiscard]] std::string option_name(const RecipeSetting& setting);

}  // namespace propriod::train
