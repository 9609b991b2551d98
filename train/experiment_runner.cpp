#include "train/experiment_runner.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <list>
#include <numeric>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "drivers/label.hpp"
#include "train/child_process.hpp"

namespace propriod::train {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr auto kPoll = std::chrono::milliseconds{100};
constexpr std::size_t kMostPrintedBytes = kMostResultBytes / 2;  // a line of results.jsonl holds more than that

/// A file that a child writes to, open as long as this.
class OutputFile {
 public:
  OutputFile(const std::filesystem::path& path, int flags)
      : descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644)) {
    if (descriptor_ < 0) {
      throw std::runtime_error(fmt::format("{}: cannot be written ({}); give another --out", path.string(),
                                           std::generic_category().message(errno)));
    }
  }
  ~OutputFile() { close(descriptor_); }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

struct RunningJob {
  const ExperimentRun* run;
  std::string id;
  std::filesystem::path folder;
  Clock::time_point started;
  int slot;
  ChildProcess child;
};

RunningJob start(const ExperimentRun& run, const ExperimentRunnerOptions& options, int slot) {
  const auto id = run.id();
  const auto folder = options.out / "runs" / id;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw std::runtime_error(
        fmt::format("{}: cannot be made ({}); give another --out", folder.string(), error.message()));
  }
  // The last part of --out names a model, and "model" is no name for one.
  auto arguments = run.arguments(folder / "trained", folder / "predictions.csv", options.threads);
  arguments.insert(arguments.begin(), options.program.string());
  const OutputFile result(folder / "result.json", O_TRUNC);
  const OutputFile log(folder / "run.log", O_APPEND);
  ChildOptions child{.arguments = std::move(arguments),
                     .environment = {},
                     .standard_output = result.descriptor(),
                     .standard_error = log.descriptor()};
  if (!options.devices.empty()) {
    const auto device = options.devices[static_cast<std::size_t>(slot) % options.devices.size()];
    child.environment.push_back(fmt::format("CUDA_VISIBLE_DEVICES={}", device));
  }
  return {.run = &run, .id = id, .folder = folder, .started = Clock::now(), .slot = slot, .child = ChildProcess(child)};
}

/// The end of what a run said, as a message may show it.
std::string last_lines(const std::filesystem::path& file) {
  constexpr std::streamoff kMostBytes = 2000;
  constexpr std::ptrdiff_t kMostLines = 8;
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (!stream) return {};
  const auto size = static_cast<std::streamoff>(stream.tellg());
  stream.seekg(std::max<std::streamoff>(0, size - kMostBytes));
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    std::string shown;  // progress lines and colours are control characters
    for (const char c : line) shown += (c >= ' ' && c <= '~') || (c & 0x80) != 0 ? c : ' ';
    if (!drivers::is_plain_text(shown, shown.size())) shown = drivers::shown(shown);
    lines.push_back("  | " + shown);
  }
  const auto first = lines.end() - std::min<std::ptrdiff_t>(kMostLines, std::ssize(lines));
  return fmt::format("{}", fmt::join(first, lines.end(), "\n"));
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

/// What the run printed. Throws std::runtime_error with the reason when that is no complete result.
Json read_result(const ExperimentRun& run, const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || size > kMostPrintedBytes) throw std::runtime_error("printed no result, or one that is too long");
  std::ifstream stream(file, std::ios::binary);
  auto result = Json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!result.is_object() || !result.contains("tasks")) throw std::runtime_error("printed no JSON with tasks");
  const auto whole = [&](const char* key) {
    const auto found = result.find(key);
    return found != result.end() && found->is_number_integer() ? found->get<int>() : 0;
  };
  if (whole("epochs_run") < whole("epochs")) {
    throw std::runtime_error(
        fmt::format("was stopped after {} of {} epochs, so its figures are none of this experiment's",
                    whole("epochs_run"), whole("epochs")));
  }
  if (run.data.split == "leave-one-subject-out" && whole("test_folds") != run.data.test_folds) {
    throw std::runtime_error(fmt::format("found {} people, and test_folds is {}; set test_folds of {} to {}",
                                         whole("test_folds"), run.data.test_folds, run.data.name, whole("test_folds")));
  }
  return result;
}

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

