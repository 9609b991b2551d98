#include "train/experiment_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

namespace propriod::train {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostClasses = 256;

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

/// Of one task's figures, as `train --json` tells them.
std::optional<Confusion> confusion_of(const Json& json) {
  if (json.is_null()) return std::nullopt;
  Confusion confusion;
  for (const auto& entry : json.at("classes")) confusion.labels.push_back(entry.at("label").get<std::string>());
  confusion.windows = json.at("confusion").get<std::vector<std::vector<std::int64_t>>>();
  const auto size = confusion.labels.size();
  if (size > kMostClasses || confusion.windows.size() != size ||
      std::ranges::any_of(confusion.windows, [&](const auto& row) { return row.size() != size; })) {
    throw std::invalid_argument("the confusion matrix does not fit the classes");
  }
  return confusion;
}

/// Adds the matrices of a result to those of its repetition. Throws what says that the result has not their form.
void add_confusions(const Json& result, Repetition& repetition) {
  for (std::size_t task = 0; task < kTasks.size(); ++task) {
    const auto confusion = confusion_of(result.at("tasks").at(std::string(kTasks[task])));
    if (!confusion) continue;
    if (!repetition.tasks[task]) repetition.tasks[task].emplace();
    repetition.tasks[task]->add(*confusion);
  }
  const auto placements = result.find("per_placement");
  if (placements == result.end()) return;
  for (const auto& at : *placements) {
    const auto& activity = at.at("activity");
    if (!activity.is_null() && !activity.contains("confusion")) continue;  // of a version that did not tell it
    if (const auto confusion = confusion_of(activity)) {
      repetition.activity_at[at.at("label").get<std::string>()].add(*confusion);
    }
  }
}

/// All but seed, fold and test fold.
std::string key_of(ExperimentRun run) {
  run.seed = 0;
  run.fold = 0;
  run.test_fold = 0;
  return run.configuration();
}

std::string text_at(const Json& json, const char* key, const std::optional<std::string>& otherwise) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : otherwise.value_or("");
}

/// None where the result tells no groups.
const Json& groups_of(const ExperimentResult& result) {
  const auto groups = result.result.find("groups");
  static const Json kNone = Json::array();
  return groups != result.result.end() && groups->is_array() ? *groups : kNone;
}

std::set<std::string> texts_of_groups(const std::vector<const ExperimentResult*>& results, const char* key) {
  std::set<std::string> texts;
  for (const auto* result : results) {
    for (const auto& group : groups_of(*result)) texts.insert(text_at(group, key, ""));
  }
  texts.erase("");
  return texts;
}

/// Names each variant by what differs among those of the same data set.
void label(std::vector<Variant>& variants) {
  for (auto& variant : variants) {
    const auto varies = [&](auto member) {
      return std::ranges::any_of(variants, [&](const Variant& other) {
        return other.run.data.name == variant.run.data.name && member(other) != member(variant);
      });
    };
    const auto& named = variant.run.variant.name;
    variant.label = named;
    if (named.empty() || varies([](const Variant& v) { return v.method; })) {
      variant.label = variant.method + (named.empty() ? "" : ", " + named);
    }
    const bool networks = named.empty() ? varies([](const Variant& v) { return v.architecture; })
                                        : varies([](const Variant& v) { return v.run.architecture; });
    if (networks) variant.label += ", " + variant.architecture;
    if (varies([](const Variant& v) { return v.run.recipe; })) variant.label += ", recipe " + variant.run.recipe;
    if (variant.run.lambda && varies([](const Variant& v) { return v.run.lambda; })) {
      variant.label += fmt::format(", λ = {}", *variant.run.lambda);
    }
    if (varies([](const Variant& v) { return v.run.data.test_fraction; })) {
      variant.label += fmt::format(", {:.0f} % to train on", 100 * (1 - variant.run.data.test_fraction));
    }
  }
}

}  // namespace

void Confusion::add(const Confusion& other) {
  std::vector<std::size_t> place;
  for (const auto& label : other.labels) {
    const auto found = std::ranges::find(labels, label);
    place.push_back(static_cast<std::size_t>(found - labels.begin()));
    if (found == labels.end()) labels.push_back(label);
  }
  windows.resize(labels.size());
  for (auto& row : windows) row.resize(labels.size());
  for (std::size_t i = 0; i < place.size(); ++i) {
    for (std::size_t j = 0; j < place.size(); ++j) windows[place[i]][place[j]] += other.windows[i][j];
  }
}

double Confusion::accuracy() const {
  std::int64_t all = 0;
  std::int64_t right = 0;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    for (const auto count : windows[i]) all += count;
    right += windows[i][i];
  }
  return percent(right, all);
}

double Confusion::macro_f1() const {
  double sum = 0;
  int occurring = 0;
  const auto figures = classes();
  for (std::size_t k = 0; k < figures.size(); ++k) {
    const bool called = std::ranges::any_of(windows, [&](const auto& row) { return row[k] > 0; });
    if (figures[k].windows == 0 && !called) continue;
    sum += figures[k].f1;
    ++occurring;
  }
  return occurring == 0 ? 0 : sum / occurring;
}

