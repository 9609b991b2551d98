#include "train/report.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "train/metrics_json.hpp"

namespace propriod::train {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no NaN.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json epoch_json(const EpochReport& epoch) {
  Json json{{"phase", epoch.phase}, {"epoch", epoch.epoch}, {"training_loss", epoch.training_loss}};
  const auto add = [&](const std::string& task, const TaskEpoch& figures) {
    json["training_" + task + "_loss"] = number(figures.training_loss);
    json["training_" + task + "_accuracy"] = number(figures.training_accuracy);
    json["validation_" + task + "_loss"] = number(figures.validation_loss);
    json["validation_" + task + "_accuracy"] = number(figures.validation_accuracy);
    if (std::isfinite(figures.teacher_validation_accuracy)) {
      json["teacher_validation_" + task + "_accuracy"] = figures.teacher_validation_accuracy;
    }
  };
  add("activity", epoch.activity);
  add("placement", epoch.placement);
  return json;
}

std::string unknown_text(const UnknownMetrics& unknown) {
  return fmt::format("  unknown (confidence below {:.2f}): {:.2f} % of the windows; {}\n", unknown.below, unknown.share,
                     unknown.accuracy_known ? fmt::format("of the others {:.2f} % are right", *unknown.accuracy_known)
                                            : "no others are left");
}

std::string task_text(const std::string& task, const TaskMetrics& metrics,
                      const std::optional<UnknownMetrics>& unknown) {
  std::string text =
      fmt::format("{:<10} accuracy {:6.2f} %   macro F1 {:6.2f} %   calibration error {:5.2f} %   {} windows\n", task,
                  metrics.accuracy, metrics.macro_f1, metrics.ece, metrics.windows);
  if (unknown) text += unknown_text(*unknown);
  for (std::size_t k = 0; k < metrics.classes.size(); ++k) {
    const auto& result = metrics.classes[k];
    if (result.support == 0) continue;
    text += fmt::format("  {:<24} F1 {:6.2f}   recall {:6.2f}   precision {:6.2f}   {:>6} windows", result.label,
                        result.f1, result.recall, result.precision, result.support);
    auto others = metrics.confusion[k];
    others[k] = 0;
    const auto worst = std::ranges::max_element(others);
    if (*worst > 0) {
      text += fmt::format("   taken for {} {} times",
                          metrics.classes[static_cast<std::size_t>(worst - others.begin())].label, *worst);
    }
    text += '\n';
  }
  return text;
}

/// "activity 77.03 %", or that there is none.
std::string accuracy_text(const char* task, const std::optional<TaskMetrics>& metrics) {
  return metrics ? fmt::format("{} {:6.2f} %", task, metrics->accuracy) : fmt::format("{} without labels", task);
}

std::string by_placement_text(const std::vector<PlacementMetrics>& placements) {
  if (placements.size() < 2) return {};
  std::string text = "by placement\n";
  for (const auto& at : placements) {
    text += fmt::format("  {:<24} {}   {}   {:>6} windows\n", at.label, accuracy_text("activity", at.activity),
                        accuracy_text("placement", at.placement), at.placement ? at.placement->windows : 0);
  }
  return text;
}

std::string spread_text(const char* task, const std::optional<Spread>& spread) {
  if (!spread) return {};
  return fmt::format("  {:<24} mean {:6.2f} %   sd {:5.2f}   95 % interval {:.2f} … {:.2f}   {} people\n", task,
                     spread->mean, spread->sd, spread->low, spread->high, spread->count);
}

std::string by_subject_text(const SubjectSpread& people) {
  const auto text = spread_text("activity", people.activity) + spread_text("placement", people.placement);
  return text.empty() ? text : "accuracy by person\n" + text;
}

}  // namespace

