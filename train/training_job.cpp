#include "train/training_job.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "model/errors.hpp"
#include "model/manifest_file.hpp"
#include "model/model_store.hpp"
#include "model/version.hpp"
#include "train/errors.hpp"
#include "train/report.hpp"
#include "train/split.hpp"

namespace propriod::train {
namespace {

constexpr std::chrono::seconds kEnergyReading{30};  // often enough for any counter, rarely enough to cost nothing
constexpr std::size_t kMostNotes = 16;              // a manifest is read by people

/// What a reader of the figures must know of the data; every note once.
std::vector<std::string> notes_of(const DataSet& data) {
  std::vector<std::string> notes;
  for (const auto& recording : data.recordings) {
    if (recording.notes.empty() || std::ranges::find(notes, recording.notes) != notes.end()) continue;
    if (notes.size() == kMostNotes) {
      notes.emplace_back("more recordings have notes of their own; see their sidecars");
      break;
    }
    notes.push_back(recording.notes);
  }
  return notes;
}

std::vector<std::string> subjects_of(const WindowSet& windows, std::span<const std::size_t> which) {
  std::set<std::string> subjects;
  for (const auto window : which) subjects.insert(windows.subjects[static_cast<std::size_t>(windows.subject[window])]);
  return {subjects.begin(), subjects.end()};
}

void refuse_unlabelled(const DataSet& data, const std::filesystem::path& where) {
  const auto refuse = [&](const char* task) {
    throw DataSetError(where.string() + ": no sample has a label of the task " + task +
                       "; a model learns both, so label at least some recordings");
  };
  if (data.activities.empty()) refuse("activity");
  if (data.placements.empty()) refuse("placement");
}

void refuse_nameless(const DataSet& data, const std::filesystem::path& where) {
  const auto nameless = std::ranges::find_if(data.recordings, &std::string::empty, &drivers::Recording::subject);
  if (nameless == data.recordings.end()) return;
  throw DataSetError(where.string() + ": " + nameless->name +
                     " does not say whose body it was, so a split by subject could put one person on both sides; add "
                     "\"subject:\" to its sidecar, or use --split random");
}

/// What would refuse the bundle at the end should refuse it before hours of training.
void refuse_unwritable(model::Manifest manifest, const std::filesystem::path& out) {
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error || access(out.c_str(), W_OK) != 0) {
    throw model::BundleError(out.string() + ": cannot be written; give another --out, or permission to write there");
  }
  manifest.version = model::make_version(std::chrono::system_clock::now(), 1);
  manifest.counter = 1;
  manifest.weights_sha256 = std::string(64, '0');
  (void)model::parse_manifest(model::to_yaml(manifest), out.string() + ": manifest of the model to be trained");
}

}  // namespace

TrainingOutcome run_training(const TrainingRequest& request, const TrainingListener& listener,
                             const std::atomic<bool>& stop) {
  const auto device = choose_device(request.device);  // first: a wrong --device should not cost the reading
  const DataSet data = read_data_set(request.format, request.data);
  refuse_unlabelled(data, request.data);
  listener.data_read(data.report, data);
  if (stop) throw std::runtime_error("stopped before the training began: there is nothing to keep");

  model::Manifest manifest;
  manifest.program_version = request.program_version;
  manifest.architecture = request.architecture;
  manifest.activities = data.activities;
  manifest.placements = data.placements;
  manifest.input.rate_hz = request.rate_hz.value_or(data.native_rate_hz);
  manifest.training = request.training;
  const WindowSet windows = cut_windows(data.recordings, data.activities, data.placements, manifest.input);
  if (request.split == "subject") refuse_nameless(data, request.data);
  const Split split = request.split == "subject"
                          ? split_by_subject(windows.subject, request.test_fraction, request.training.seed)
                          : split_random(windows.size(), request.test_fraction, request.training.seed);
  listener.windows_cut(windows, split);

  manifest.data = {.format = data.format,
                   .fingerprint = fingerprint(data),
                   .split = request.split,
                   .test_fraction = request.test_fraction,
                   .test_subjects = {},
                   .training_windows = static_cast<std::int64_t>(split.train.size()),
                   .validation_windows = static_cast<std::int64_t>(split.validation.size()),
                   .test_windows = static_cast<std::int64_t>(split.test.size()),
                   .simulated = std::ranges::any_of(data.recordings, &drivers::Recording::simulated),
                   .notes = notes_of(data)};
  if (request.split == "subject") manifest.data.test_subjects = subjects_of(windows, split.test);
  refuse_unwritable(manifest, request.out);
  if (!request.predictions.empty()) refuse_unwritable_predictions(request.predictions);

  EnergyMeter energy_meter;
  std::chrono::duration<double> energy_read{};
  const auto progress = [&](const TrainingProgress& at) {
    if (at.elapsed - energy_read > kEnergyReading) {
      energy_meter.update();
      energy_read = at.elapsed;
    }
    listener.progress(at);
  };
  const auto started = std::chrono::steady_clock::now();
  TrainerResult trained = train(windows, split,
                                {.architecture = manifest.architecture,
                                 .input = manifest.input,
                                 .training = manifest.training,
                                 .activities = data.activities.size(),
                                 .placements = data.placements.size(),
                                 .device = device},
                                progress, stop);
  const std::chrono::duration<double> train_time = std::chrono::steady_clock::now() - started;
  const auto energy = energy_meter.finish();

  manifest.training.epochs_run = trained.epochs_run;
  manifest.training.best_epoch = trained.best_epoch;
  if (request.calibrate) {
    model::Recognizer uncalibrated({.directory = request.out, .manifest = manifest, .weights = trained.weights});
    manifest.calibration = calibrate(uncalibrated, windows, split.validation);
  }
  // Tested is what will be served: the weights through the same code that loads them in service.
  model::Recognizer recognizer({.directory = request.out, .manifest = manifest, .weights = trained.weights});
  std::vector<PredictionRow> predictions;
  const auto keep_prediction = [&](const EvaluatedWindow& window) {
    if (!request.predictions.empty()) {
      predictions.push_back(prediction_row(window, windows, data.recordings, recognizer.manifest()));
    }
  };
  TrainingOutcome outcome{.bundle = {},
                          .manifest = std::move(manifest),
                          .read = data.report,
                          .training = std::move(trained),
                          .test = evaluate(recognizer, windows, split.test, keep_prediction),
                          .train_seconds = train_time.count(),
                          .energy = energy,
                          .peak_memory_bytes = peak_memory_bytes(),
                          .device = device};
  if (!request.predictions.empty()) write_predictions(request.predictions, predictions);
  const auto headline = [&](const std::string& task, const std::optional<TaskMetrics>& metrics) {
    if (!metrics) return;
    outcome.manifest.metrics[task + "_accuracy"] = metrics->accuracy;
    outcome.manifest.metrics[task + "_macro_f1"] = metrics->macro_f1;
  };
  headline("activity", outcome.test.activity);
  headline("placement", outcome.test.placement);

  model::ModelStore store(request.out);
  outcome.bundle = store.publish(outcome.manifest, outcome.training.weights, to_json(outcome), request.promote);
  outcome.served = store.current() == outcome.bundle.filename();
  outcome.manifest = model::load_bundle(outcome.bundle).manifest;  // with its version and hash, and proof that it loads
  return outcome;
}

}  // namespace propriod::train