std::vector<ClassFigures> Confusion::classes() const {
  std::int64_t all = 0;
  for (const auto& row : windows) {
    for (const auto count : row) all += count;
  }
  std::vector<ClassFigures> figures;
  for (std::size_t k = 0; k < labels.size(); ++k) {
    const auto hits = windows[k][k];
    std::int64_t of_class = 0;
    std::int64_t called_so = 0;
    for (std::size_t j = 0; j < labels.size(); ++j) {
      of_class += windows[k][j];
      called_so += windows[j][k];
    }
    const auto rightly_not = all - of_class - called_so + hits;
    figures.push_back({.label = labels[k],
                       .windows = of_class,
                       .accuracy = percent(hits + rightly_not, all),
                       .sensitivity = percent(hits, of_class),
                       .ppv = percent(hits, called_so),
                       .npv = percent(rightly_not, all - called_so),
                       .f1 = percent(2 * hits, of_class + called_so)});
  }
  return figures;
}

std::optional<double> GroupFigures::accuracy(std::size_t task) const {
  if (windows[task] == 0) return std::nullopt;
  return percent(correct[task], windows[task]);
}

GroupFigures Repetition::groups(const std::function<bool(const std::string&, const std::string&)>& wanted) const {
  GroupFigures figures;
  for (const auto* result : results) {
    for (const auto& group : groups_of(*result)) {
      if (!wanted(text_at(group, "subject", ""), text_at(group, "placement", ""))) continue;
      for (std::size_t task = 0; task < kTasks.size(); ++task) {
        const auto count = [&](const char* what) {
          return std::llround(number_at(group, fmt::format("/{}_{}", kTasks[task], what)).value_or(0));
        };
        figures.windows[task] += count("windows");
        figures.correct[task] += count("correct");
      }
    }
  }
  return figures;
}

std::set<std::string> Repetition::placements() const { return texts_of_groups(results, "placement"); }

std::set<std::string> Repetition::people() const { return texts_of_groups(results, "subject"); }

std::optional<Confusion> pooled(const Variant& variant, std::size_t task) {
  std::optional<Confusion> sum;
  for (const auto& repetition : variant.repetitions) {
    if (!repetition.tasks[task]) continue;
    if (!sum) sum.emplace();
    sum->add(*repetition.tasks[task]);
  }
  return sum;
}

std::set<std::string> placements_of(std::span<const Variant> variants) {
  std::set<std::string> placements;
  for (const auto& variant : variants) {
    for (const auto& repetition : variant.repetitions) placements.merge(repetition.placements());
  }
  return placements;
}

std::string MeanSd::text(int decimals) const {
  if (count == 0) return "–";
  return count == 1 ? fmt::format("{:.{}f}", mean, decimals)
                    : fmt::format("{:.{}f} ± {:.{}f}", mean, decimals, sd, decimals);
}

MeanSd mean_sd(std::span<const double> values) {
  MeanSd result{.count = values.size()};
  if (values.empty()) return result;
  const auto count = static_cast<double>(values.size());
  for (const double value : values) result.mean += value / count;
  if (values.size() == 1) return result;
  for (const double value : values) result.sd += (value - result.mean) * (value - result.mean) / (count - 1);
  result.sd = std::sqrt(result.sd);
  return result;
}

std::optional<double> number_at(const Json& json, const std::string& pointer) {
  const Json::json_pointer at(pointer);
  if (!json.contains(at) || !json[at].is_number()) return std::nullopt;
  return json[at].get<double>();
}

std::vector<double> values_at(const Variant& variant, const std::string& pointer) {
  std::vector<double> values;
  for (const auto& repetition : variant.repetitions) {
    std::vector<double> parts;
    for (const auto* result : repetition.results) {
      if (const auto number = number_at(result->result, pointer)) parts.push_back(*number);
    }
    if (!parts.empty()) values.push_back(mean_sd(parts).mean);
  }
  return values;
}

std::vector<Variant> summarise(std::span<const ExperimentRun> runs,
                               const std::map<std::string, ExperimentResult>& results) {
  std::vector<Variant> variants;
  std::vector<std::string> keys;
  for (const auto& run : runs) {
    const auto found = results.find(run.id());
    if (found == results.end()) continue;
    const auto key = key_of(run);
    auto at = static_cast<std::size_t>(std::ranges::find(keys, key) - keys.begin());
    if (at == keys.size()) {
      keys.push_back(key);
      variants.push_back({.run = run, .method = {}, .architecture = {}, .repetitions = {}, .label = {}});
    }
    auto& repetitions = variants[at].repetitions;
    auto repetition = std::ranges::find_if(
        repetitions, [&](const Repetition& r) { return r.seed == run.seed && r.fold == run.fold; });
    if (repetition == repetitions.end()) {
      repetitions.push_back({.seed = run.seed, .fold = run.fold, .results = {}, .tasks = {}, .activity_at = {}});
      repetition = repetitions.end() - 1;
    }
    try {
      add_confusions(found->second.result, *repetition);
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format(
          "results.jsonl: the result of {} has not the form of train --json ({}); delete its line and start again",
          found->first, error.what()));
    }
    repetition->results.push_back(&found->second);
  }
  for (auto& variant : variants) {
    const auto folds = static_cast<std::size_t>(std::max(1, variant.run.data.test_folds));
    std::erase_if(variant.repetitions, [&](const Repetition& r) { return r.results.size() != folds; });
    if (variant.repetitions.empty()) continue;
    variant.method = text_at(variant.first(), "method", variant.run.method);
    variant.architecture = text_at(variant.first(), "architecture", variant.run.architecture);
  }
  std::erase_if(variants, [](const Variant& variant) { return variant.repetitions.empty(); });
  label(variants);
  return variants;
}

}  // namespace propriod::train
