#include <spdlog/spdlog.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <set>

#include "config/names.hpp"
#include "daemon/commands.hpp"
#include "daemon/interruption.hpp"
#include "daemon/progress_line.hpp"
#include "daemon/training_flags.hpp"
#include "model/torch_runtime.hpp"
#include "train/report.hpp"
#include "train/self_check.hpp"
#include "train/training_job.hpp"

namespace propriod::daemon {
namespace {

struct Options {
  train::TrainingRequest request;
  DataFlags data;
  TrainingFlags flags;
  MachineFlags machine;
  bool json = false;
  bool self_check = false;
};

/// Of the tasks that the epoch trained.
std::string accuracies(const train::EpochReport& epoch) {
  std::string text = "validation:";
  const auto add = [&](const char* task, double accuracy) {
    if (!std::isnan(accuracy)) text += fmt::format(" {} {:.1f} %", task, accuracy);
  };
  add("activity", epoch.activity.validation_accuracy);
  add("placement", epoch.placement.validation_accuracy);
  return text;
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
                if (progress.phase == 1 && progress.epoch == 2 &&
                    progress.step == 1) {  // for logs, which see no progress line
                  spdlog::info("first epoch: {}; about {} left", accuracies(*progress.last_epoch),
                               duration_text(progress.remaining));
                }
                if (!line.due()) return;
                std::string text;
                if (progress.phases > 1) text = fmt::format("training {} of {}  ", progress.phase, progress.phases);
                text += fmt::format("epoch {}/{}  step {}/{}  {} left", progress.epoch, progress.epochs, progress.step,
                                    progress.steps, duration_text(progress.remaining));
                if (progress.last_epoch != nullptr) text += "  " + accuracies(*progress.last_epoch);
                line.show(text);
              }};
}

ExitCode self_check_command(const Options& options) {
  const auto recipe = options.flags.recipe();
  const auto device = train::choose_device(options.machine.device, recipe.training.bf16);
  model::set_torch_threads(options.machine.threads);
  model::keep_freed_memory();
  const auto check = train::self_check(recipe, device, !options.machine.no_cuda_graph);
  std::fputs(train::to_text(check).c_str(), stdout);
  return check.passed() ? kSuccess : kFailure;
}

ExitCode train_command(Options& options) {
  auto& request = options.request;
  const auto name = request.out.filename().string();
  if (!config::valid_name(name)) {
    throw CLI::ValidationError("--out", "its last part names the model, and \"" + name +
                                            "\" is no name; allowed: " + std::string(config::kNameRule));
  }
  request.recipe = options.flags.recipe();
  request.program_version = PROPRIOD_VERSION;
  request.data = options.data.path;
  request.format = options.data.format;
  request.only = options.data.only;
  request.exclude = options.data.exclude;
  request.rate_hz = options.machine.rate_hz();
  request.device = options.machine.device;
  request.cuda_graph = !options.machine.no_cuda_graph;
  model::set_torch_threads(options.machine.threads);
  model::keep_freed_memory();
  if (const auto advice = model::blas_advice(options.machine.threads); !advice.empty()) spdlog::warn(advice);
  stop_on_interrupt();

  ProgressLine line;
  const auto outcome = train::run_training(request, listener(line), interrupted());
  line.clear();
  const auto& training = outcome.manifest.training;
  if (outcome.training.diverged) {
    spdlog::warn(
        "the loss was no longer finite after epoch {}: the best weights before are kept; lower --learning-rate",
        training.epochs_run);
  } else if (training.epochs_run < training.epochs) {
    spdlog::warn("stopped after {} of {} epochs: the best weights so far are kept; --resume goes on",
                 training.epochs_run, training.epochs);
  }
  spdlog::info("trained for {} at {:.0f} windows/s on {}; epoch {} was best",
               duration_text(std::chrono::duration<double>(outcome.training.seconds)),
               outcome.training.windows_per_second, outcome.device, training.best_epoch);
  if (!outcome.training.launched.empty()) spdlog::info("steps on the GPU: {}", outcome.training.launched);
  spdlog::info("wrote {}{}", outcome.bundle.string(),
               outcome.served ? ", which is current now" : "; `propriod models promote` puts it into service");
  if (options.json) {
    std::puts(train::to_json(outcome).c_str());
  } else {
    std::printf(
        "Test on %zu windows%s, split %s%s\n%s", outcome.test.windows,
        request.protocol == "published" ? " cut as published (across all borders, label of the last sample)" : "",
        request.split.kind.c_str(),
        request.split.kind == "random" ? " (overlapping windows of one person on both sides: flatters)"
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
  options->data.add_to(*command);
  command->add_option("--out", request.out, "MODELS/NAME: where the new version goes")->required();
  options->flags.add_to(*command);
  command
      ->add_option("--protocol", request.protocol,
                   "honest: windows as in service; published: the paper's, across all borders, to compare with it")
      ->check(CLI::IsMember({"honest", "published"}))
      ->capture_default_str();
  auto& split = request.split;
  command->add_option("--split", split.kind, "by subject: test on people never seen; random: by window, flatters")
      ->check(CLI::IsMember({"random", "subject", "leave-one-subject-out"}))
      ->capture_default_str();
  command
      ->add_option("--test-fraction", split.test_fraction,
                   "of windows or people kept for the one test; the paper's training ratio is the rest")
      ->check(finite_range(0.01, 0.99))
      ->capture_default_str();
  command->add_option("--test-folds", split.test_folds, "instead: this many test parts that cover everything")
      ->check(CLI::Range(2, 100000));
  command->add_option("--test-fold", split.test_fold, "which of them to test on, or which person to leave out, from 0")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  command->add_option("--folds", split.folds, "validation folds of what the test leaves; 1: a fifth validates")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--fold", split.fold, "which of them validates, from 0")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  options->machine.add_to(*command);
  command
      ->add_option_function<int>(
          "--checkpoint-every", [&request](int seconds) { request.checkpoint_every = std::chrono::seconds{seconds}; },
          "at least so many seconds between checkpoints, which come at the ends of epochs (10)")
      ->check(CLI::Range(0, 86'400));
  command->add_flag("--resume", request.resume, "go on where an interrupted training with the same options ended");
  command->add_option("--predictions", request.predictions,
                      "also write what the model says of every test window (CSV)");
  command->add_flag("--promote", request.promote, "serve the new version even if there is one in service");
  command->add_flag("--json", options->json, "print one JSON object instead of text");
  command
      ->add_flag_callback(
          "--self-check",
          [command, options] {
            options->self_check = true;
            for (const auto* name : {"--data", "--format", "--out"}) command->get_option(name)->required(false);
          },
          "instead: train 50 steps on made-up windows on the CPU and on --device, and compare; 0: they agree. Takes "
          "the "
          "recipe's options, reads no data and writes nothing")
      ->trigger_on_parse();
  command->callback(
      [options, &result] { result = options->self_check ? self_check_command(*options) : train_command(*options); });
}

}  // namespace propriod::daemon