/// How much a result tells about how long a run will take.
int likeness(const Json& run, const Json& result) {
  const auto same = [&](const char* key) { return run.value(key, Json()) == result.value(key, Json()); };
  return (same("data") ? 4 : 0) +
         (same("method") && same("architecture") && same("recipe") && same("changes") ? 2 : 0) +
         (same("epochs") && same("test_fraction") ? 1 : 0);
}

}  // namespace

std::optional<Seconds> estimate(std::span<const ExperimentRun* const> runs,
                                const std::map<std::string, ExperimentResult>& results, int jobs) {
  if (results.empty()) return std::nullopt;
  Seconds total{0};
  for (const auto* run : runs) {
    const auto configuration = Json::parse(run->configuration());
    int best = -1;
    double sum = 0;
    int count = 0;
    for (const auto& [id, result] : results) {
      const int like = likeness(configuration, result.configuration);
      if (like < best) continue;
      if (like > best) sum = 0, count = 0, best = like;
      sum += result.seconds;
      ++count;
    }
    total += Seconds(sum / count);
  }
  return total / std::max(1, std::min(jobs, static_cast<int>(runs.size())));
}

ExperimentProgress run_experiment(std::span<const ExperimentRun> runs, const ExperimentRunnerOptions& options,
                                  ExperimentResults& results, const ExperimentListener& listener,
                                  const std::atomic<bool>& stop) {
  std::list<const ExperimentRun*> waiting;
  ExperimentProgress progress{.running = {}, .remaining = {}};
  for (const auto& run : runs) {
    if (results.all().contains(run.id())) {
      ++progress.done;
    } else if (!run.data.path.empty()) {
      waiting.push_back(&run);
    }
  }
  progress.runs = progress.done + waiting.size();
  std::list<RunningJob> running;
  std::vector<int> free_slots(static_cast<std::size_t>(options.jobs));
  std::iota(free_slots.rbegin(), free_slots.rend(), 0);  // the lowest last, where it is taken from

  const auto update_remaining = [&] {
    std::vector<const ExperimentRun*> left(waiting.begin(), waiting.end());
    for (const auto& job : running) left.push_back(job.run);
    progress.remaining = estimate(left, results.all(), options.jobs);
  };
  const auto result_of = [&](const RunningJob& job, int status) -> std::optional<ExperimentResult> {
    const Seconds took = Clock::now() - job.started;
    auto command = job.run->arguments(job.folder / "trained", job.folder / "predictions.csv", options.threads);
    command.insert(command.begin(), "propriod");
    try {
      if (status != 0) throw std::runtime_error(how_it_ended(status));
      return ExperimentResult{.run = job.id,
                              .configuration = Json::parse(job.run->configuration()),
                              .result = read_result(*job.run, job.folder / "result.json"),
                              .command = command,
                              .program_version = options.program_version,
                              .machine = options.machine,
                              .finished = utc_now(),
                              .seconds = took.count(),
                              .jobs = options.jobs,
                              .threads = options.threads};
    } catch (const std::runtime_error& error) {  // the others go on
      ++progress.failed;
      listener.failed(*job.run, error.what(), last_lines(job.folder / "run.log"));
      return std::nullopt;
    }
  };

  update_remaining();
  while (!stop && (!waiting.empty() || !running.empty())) {
    while (!waiting.empty() && !free_slots.empty()) {
      running.push_back(start(*waiting.front(), options, free_slots.back()));
      free_slots.pop_back();
      waiting.pop_front();
    }
    for (auto job = running.begin(); job != running.end();) {
      const auto status = job->child.ended();
      if (!status) {
        ++job;
        continue;
      }
      const auto result = result_of(*job, *status);
      free_slots.push_back(job->slot);
      job = running.erase(job);
      if (!result) continue;
      ++progress.done;
      results.append(*result);
      update_remaining();
      listener.finished(*result, progress);
    }
    progress.running.clear();
    for (const auto& job : running) progress.running.push_back(job.id);
    listener.progress(progress);
    if (!running.empty()) std::this_thread::sleep_for(kPoll);
  }
  return progress;
}

}  // namespace propriod::train
