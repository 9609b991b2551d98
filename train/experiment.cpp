#include "train/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "model/sha256.hpp"

namespace propriod::train {
namespace {

using Json = nlohmann::ordered_json;

const std::optional<std::string>& architecture_of(const ExperimentRun& run) {
  return run.variant.architecture ? run.variant.architecture : run.architecture;
}

/// As a user writes them in the file.
Json changes_json(const std::vector<RecipeChange>& changes) {
  Json json = Json::object();
  for (const auto& [name, value] : changes) {
    const auto* const setting = recipe_setting(name);
    json[name] = setting != nullptr && setting->is_switch ? Json(value != 0) : Json(value);
  }
  return json;
}

/// The choices of one axis of the grid; none given is one choice: whatever the recipe says.
template <typename T>
std::vector<std::optional<T>> choices(const std::vector<T>& given) {
  if (given.empty()) return {std::nullopt};
  return {given.begin(), given.end()};
}

}  // namespace

bool has_lambda(std::string_view method) noexcept { return method == "smooth-distill" || method == "born-again"; }

std::string ExperimentRun::configuration() const {
  const auto optional = [](const auto& value) { return value ? Json(*value) : Json(); };
  Json json{{"data", data.name},
            {"format", data.format},
            {"rate_hz", optional(data.rate_hz)},
            {"protocol", data.protocol},
            {"split", data.split},
            {"test_fraction", data.test_fraction},
            {"test_folds", data.test_folds},
            {"test_fold", test_fold},
            {"only", data.only},
            {"exclude", data.exclude},
            {"recipe", recipe},
            {"method", optional(method)},
            {"architecture", optional(architecture_of(*this))},
            {"lambda", optional(lambda)},
            {"epochs", optional(epochs)},
            {"batch", optional(batch)},
            {"device", device},
            {"seed", seed},
            {"folds", folds},
            {"fold", fold}};
  // Only where there are any: without, a run is the same as before experiments had variants.
  if (!variant.changes.empty()) json["changes"] = changes_json(variant.changes);
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string ExperimentRun::id() const {
  constexpr std::size_t kHashDigits = 12;
  constexpr std::size_t kMostChangedLetters = 80;  // a name of a file has 255 at most
  std::string id = data.name;
  for (const auto& part : {method, architecture_of(*this)}) {
    if (part) id += "-" + *part;
  }
  id += "-" + recipe;
  std::string changed;
  for (const auto& change : variant.changes) changed += "+" + change.setting;
  id += changed.substr(0, kMostChangedLetters) + fmt::format("-s{}", seed);
  if (folds > 0) id += fmt::format("-f{}", fold);
  if (data.test_folds > 0) id += fmt::format("-t{}", test_fold);
  return id + "-" + model::sha256(configuration()).substr(0, kHashDigits);
}

std::vector<std::string> ExperimentRun::arguments(const std::filesystem::path& out,
                                                  const std::filesystem::path& predictions, int threads) const {
  std::vector<std::string> all{"train", "--data", data.path.string(), "--format", data.format, "--out", out.string()};
  const auto add = [&all](const char* option, std::string value) {
    all.emplace_back(option);
    all.push_back(std::move(value));
  };
  add("--recipe", recipe);
  if (method) add("--method", *method);
  if (const auto& network = architecture_of(*this)) add("--architecture", *network);
  if (lambda) add("--lambda", fmt::format("{}", *lambda));
  if (epochs) add("--epochs", fmt::format("{}", *epochs));
  if (batch) add("--batch", fmt::format("{}", *batch));
  for (const auto& change : variant.changes) {
    for (auto& word : options_of(change)) all.push_back(std::move(word));
  }
  if (data.rate_hz) add("--rate", fmt::format("{}", *data.rate_hz));
  add("--protocol", data.protocol);
  add("--split", data.split);
  if (data.split == "leave-one-subject-out") {
    add("--test-fold", fmt::format("{}", test_fold));  // as many folds as people
  } else if (data.test_folds > 0) {
    add("--test-folds", fmt::format("{}", data.test_folds));
    add("--test-fold", fmt::format("{}", test_fold));
  } else {
    add("--test-fraction", fmt::format("{}", data.test_fraction));
  }
  if (folds > 0) {
    add("--folds", fmt::format("{}", folds));
    add("--fold", fmt::format("{}", fold));
  }
  for (const auto& pattern : data.only) all.push_back("--only=" + pattern);
  for (const auto& pattern : data.exclude) all.push_back("--exclude=" + pattern);
  add("--seed", fmt::format("{}", seed));
  add("--device", device);
  add("--threads", fmt::format("{}", threads));
  add("--predictions", predictions.string());
  all.emplace_back("--resume");
  all.emplace_back("--json");
  return all;
}

std::vector<ExperimentRun> expand(const ExperimentPlan& plan) {
  std::vector<ExperimentRun> runs;
  std::set<std::string> seen;  // methods without a λ come up once for each
  const auto add = [&](ExperimentRun run) {
    for (run.fold = 0; run.fold < std::max(plan.folds, 1); ++run.fold) {
      for (run.test_fold = 0; run.test_fold < std::max(run.data.test_folds, 1); ++run.test_fold) {
        if (!seen.insert(run.configuration()).second) continue;
        if (runs.size() == kMostRuns) {
          throw std::runtime_error(fmt::format("the experiment has more than {} runs; shorten its lists", kMostRuns));
        }
        runs.push_back(run);
      }
    }
  };
  for (const auto& data : plan.data) {
    for (const auto& ratio : choices(plan.training_ratios))
      for (const auto& recipe : plan.recipes)
        for (const auto& architecture : choices(plan.architectures))
          for (const auto& method : choices(plan.methods))
            for (const auto& lambda : choices(plan.lambdas))
              for (const auto& variant : choices(plan.variants))
                for (const auto seed : plan.seeds) {
                  ExperimentRun run{.data = data,
                                    .recipe = recipe,
                                    .method = method,
                                    .architecture = architecture,
                                    .lambda = !method || has_lambda(*method) ? lambda : std::nullopt,
                                    .variant = variant.value_or(ExperimentVariant{}),
                                    .epochs = plan.epochs,
                                    .batch = plan.batch,
                                    .device = plan.device,
                                    .seed = seed,
                                    .folds = plan.folds};
                  // 1 − 0.1 is 0.9 here, whatever the last bit of the difference: it becomes part of an identity
                  if (ratio) run.data.test_fraction = std::stod(fmt::format("{:.6f}", 1 - *ratio));
                  add(std::move(run));
                }
  }
  return runs;
}

}  // namespace propriod::train
