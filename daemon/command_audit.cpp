#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>

#include "daemon/commands.hpp"
#include "daemon/interruption.hpp"
#include "daemon/progress_line.hpp"
#include "daemon/training_flags.hpp"
#include "model/torch_runtime.hpp"
#include "train/audit_job.hpp"

namespace propriod::daemon {
namespace {

struct Options {
  train::AuditRequest request;
  DataFlags data;
  TrainingFlags flags;
  MachineFlags machine;
  std::size_t most = 20;
  bool json = false;
};

train::AuditListener listener(ProgressLine& line, int folds) {
  return {.data_read =
              [](const train::ReadReport& report, const train::DataSet& data) {
                spdlog::info("{} recordings; {}", data.recordings.size(), report.summary());
              },
          .progress =
              [&line, folds](int fold, const train::TrainingProgress& progress) {
                if (!line.due()) return;
                const auto whole = progress.elapsed + progress.remaining;
                line.show(fmt::format("model {}/{}  epoch {}/{}  {} left", fold, folds, progress.epoch, progress.epochs,
                                      duration_text(progress.remaining + whole * (folds - fold))));
              }};
}

void print_planted(const char* task, const train::PlantedCount& count) {
  std::printf("%s: %zu of %zu planted labels among the first %zu entries\n", task, count.found, count.planted,
              count.looked_at);
}

ExitCode audit_command(Options& options) {
  auto& request = options.request;
  request.recipe = options.flags.recipe();
  request.data = options.data.path;
  request.format = options.data.format;
  request.only = options.data.only;
  request.exclude = options.data.exclude;
  request.rate_hz = options.machine.rate_hz();
  request.device = options.machine.device;
  request.cuda_graph = !options.machine.no_cuda_graph;
  model::set_torch_threads(options.machine.threads);
  model::keep_freed_memory();
  stop_on_interrupt();
  ProgressLine line;
  const auto outcome = train::run_audit(request, listener(line, request.folds), interrupted());
  line.clear();
  if (options.json) {
    std::puts(train::audit_json(outcome.activity, outcome.placement, outcome.planted).c_str());
  } else {
    std::fputs(train::audit_text(outcome.activity, outcome.placement, options.most).c_str(), stdout);
    if (outcome.planted) {
      print_planted("activity", outcome.planted->activity);
      print_planted("placement", outcome.planted->placement);
    }
  }
  return kSuccess;
}

}  // namespace

void add_audit_command(CLI::App& app, ExitCode& result) {
  auto* command = app.add_subcommand("audit", "List the recordings whose labels look wrong, worst first");
  command->footer(
      "Every recording is judged by a model that was trained without its person. A high place is a reason to look at\n"
      "the recording, no proof.\n"
      "Example:\n  propriod audit --data recordings --format propriod --recipe best");
  auto options = std::make_shared<Options>();
  auto& request = options->request;
  options->data.add_to(*command);
  command->add_option("--folds", request.folds, "groups of people, and so models to train")
      ->check(CLI::Range(2, 100000))
      ->capture_default_str();
  command->add_option("--most", options->most, "how many recordings to list for each task")->capture_default_str();
  command
      ->add_option("--plant", request.plant,
                   "give half this share of the recordings a wrong activity and half this share of the files a wrong "
                   "placement first, and tell how many are found")
      ->check(finite_range(0, 0.5));
  options->flags.add_to(*command);
  options->machine.add_to(*command);
  command->add_flag("--json", options->json, "print one JSON object, all recordings, instead of text");
  command->callback([options, &result] { result = audit_command(*options); });
}

}  // namespace propriod::daemon
