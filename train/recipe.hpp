#pragma once

#include <span>
#include <string_view>

#include "model/manifest.hpp"

namespace propriod::train {

/// How a model is trained, apart from the data: settings that belong together.
struct Recipe {
  model::Manifest::Architecture architecture;
  double scale = 1;  ///< of the input, see Manifest::Input
  model::Manifest::Training training;
};

/// The names `recipe_of` knows.
[[nodiscard]] std::span<const std::string_view> recipes() noexcept;

/// What an architecture's input is scaled by when nobody says: 1/9.80665 (to g) for `mtl-net-compact`, else 1.
[[nodiscard]] double usual_scale(std::string_view architecture) noexcept;

/// `paper`: as published: `mtl-net`, values in m/s², Adam, 300 epochs. `best`: what we found to recognise unseen people
/// best; how it was chosen stands in train/RESULTS.md. Throws std::invalid_argument for another name.
[[nodiscard]] Recipe recipe_of(std::string_view name);

}  // namespace propriod::train
