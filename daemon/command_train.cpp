#include <spdlog/spdlog.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <thread>

#include "config/names.hpp"
#include "daemon/commands.hpp"
#include "daemon/progress_line.hpp"
#include "model/torch_runtime.hpp"
#include "train/report.hpp"
#include "train/training_job.hpp"

namespace propriod::daemon {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // or the handler could not touch it

void on_interrupt(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);  // a second Ctrl-C ends the program at once
}

struct Options {
  train::TrainingRequest request;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::string rate = "native";
  bool json = false;
};

/// As CLI::Range, which lets NaN pass.
CLI::Validator finite_range(double low, double high) {
  return {[=](std::string& text) {
            char* end = nullptr;
            const double value = std::strtod(text.c_str(), &end);
            if (end != text.c_str() && *end == '\0' && value >= low && value <= high) return std::string{};
            return fmt::format("{} is not a number from {} to {}", text, low, high);
          },
          fmt::format("FLOAT in [{} - {}]", low, high)};
}

std::string accuracies(const train::EpochReport& epoch) {
  return fmt::format("validation: activity {:.1f} %, placement {:.1f} %", epoch.activity_accuracy,
                     epoch.placement_accuracy);
}

train::TrainingListener listener(ProgressLine& line) {
  return {.data_read =
              [](const train::ReadReport& report, const train::DataSet& data) {
                spdlog::info("{} recordings, {} activities, {} placements; {}", data.recordings.size(),
                             data.activities.size(), data.placements.size(), report.summary());
              },
          .windows_cut =
              [](const train::WindowSet& windows, const train::Split& split) {
                const std::set<std::int32_t> people(windows.subject.begin(), windows.subject.end());
                spdlog::info("{} windows of {} people: {} to train, {} to validate, {} to test", windows.size(),
                             people.size(), split.train.size(), split.validation.size(), split.test.size());
                if (windows.empty_recordings > 0) {
                  spdlog::warn("{} recordings are too short for a single window, and count for nothing",
                               windows.empty_recordings);
                }
              },
          .progress =
              [&line](const train::TrainingProgress& progress) {
                if (progress.epoch == 2 && progress.step == 1) {  // for logs, which see no progress line
                  spdlog::info("first epoch: {}; about {} left", accuracies(*progress.last_epoch),
                               duration_text(progress.remaining));
                }
                if (!line.due()) return;
                auto text = fmt::format("epoch {}/{}  step {}/{}  {} left", progress.epoch, progress.epochs,
                                        progress.step, progress.steps, duration_text(progress.remaining));
                if (progress.last_epoch != nullptr) text += "  " + accuracies(*progress.last_epoch);
                line.show(text);
              }};
}

ExitCode train_command(Options& options) {
  auto& request = options.request;
  const auto name = request.out.filename().string();
  if (!config::valid_name(name)) {
    throw CLI::ValidationError("--out", "its last part names the model, and \"" + name +
                                            "\" is no name; allowed: " + std::string(config::kNameRule));
  }
  request.program_version = PROPRIOD_VERSION;
  if (options.rate != "native") request.rate_hz = std::stod(options.rate);
  model::set_torch_threads(options.threads);
  if (const auto advice = model::blas_advice(options.threads); !advice.empty()) spdlog::warn(advice);
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);

  ProgressLine line;
  const auto outcome = train::run_training(request, listener(line), interrupted);
  line.clear();
  const auto& training = outcome.manifest.training;
  if (training.epochs_run < training.epochs) {
    spdlog::warn("stopped after {} of {} epochs: the best weights so far are kept", training.epochs_run,
                 training.epochs);
  }
  spdlog::info("trained for {} at {:.0f} windows/s on {}; epoch {} was best",
               duration_text(std::chrono::duration<double>(outcome.train_seconds)), outcome.training.windows_per_second,
               outcome.device, training.best_epoch);
  spdlog::info("wrote {}{}", outcome.bundle.string(),
               outcome.served ? ", which is current now" : "; `propriod models promote` puts it into service");
  if (options.json) {
    std::puts(train::to_json(outcome).c_str());
  } else {
    std::printf("Test on %zu windows, split %s%s\n%s", outcome.test.windows, request.split.c_str(),
                request.split == "random" ? " (overlapping windows of one person on both sides: flatters)"
                                          : " (people the model never saw)",
                train::to_text(outcome.test).c_str());
    for (const auto& note : outcome.manifest.data.notes) std::printf("note: %s\n", note.c_str());
    if (outcome.manifest.data.simulated) std::puts("note: simulated data; these figures say nothing about real people");
  }
  return kSuccess;
}

}  // namespace

void add_train_command(CLI::App& app, ExitCode& result) {
  auto* command = app.add_subcommand("train", "Train a model from labelled recordings (Smooth-Distill)");
  command->footer(
      "Example:\n  propriod train --data recordings --format propriod --out models/sleep --split subject --epochs 30\n"
      "Ctrl-C ends the training and keeps the best weights so far.");
  auto options = std::make_shared<Options>();
  auto& request = options->request;
  auto& training = request.training;
  command->add_option("--data", request.data, "folder with the recordings")->required()->check(CLI::ExistingDirectory);
  command->add_option("--format", request.format, "how they are laid out")
      ->required()
      ->check(CLI::IsMember({"propriod", "wisdm2019", "dsads"}));
  command->add_option("--out", request.out, "MODELS/NAME: where the new version goes")->required();
  command->add_option("--method", training.method, "training method")
      ->check(CLI::IsMember({"smooth-distill"}))
      ->capture_default_str();
  command->add_option("--architecture", request.architecture.name, "network")
      ->check(CLI::IsMember({"mtl-net", "mtl-net-published"}))
      ->capture_default_str();
  command->add_flag("--batch-norm", request.architecture.batch_norm, "batch normalisation after each convolution");
  command->add_option("--epochs", training.epochs, "passes over the training windows")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--batch", training.batch, "windows a step")->check(CLI::Range(1, 65536))->capture_default_str();
  command->add_option("--learning-rate", training.learning_rate, "of Adam")
      ->check(finite_range(1e-8, 1))
      ->capture_default_str();
  command->add_option("--split", request.split, "subject: test on people never seen; random: by window, flatters")
      ->check(CLI::IsMember({"random", "subject"}))
      ->capture_default_str();
  command->add_option("--test-fraction", request.test_fraction, "of windows or people kept for the one test")
      ->check(finite_range(0.01, 0.9))
      ->capture_default_str();
  command->add_option("--seed", training.seed, "of initial weights, split and order")
      ->check(finite_range(0, 9'007'199'254'740'992))
      ->capture_default_str();
  command->add_option("--rate", options->rate, "samples a second the model works on; native: the data set's own")
      ->check(CLI::IsMember({"native"}) | finite_range(1, 1000))
      ->capture_default_str();
  command->add_option("--device", request.device, "where to train")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "threads for training on the CPU")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_flag("--calibrate", request.calibrate,
                    "choose temperatures and the threshold for unknown on validation data");
  command->add_option("--predictions", request.predictions,
                      "also write what the model says of every test window (CSV)");
  command->add_flag("--promote", request.promote, "serve the new version even if there is one in service");
  command->add_flag("--json", options->json, "print one JSON object instead of text");
  command->callback([options, &result] { result = train_command(*options); });
}

}  // namespace propriod::daemon
