#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <system_error>
#include <thread>

#include "daemon/commands.hpp"
#include "daemon/experiment_file.hpp"
#include "daemon/interruption.hpp"
#include "daemon/progress_line.hpp"
#include "train/experiment_report.hpp"
#include "train/experiment_runner.hpp"

namespace propriod::daemon {
namespace {

struct Options {
  std::filesystem::path file, out;
  std::vector<std::string> data;
  int epochs = 0;
  std::vector<std::uint64_t> seeds;
  int jobs = 0;
  int threads = 0;
  bool dry_run = false;
  bool report_only = false;
};

DataPaths data_paths(const std::vector<std::string>& given) {
  DataPaths paths;
  for (const auto& text : given) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      throw CLI::ValidationError("--data", text + " is not NAME=PATH");
    }
    const std::filesystem::path path = text.substr(equals + 1);
    if (!std::filesystem::exists(path)) throw CLI::ValidationError("--data", "there is nothing at " + path.string());
    if (!paths.emplace(text.substr(0, equals), path).second) {
      throw CLI::ValidationError("--data", text.substr(0, equals) + " is given twice");
    }
  }
  return paths;
}

/// What the command line says goes before what the file says. Returns a sentence for the report.
std::string override_plan(const Options& options, train::ExperimentPlan& plan) {
  std::string said;
  if (options.epochs > 0) {
    said += fmt::format("{} epochs instead of {}. ", options.epochs,
                        plan.epochs ? std::to_string(*plan.epochs) : "the recipe's");
    plan.epochs = options.epochs;
  }
  if (!options.seeds.empty()) {
    said += fmt::format("Seeds {} instead of {}. ", fmt::join(options.seeds, ", "), fmt::join(plan.seeds, ", "));
    plan.seeds = options.seeds;
  }
  if (options.jobs > 0) plan.jobs = options.jobs;
  if (options.threads > 0) plan.threads = options.threads;
  if (plan.threads == 0) {
    plan.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / plan.jobs);
  }
  return said.empty() ? said : "From the command line, not the file: " + said;
}

/// "AMD EPYC 7B13, 2 processors, Linux 6.1.0".
std::string machine() {
  std::string processor = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!line.starts_with("model name") && !line.starts_with("Model")) continue;
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    processor = line.substr(colon + 2);
    break;
  }
  utsname system{};
  uname(&system);
  return fmt::format("{}, {} processors, {} {}", processor, std::thread::hardware_concurrency(), system.sysname,
                     system.release);
}

std::string accuracies(const nlohmann::ordered_json& result) {
  const auto accuracy = [&](const char* task) {
    const auto pointer = nlohmann::ordered_json::json_pointer(fmt::format("/tasks/{}/accuracy", task));
    return result.contains(pointer) && result[pointer].is_number()
               ? fmt::format("{:.1f} %", result[pointer].get<double>())
               : "none";
  };
  return fmt::format("activity {}, placement {}", accuracy("activity"), accuracy("placement"));
}

train::ExperimentListener listener(ProgressLine& line) {
  return {.finished =
              [&line](const train::ExperimentResult& result, const train::ExperimentProgress& progress) {
                line.clear();
                spdlog::info("run {} of {} done: {}: {} in {}", progress.done, progress.runs, result.run,
                             accuracies(result.result), duration_text(std::chrono::duration<double>(result.seconds)));
              },
          .failed =
              [&line](const train::ExperimentRun& run, const std::string& reason, const std::string& last_lines) {
                line.clear();
                spdlog::error("run {} {}; the others go on. What it said last:\n{}", run.id(), reason, last_lines);
              },
          .progress =
              [&line](const train::ExperimentProgress& progress) {
                if (!line.due()) return;
                line.show(fmt::format("{}/{} runs{}  {}  {}", progress.done, progress.runs,
                                      progress.failed > 0 ? fmt::format(", {} failed", progress.failed) : "",
                                      progress.remaining ? duration_text(*progress.remaining) + " left" : "",
                                      fmt::join(progress.running, "  ")));
              }};
}

void warn_of_other_versions(const std::map<std::string, train::ExperimentResult>& results) {
  std::set<std::string> versions;
  for (const auto& [id, result] : results) versions.insert(result.program_version);
  versions.erase(PROPRIOD_VERSION);
  if (versions.empty()) return;
  spdlog::warn("some results are of version {}, this is {}: the report mixes them; give another --out to do all again",
               fmt::join(versions, ", "), PROPRIOD_VERSION);
}

void dry_run(const std::vector<train::ExperimentRun>& runs, const std::filesystem::path& out, int jobs) {
  const auto results = train::read_results(out / "results.jsonl");
  std::vector<const train::ExperimentRun*> left;
  std::size_t listed = 0;
  for (const auto& run : runs) {
    const bool done = results.contains(run.id());
    if (!done && run.data.path.empty()) continue;
    std::printf("%s  %s\n", done ? "done" : "todo", run.id().c_str());
    if (!done) left.push_back(&run);
    ++listed;
  }
  const auto remaining = train::estimate(left, results, jobs);
  std::printf("%zu of %zu runs to do, %d at a time: %s\n", left.size(), listed, jobs,
              left.empty() ? "nothing left"
              : remaining  ? ("about " + duration_text(*remaining)).c_str()
                           : "how long they take is known once the first has ended");
}