std::string to_json(const TrainingOutcome& outcome) {
  const auto joules = [](const EnergyReading& reading) { return reading.joules ? Json(*reading.joules) : Json(); };
  Json epochs = Json::array();
  for (const auto& epoch : outcome.training.history) epochs.push_back(epoch_json(epoch));
  const auto& read = outcome.read;
  Json json{{"tasks", tasks_json(outcome.test)},
            {"windows", outcome.test.windows},
            {"training_windows", outcome.manifest.data.training_windows},
            {"validation_windows", outcome.manifest.data.validation_windows},
            {"protocol", outcome.manifest.data.protocol},
            {"split", outcome.manifest.data.split},
            {"test_folds", outcome.manifest.data.test_folds},
            {"test_fold", outcome.manifest.data.test_fold},
            {"folds", outcome.manifest.data.folds},
            {"fold", outcome.manifest.data.fold},
            {"test_subjects", outcome.manifest.data.test_subjects},
            {"seed", outcome.manifest.training.seed},
            {"method", outcome.manifest.training.method},
            {"architecture", outcome.manifest.architecture.name},
            {"rate_hz", outcome.manifest.input.rate_hz},
            {"fingerprint", outcome.manifest.data.fingerprint},
            {"simulated", outcome.manifest.data.simulated},
            {"notes", outcome.manifest.data.notes},
            {"epochs", outcome.manifest.training.epochs},
            {"epochs_run", outcome.manifest.training.epochs_run},
            {"best_epoch", outcome.manifest.training.best_epoch},
            {"device", outcome.device},
            {"train_seconds", outcome.training.seconds},
            {"resumed_after", outcome.training.resumed_after},
            {"windows_per_second", outcome.training.windows_per_second},
            {"peak_memory_bytes", outcome.peak_memory_bytes},
            {"energy_joules", joules(outcome.energy)},
            {"energy_source", outcome.energy.source},
            {"parameters", outcome.training.parameters},
            {"flops", outcome.training.flops},
            {"flops_computed", outcome.training.flops_computed},
            {"read",
             {{"files", read.files},
              {"lines", read.lines},
              {"malformed", read.malformed},
              {"not_ascending", read.not_ascending},
              {"too_long", read.too_long},
              {"gaps", read.gaps},
              {"short_recordings", read.short_recordings}}},
            {"history", std::move(epochs)}};
  if (const auto& gpu = outcome.gpu_energy) {
    json["gpu_energy_joules"] = joules(*gpu);
    json["gpu_energy_source"] = gpu->source;
    json["gpu_steps"] = outcome.training.launched;
  }
  if (outcome.manifest.training.bf16) json["bf16"] = true;
  add_breakdown(json, outcome.test);
  if (!outcome.bundle.empty()) {  // metrics.json lies inside the bundle and is written before it has a name
    json["bundle"] = outcome.bundle.string();
    json["served"] = outcome.served;
  }
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string to_json(const Evaluation& evaluation, const model::Recognizer& recognizer) {
  const auto& manifest = recognizer.manifest();
  Json json{{"tasks", tasks_json(evaluation)},
            {"windows", evaluation.windows},
            {"training_windows", manifest.data.training_windows},
            {"split", manifest.data.split},
            {"model", manifest.version},
            {"seed", manifest.training.seed},
            {"windows_per_second", evaluation.windows_per_second},
            {"parameters", recognizer.parameters()},
            {"flops", recognizer.flops()},
            {"rate_hz", manifest.input.rate_hz},
            {"simulated", manifest.data.simulated},
            {"notes", manifest.data.notes}};
  add_breakdown(json, evaluation);
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string to_text(const Evaluation& evaluation) {
  std::string text;
  if (evaluation.activity) text += task_text("activity", *evaluation.activity, evaluation.activity_unknown);
  if (evaluation.placement) text += task_text("placement", *evaluation.placement, evaluation.placement_unknown);
  return text + by_placement_text(evaluation.by_placement) + by_subject_text(evaluation.by_subject);
}

}  // namespace propriod::train
