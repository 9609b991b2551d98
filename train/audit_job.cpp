#include "train/audit_job.hpp"

#include <algorithm>
#include <stdexcept>

#include "model/recognizer.hpp"
#include "train/data_checks.hpp"
#include "train/evaluation.hpp"
#include "train/planted_labels.hpp"
#include "train/recording_filter.hpp"
#include "train/split.hpp"
#include "train/window_set.hpp"

namespace propriod::train {
namespace {

/// The probabilities of both tasks for all windows, of models that never saw the person.
struct Opinions {
  std::vector<float> activity;   // (N, activities)
  std::vector<float> placement;  // (N, placements)
};

std::vector<AuditEntry> audit_task(std::span<const std::string> labels, std::span<const std::int64_t> truth,
                                   std::span<const float> probabilities, const std::vector<std::string>& names,
                                   const WindowSet& windows) {
  std::vector<std::string> units;  // each name once
  std::vector<std::size_t> unit_of(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = std::ranges::find(units, names[i]);
    unit_of[i] = static_cast<std::size_t>(found - units.begin());
    if (found == units.end()) units.push_back(names[i]);
  }
  std::vector<std::size_t> recording;
  recording.reserve(windows.size());
  for (const auto& origin : windows.origin) recording.push_back(unit_of[origin.recording]);
  return audit_labels(
      {.labels = labels, .truth = truth, .probabilities = probabilities, .recording = recording, .recordings = units});
}

}  // namespace

AuditOutcome run_audit(const AuditRequest& request, const AuditListener& listener, const std::atomic<bool>& stop) {
  const auto device = choose_device(request.device, request.recipe.training.bf16);
  DataSet data = read_data_set(request.format, request.data);
  (void)filter_recordings(data, request.only, request.exclude);
  refuse_unlabelled(data, request.data);
  refuse_nameless(data, request.data);
  listener.data_read(data.report, data);
  const auto seed = request.recipe.training.seed;
  std::optional<PlantedLabels> planted;
  if (request.plant > 0) planted = plant_labels(data, request.plant, seed);

  model::Manifest manifest;
  manifest.architecture = request.recipe.architecture;
  manifest.activities = data.activities;
  manifest.placements = data.placements;
  manifest.input.rate_hz = request.rate_hz.value_or(data.native_rate_hz);
  manifest.input.scale = request.recipe.scale;
  manifest.training = request.recipe.training;
  const auto windows = cut_windows(data.recordings, data.activities, data.placements, manifest.input);
  const auto activities = data.activities.size();
  const auto placements = data.placements.size();
  Opinions opinions{.activity = std::vector<float>(windows.size() * activities),
                    .placement = std::vector<float>(windows.size() * placements)};
  for (int fold = 0; fold < request.folds; ++fold) {
    const auto split =
        make_split(windows.subject, {.kind = "subject", .test_folds = request.folds, .test_fold = fold, .seed = seed});
    const auto trained = train(
        windows, split,
        {.architecture = manifest.architecture,
         .input = manifest.input,
         .training = manifest.training,
         .activities = activities,
         .placements = placements,
         .device = device,
         .cuda_graph = request.cuda_graph,
         .checkpoint = {}},
        [&](const TrainingProgress& progress) { listener.progress(fold + 1, progress); }, stop);
    if (stop) throw std::runtime_error("stopped: an audit needs all its models, so there is nothing to show");
    model::Recognizer recognizer({.directory = request.data, .manifest = manifest, .weights = trained.weights});
    (void)evaluate(recognizer, windows, split.test, [&](const EvaluatedWindow& window) {
      std::ranges::copy(window.activity, &opinions.activity[window.window * activities]);
      std::ranges::copy(window.placement, &opinions.placement[window.window * placements]);
    });
  }

  std::vector<std::string> recordings;
  std::vector<std::string> files;  // a sensor stays where it is for a whole file
  for (const auto& recording : data.recordings) {
    recordings.push_back(recording.name);
    files.emplace_back(file_of_recording(recording.name));
  }
  AuditOutcome outcome{
      .activity = audit_task(data.activities, windows.activity, opinions.activity, recordings, windows),
      .placement = audit_task(data.placements, windows.placement, opinions.placement, files, windows),
      .planted = {}};
  if (planted) {
    outcome.planted = {.activity = count_planted(planted->activity, outcome.activity),
                       .placement = count_planted(planted->placement, outcome.placement)};
  }
  return outcome;
}

}  // namespace propriod::train