/// As a shell takes it for one word.
std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// What a reader of the report says to get its results, and to go on with what is missing.
std::string repeated_command(const Options& options) {
  auto command = "propriod experiment " + shell_word(options.file.string());
  for (const auto& data : options.data) command += " --data " + shell_word(data);
  if (options.epochs > 0) command += fmt::format(" --epochs {}", options.epochs);
  if (!options.seeds.empty()) command += fmt::format(" --seeds {}", fmt::join(options.seeds, ","));
  if (options.jobs > 0) command += fmt::format(" --jobs {}", options.jobs);
  if (options.threads > 0) command += fmt::format(" --threads {}", options.threads);
  return command + " --out " + shell_word(options.out.string());
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw std::runtime_error(
        fmt::format("{}: cannot be made ({}); give another --out", folder.string(), error.message()));
  }
}

ExitCode experiment_command(const Options& options) {
  auto file = read_experiment(options.file, data_paths(options.data));
  if (!file) {
    for (const auto& problem : file.error()) std::fprintf(stderr, "%s\n", problem.to_string().c_str());
    return kUsage;
  }
  auto& plan = file->plan;
  const auto overrides = override_plan(options, plan);
  if (!options.report_only) {
    for (const auto& [name, why] : file->absent) spdlog::warn("{}; it is left out", why);
  }
  const auto runs = train::expand(plan);
  if (options.dry_run) {
    dry_run(runs, options.out, plan.jobs);
    return kSuccess;
  }
  if (file->absent.size() == plan.data.size() && !options.report_only) {
    throw std::runtime_error(
        options.file.string() +
        ": none of its data sets is here; say where one is with --data NAME=PATH, or only --report-only");
  }
  const auto results_file = options.out / "results.jsonl";
  train::ExperimentReport report{.plan = plan,
                                 .runs = runs,
                                 .results = {},
                                 .command = repeated_command(options),
                                 .overrides = overrides,
                                 .absent = file->absent,
                                 .folder = options.out};
  train::ExperimentProgress progress;
  if (options.report_only) {
    if (!std::filesystem::exists(results_file)) {
      throw std::runtime_error(results_file.string() +
                               ": is not there; run the experiment without --report-only first");
    }
    report.results = train::read_results(results_file);
    warn_of_other_versions(report.results);
  } else {
    make_folder(options.out);
    train::ExperimentResults results(results_file);
    warn_of_other_versions(results.all());
    stop_on_interrupt();
    ProgressLine line;
    progress = train::run_experiment(runs,
                                     {.program = "/proc/self/exe",
                                      .out = std::filesystem::absolute(options.out),
                                      .jobs = plan.jobs,
                                      .threads = plan.threads,
                                      .devices = plan.devices,
                                      .program_version = PROPRIOD_VERSION,
                                      .machine = machine()},
                                     results, listener(line), interrupted());
    line.clear();
    report.results = results.all();
  }
  if (interrupted()) spdlog::warn("stopped; the same command goes on from here");
  const auto written = train::write_report(report, options.out / "report.html");
  if (!written.plots_missing.empty()) spdlog::warn(written.plots_missing);
  spdlog::info("wrote {}", (options.out / "report.html").string());
  return progress.failed > 0 || interrupted() ? kFailure : kSuccess;
}

}  // namespace

void add_experiment_command(CLI::App& app, ExitCode& result) {
  auto* command = app.add_subcommand("experiment", "Train a grid of methods, data sets and seeds, and report on it");
  command->footer(
      "Examples:\n  propriod experiment config/experiments/quick.yaml --out results/quick\n"
      "  propriod experiment config/experiments/table5.yaml --data wisdm2019=wisdm-dataset.zip --out results/table5\n"
      "Ctrl-C stops it; the same command goes on from the last checkpoints. Exit code 1 when a run failed.");
  auto options = std::make_shared<Options>();
  command->add_option("file", options->file, "what to train (YAML)")->required();
  command->add_option("--out", options->out, "folder for results.jsonl, report.html and the runs")->required();
  command->add_option("--data", options->data, "NAME=PATH: where a data set of the file lies; repeatable");
  command->add_option("--epochs", options->epochs, "instead of the file's; the report says so")
      ->check(CLI::Range(1, 100000));
  command->add_option("--seeds", options->seeds, "instead of the file's, e.g. 0,1,2; the report says so")
      ->delimiter(',')
      ->check(CLI::Range(std::uint64_t{0}, train::kMostSeed));
  command->add_option("--jobs", options->jobs, "runs at a time, instead of the file's")->check(CLI::Range(1, 1024));
  command->add_option("--threads", options->threads, "threads of each run, instead of the file's")
      ->check(CLI::Range(1, 1024));
  command->add_flag("--dry-run", options->dry_run, "only list the runs, and how long they may take");
  command->add_flag("--report-only", options->report_only,
                    "only write the report, of what results there are; needs no data");
  command->callback([options, &result] { result = experiment_command(*options); });
}

}  // namespace propriod::daemon
