#include "train/training_job.hpp"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "model/errors.hpp"
#include "model/manifest_file.hpp"
#include "model/model_store.hpp"
#include "model/sha256.hpp"
#include "model/torch_runtime.hpp"
#include "model/version.hpp"
#include "train/cuda_device.hpp"
#include "train/data_checks.hpp"
#include "train/errors.hpp"
#include "train/gpu_energy.hpp"
#include "train/published_windows.hpp"
#include "train/recording_filter.hpp"
#include "train/report.hpp"

namespace propriod::train {
namespace {

constexpr std::string_view kCheckpoint = ".unfinished-training";  // in MODELS/NAME
constexpr std::chrono::seconds kEnergyReading{30};  // often enough for any counter, rarely enough to cost nothing
constexpr std::size_t kMostNotes = 16;              // a manifest is read by people

/// What a reader of the figures must know of the data; every note once. `filtered`: what was left out, if anything.
std::vector<std::string> notes_of(const DataSet& data, const std::string& filtered) {
  std::vector<std::string> notes;
  if (!filtered.empty()) notes.push_back(filtered);
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

/// Names everything that the weights depend on, but for the program's version: who installs a new one in the middle of
/// a training wants to go on.
std::string request_digest(model::Manifest manifest, const std::string& device) {
  manifest.program_version.clear();
  return model::sha256(fmt::format("{}\n{} {}", model::to_yaml(manifest), device, model::torch_threads()));
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
  // First what should not cost the reading.
  const auto device = choose_device(request.device, request.recipe.training.bf16);
  const bool published = request.protocol == "published";
  if (published && request.rate_hz) {
    throw DataSetError("the published protocol never resamples; leave out --rate, or use --protocol honest");
  }
  if (published && request.split.kind != "random") {
    throw DataSetError(
        "the published protocol's windows run from one person into the next, so no split keeps people apart; use "
        "--split random, or --protocol honest");
  }
  DataSet data = read_data_set(request.format, request.data);
  const std::string filtered = filter_recordings(data, request.only, request.exclude);
  refuse_unlabelled(data, request.data);
  listener.data_read(data.report, data);
  if (stop) throw std::runtime_error("stopped before the training began: there is nothing to keep");

  model::Manifest manifest;
  manifest.program_version = request.program_version;
  manifest.architecture = request.recipe.architecture;
  manifest.activities = data.activities;
  manifest.placements = data.placements;
  manifest.input.rate_hz = request.rate_hz.value_or(data.native_rate_hz);
  manifest.input.scale = request.recipe.scale;
  manifest.training = request.recipe.training;
  const WindowSet windows = (published ? cut_published_windows : cut_windows)(data.recordings, data.activities,
                                                                              data.placements, manifest.input);
  const bool by_person = request.split.kind != "random";
  if (by_person) refuse_nameless(data, request.data);
  SplitRequest split_request = request.split;
  split_request.seed = request.recipe.training.seed;
  const Split split = make_split(windows.subject, split_request);
  listener.windows_cut(windows, split);

  manifest.data = {.format = data.format,
                   .fingerprint = fingerprint(data),
                   .protocol = request.protocol,
                   .split = request.split.kind,
                   .test_fraction = split.test_folds > 0 ? 1.0 / split.test_folds : request.split.test_fraction,
                   .test_folds = split.test_folds,
                   .test_fold = request.split.test_fold,
                   .folds = request.split.folds,
                   .fold = request.split.fold,
                   .test_subjects = {},
                   .training_windows = static_cast<std::int64_t>(split.train.size()),
                   .validation_windows = static_cast<std::int64_t>(split.validation.size()),
                   .test_windows = static_cast<std::int64_t>(split.test.size()),
                   .simulated = std::ranges::any_of(data.recordings, &drivers::Recording::simulated),
                   .notes = notes_of(data, filtered)};
  if (by_person) manifest.data.test_subjects = subjects_of(windows, split.test);
  refuse_unwritable(manifest, request.out);
  if (!request.predictions.empty()) refuse_unwritable_predictions(request.predictions);

  EnergyMeter energy_meter;
  std::optional<GpuEnergyMeter> gpu_energy_meter;
  if (device == "cuda") gpu_energy_meter.emplace(gpu_pci_address());
  std::chrono::duration<double> energy_read{};
  const auto progress = [&](const TrainingProgress& at) {
    if (at.elapsed - energy_read > kEnergyReading) {
      energy_meter.update();
      energy_read = at.elapsed;
    }
    listener.progress(at);
  };
  TrainerResult trained = train(windows, split,
                                {.architecture = manifest.architecture,
                                 .input = manifest.input,
                                 .training = manifest.training,
                                 .activities = data.activities.size(),
                                 .placements = data.placements.size(),
                                 .device = device,
                                 .cuda_graph = request.cuda_graph,
                                 .checkpoint = {.path = request.out / kCheckpoint,
                                                .request = request_digest(manifest, device),
                                                .resume = request.resume,
                                                .interval = request.checkpoint_every}},
                                progress, stop);
  auto energy = energy_meter.finish();
  std::optional<EnergyReading> gpu_energy;
  if (gpu_energy_meter) gpu_energy = gpu_energy_meter->finish();
  if (trained.resumed_after > 0) {
    energy = {.joules = {}, .source = "not measured: the training was resumed"};
    if (gpu_energy) gpu_energy = energy;
  }

  manifest.training.epochs_run = trained.epochs_run;
  manifest.training.best_epoch = trained.best_epoch;
  manifest.training.teacher_kept = trained.teacher_kept;
  if (manifest.training.calibrate) {
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
                          .energy = energy,
                          .gpu_energy = gpu_energy,
                          .peak_memory_bytes = peak_memory_bytes(),
                          .device = device};
  const auto headline = [&](const std::string& task, const std::optional<TaskMetrics>& metrics) {
    if (!metrics) return;
    outcome.manifest.metrics[task + "_accuracy"] = metrics->accuracy;
    outcome.manifest.metrics[task + "_macro_f1"] = metrics->macro_f1;
  };
  headline("activity", outcome.test.activity);
  headline("placement", outcome.test.placement);

  model::ModelStore store(request.out);
  outcome.bundle = store.publish(outcome.manifest, outcome.training.weights, to_json(outcome), request.promote);
  if (!request.predictions.empty()) write_predictions(request.predictions, predictions);
  if (outcome.training.diverged || outcome.training.epochs_run == outcome.manifest.training.epochs) {
    std::error_code ignored;  // a left-over checkpoint harms nobody
    std::filesystem::remove(request.out / kCheckpoint, ignored);
  }
  outcome.served = store.current() == outcome.bundle.filename();
  outcome.manifest = model::load_bundle(outcome.bundle).manifest;  // with its version and hash, and proof that it loads
  return outcome;
}

}  // namespace propriod::train
