#include "train/experiment_protocol.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "train/figure_text.hpp"
#include "train/published_figures.hpp"
#include "train/recipe.hpp"

namespace propriod::train {
namespace {

/// Seeds and folds that a variant has results of.
std::pair<std::set<std::uint64_t>, std::set<int>> repeated(const Variant& variant) {
  std::pair<std::set<std::uint64_t>, std::set<int>> result;
  for (const auto& repetition : variant.repetitions) {
    result.first.insert(repetition.seed);
    result.second.insert(repetition.fold);
  }
  return result;
}

std::string split_text(const ExperimentData& data) {
  const bool by_person = data.split != "random";
  if (data.test_folds > 0 && by_person) {
    return fmt::format("{} groups of people, each tested once by a model that never saw them", data.test_folds);
  }
  if (data.test_folds > 0) return fmt::format("random by window in {} parts, each tested once", data.test_folds);
  return fmt::format("{}, {:.0f} % for the test",
                     by_person ? "by person: test people are never trained on" : "random by window",
                     100 * data.test_fraction);
}

}  // namespace

std::string protocol_text(std::span<const Variant> variants) {
  const auto& variant = variants.front();
  const auto& data = variant.run.data;
  const auto& result = variant.first();
  std::set<double> epochs;
  std::set<double> fractions;
  for (const auto& each : variants) {
    if (const auto number = number_at(each.first(), "/epochs")) epochs.insert(*number);
    fractions.insert(each.run.data.test_fraction);
  }
  std::string text = fmt::format("Protocol: data set {} (format {}{}", data.name, data.format,
                                 data.rate_hz ? fmt::format(", resampled to {} Hz", *data.rate_hz) : "");
  if (const auto rate = number_at(result, "/rate_hz"); rate && !data.rate_hz) text += fmt::format(", {} Hz", *rate);
  text += "); ";
  text += data.protocol == "published" ? "windows as the authors cut them, across borders, label of the last sample; "
                                       : "windows within one recording, without gaps, majority label; ";
  text += "split " + (fractions.size() > 1 ? std::string("by the given training ratio") : split_text(data));
  if (data.split == "random") text += " (windows of one person on both sides: flatters)";
  text += fmt::format("; {} {}", fmt::join(epochs, " or "), epochs == std::set<double>{1} ? "epoch" : "epochs");
  const auto [seeds, folds] = repeated(variant);
  text +=
      seeds.size() == 1 ? fmt::format("; seed {}", *seeds.begin()) : fmt::format("; seeds {}", fmt::join(seeds, ", "));
  if (variant.run.folds > 0) text += fmt::format("; {} of {} validation folds", folds.size(), variant.run.folds);
  const auto windows = [&](const char* key) { return thousands(number_at(result, key).value_or(0)); };
  text += fmt::format("; first training: {} windows to train, {} to validate, {} to test", windows("/training_windows"),
                      windows("/validation_windows"), windows("/windows"));
  if (!data.only.empty()) text += fmt::format("; only recordings {}", fmt::join(data.only, ", "));
  if (!data.exclude.empty()) text += fmt::format("; without recordings {}", fmt::join(data.exclude, ", "));
  if (result.value("simulated", false)) text += "; SIMULATED data: says nothing about real people";
  return text + ".";
}

namespace {

/// The networks and the recipes that are not the paper's.
void add_models(std::span<const Variant> variants, std::vector<std::string>& points) {
  std::set<std::string> networks;
  std::set<std::string> recipes;
  for (const auto& variant : variants) {
    if (variant.architecture != kPublishedNetwork) networks.insert(variant.architecture);
    if (variant.run.recipe != "paper") recipes.insert(variant.run.recipe);
  }
  if (networks.erase("mtl-net") > 0) {
    points.push_back(
        fmt::format("network mtl-net sees the whole window, the one that the authors published ({} here) a third of it",
                    kPublishedNetwork));
  }
  if (!networks.empty()) {
    points.push_back(fmt::format("network{} {} {} not the paper's", networks.size() == 1 ? "" : "s",
                                 fmt::join(networks, ", "), networks.size() == 1 ? "is" : "are"));
  }
  for (const auto& recipe : recipes) points.push_back(fmt::format("recipe {} is ours", recipe));
  if (std::ranges::any_of(variants, [](const Variant& v) { return !v.run.variant.changes.empty(); })) {
    points.emplace_back("variants with options of their own are ours");
  }
}

/// How the data are other than the paper's: people and windows.
void add_data(const Variant& variant, const PublishedSize& size, std::vector<std::string>& points) {
  const auto& data = variant.run.data;
  // Only then does the test part have windows of everybody.
  if (data.split == "random" || data.test_folds > 0) {
    const auto people = variant.repetitions.front().people().size();
    if (people > 0 && people != size.people) {
      points.push_back(fmt::format("{} {}, not {}", people, people == 1 ? "person" : "people", size.people));
    }
  }
  if (data.rate_hz) points.push_back(fmt::format("resampled to {} Hz", *data.rate_hz));
  const auto& result = variant.first();
  const auto windows = number_at(result, "/training_windows").value_or(0) +
                       number_at(result, "/validation_windows").value_or(0) + number_at(result, "/windows").value_or(0);
  const auto published = static_cast<double>(size.training_windows + size.test_windows);
  if (std::abs(windows - published) > 0.02 * published) {
    points.push_back(fmt::format("{} windows, not {}", thousands(windows), thousands(published)));
  }
}

/// How long and on what steps it was trained otherwise than in the paper.
void add_training(std::span<const Variant> variants, std::vector<std::string>& points) {
  std::set<int> batches;
  std::set<double> epochs;
  for (const auto& variant : variants) {
    batches.insert(variant.run.batch.value_or(recipe_of(variant.run.recipe).training.batch));
    if (const auto number = number_at(variant.first(), "/epochs")) epochs.insert(*number);
  }
  batches.erase(kPublishedBatch);
  epochs.erase(kPublishedEpochs);
  if (!batches.empty()) {
    points.push_back(fmt::format("{} windows a step, not {}", fmt::join(batches, " or "), kPublishedBatch));
  }
  if (!epochs.empty()) points.push_back(fmt::format("{} epochs, not {}", fmt::join(epochs, " or "), kPublishedEpochs));
  if (const auto seeds = repeated(variants.front()).first.size(); seeds != kPublishedSeeds) {
    points.push_back(fmt::format("{} {}, not {}", seeds, seeds == 1 ? "seed" : "seeds", kPublishedSeeds));
  }
}

}  // namespace

std::string difference_text(std::span<const Variant> variants) {
  const auto& variant = variants.front();
  const auto& data = variant.run.data;
  const auto* const size = std::ranges::find(kPublishedSizes, std::string_view(data.format), &PublishedSize::format);
  if (size == kPublishedSizes.end()) return {};
  std::vector<std::string> points;
  if (data.protocol != "published")
    points.emplace_back("windows do not run across borders and carry the majority label");
  if (data.split != "random") points.emplace_back("the split is by person, not random");
  if (data.test_folds > 0) points.emplace_back("everything is tested once, not a fifth");
  if (data.test_folds == 0 && data.test_fraction != kPublishedTestFraction) {
    points.push_back(fmt::format("{:.0f} % are for the test, not 20 %", 100 * data.test_fraction));
  }
  add_data(variant, *size, points);
  add_models(variants, points);
  add_training(variants, points);
  if (points.empty()) return {};
  return fmt::format("Not the paper's protocol, so its figures are no measure for these: {}.", fmt::join(points, "; "));
}

}  // namespace propriod::train
