#include <spdlog/spdlog.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <thread>

#include "daemon/commands.hpp"
#include "daemon/training_flags.hpp"
#include "model/torch_runtime.hpp"
#include "train/data_set.hpp"
#include "train/recording_filter.hpp"
#include "train/report.hpp"

namespace propriod::daemon {
namespace {

struct Options {
  std::filesystem::path model, predictions, probabilities;
  DataFlags data;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  bool json = false;
};

/// One JSON line a window: where it was, what it is, what the model says.
class ProbabilityFile {
 public:
  ProbabilityFile(const std::filesystem::path& path, const train::DataSet& data, const train::WindowSet& windows,
                  const model::Manifest& manifest)
      : path_(path), file_(path), data_(data), windows_(windows), manifest_(manifest) {
    require_written();
  }

  void add(const train::EvaluatedWindow& window) {
    const auto& origin = windows_.origin[window.window];
    const auto truth = [&](std::int64_t label, const std::vector<std::string>& labels) {
      return label < 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(labels[static_cast<std::size_t>(label)]);
    };
    const nlohmann::ordered_json line{{"recording", data_.recordings[origin.recording].name},
                                      {"window_start_s", std::chrono::duration<double>(origin.start).count()},
                                      {"activity", truth(windows_.activity[window.window], manifest_.activities)},
                                      {"placement", truth(windows_.placement[window.window], manifest_.placements)},
                                      {"activity_probabilities", window.activity},
                                      {"placement_probabilities", window.placement}};
    file_ << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  }

  void close() {
    file_.close();
    require_written();
  }

 private:
  void require_written() const {
    if (!file_) throw std::runtime_error(path_.string() + ": cannot be written; is the folder there, the disk full?");
  }

  std::filesystem::path path_;
  std::ofstream file_;
  const train::DataSet& data_;
  const train::WindowSet& windows_;
  const model::Manifest& manifest_;
};

ExitCode evaluate_command(const Options& options) {
  model::set_torch_threads(options.threads);
  model::Recognizer recognizer(model::load_bundle(options.model));
  const auto& manifest = recognizer.manifest();
  auto data = train::read_data_set(options.data.format, options.data.path);
  const std::string filtered = train::filter_recordings(data, options.data.only, options.data.exclude);
  const auto windows = train::cut_windows(data.recordings, manifest.activities, manifest.placements, manifest.input);
  spdlog::info("{} recordings, {} windows; {}", data.recordings.size(), windows.size(), data.report.summary());
  if (!filtered.empty()) spdlog::info(filtered);
  if (windows.windows_of_other_labels > 0) {
    spdlog::warn("{} windows have a label that the model does not know: they don't count for that task",
                 windows.windows_of_other_labels);
  }
  std::vector<std::size_t> all(windows.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::optional<ProbabilityFile> probabilities;
  if (!options.probabilities.empty()) probabilities.emplace(options.probabilities, data, windows, manifest);
  if (!options.predictions.empty()) train::refuse_unwritable_predictions(options.predictions);
  std::vector<train::PredictionRow> predictions;
  const auto evaluation = train::evaluate(recognizer, windows, all, [&](const train::EvaluatedWindow& window) {
    if (probabilities) probabilities->add(window);
    if (!options.predictions.empty()) {
      predictions.push_back(train::prediction_row(window, windows, data.recordings, manifest));
    }
  });
  if (probabilities) probabilities->close();
  if (!options.predictions.empty()) train::write_predictions(options.predictions, predictions);
  if (options.json) {
    std::puts(train::to_json(evaluation, recognizer).c_str());
  } else {
    std::printf("Model %s on %zu windows, all of them test data\n%s", manifest.version.c_str(), evaluation.windows,
                train::to_text(evaluation).c_str());
    if (!filtered.empty()) std::printf("note: %s\n", filtered.c_str());
    if (manifest.data.simulated) std::puts("note: the model was trained on simulated data");
  }
  return kSuccess;
}

}  // namespace

void add_evaluate_command(CLI::App& app, ExitCode& result) {
  auto* command = app.add_subcommand("evaluate", "Measure a model on labelled recordings, all of which are test data");
  command->footer("Example:\n  propriod evaluate --model models/sleep/current --data recordings --format propriod");
  auto options = std::make_shared<Options>();
  command->add_option("--model", options->model, "MODELS/NAME/VERSION, or …/current")->required();
  options->data.add_to(*command);
  command->add_option("--predictions", options->predictions, "also write what the model says of every window (CSV)");
  command->add_option("--probabilities", options->probabilities,
                      "also write every window's probabilities there (JSON lines)");
  command->add_option("--threads", options->threads, "threads")->check(CLI::Range(1, 1024))->capture_default_str();
  command->add_flag("--json", options->json, "print one JSON object instead of text");
  command->callback([options, &result] { result = evaluate_command(*options); });
}

}  // namespace propriod::daemon
