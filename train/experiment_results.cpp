#include "train/experiment_results.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace propriod::train {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw std::runtime_error(file.string() + ": " + what);
}

std::string last_error() { return std::generic_category().message(errno); }

std::string to_line(const ExperimentResult& result) {
  const Json json{{"run", result.run},
                  {"configuration", result.configuration},
                  {"program_version", result.program_version},
                  {"machine", result.machine},
                  {"finished", result.finished},
                  {"seconds", result.seconds},
                  {"jobs", result.jobs},
                  {"threads", result.threads},
                  {"command", result.command},
                  {"result", result.result}};
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

ExperimentResult from_line(const std::string& line) {
  const Json json = Json::parse(line);
  ExperimentResult result{.run = json.at("run").get<std::string>(),
                          .configuration = json.at("configuration"),
                          .result = json.at("result"),
                          .command = json.at("command").get<std::vector<std::string>>(),
                          .program_version = json.at("program_version").get<std::string>(),
                          .machine = json.at("machine").get<std::string>(),
                          .finished = json.at("finished").get<std::string>(),
                          .seconds = json.at("seconds").get<double>(),
                          .jobs = json.at("jobs").get<int>(),
                          .threads = json.at("threads").get<int>()};
  if (!result.configuration.is_object() || !result.result.is_object()) throw std::invalid_argument("no object");
  return result;
}

struct Contents {
  std::map<std::string, ExperimentResult> results;
  std::uintmax_t whole_bytes = 0;  ///< without what is left of a last line
};

/// Reads the next line, which a line feed ends; false at the end, whatever is left before it. Throws std::length_error
/// for one that is longer than any result, before more of it is read.
bool next_line(std::istream& stream, std::string& line) {
  constexpr int kEnd = std::char_traits<char>::eof();
  line.clear();
  auto& bytes = *stream.rdbuf();
  for (int byte = bytes.sbumpc(); byte != kEnd; byte = bytes.sbumpc()) {
    if (byte == '\n') return true;
    if (line.size() == kMostResultBytes) throw std::length_error("too long");
    line += static_cast<char>(byte);
  }
  return false;
}

Contents read_contents(const std::filesystem::path& file) {
  Contents contents;
  std::ifstream stream(file, std::ios::binary);
  std::string line;
  for (int number = 1;; ++number) {
    try {
      if (!next_line(stream, line)) return contents;  // without a line feed the process was killed while it wrote
      contents.whole_bytes += line.size() + 1;
      auto result = from_line(line);
      contents.results.insert_or_assign(result.run, std::move(result));
    } catch (const std::ios_base::failure&) {
      fail(file, "cannot be read; is the disk all right?");
    } catch (const std::exception&) {
      fail(file, fmt::format("line {} is no result of a run; delete that line, and its run is done again", number));
    }
  }
}

}  // namespace

ExperimentResults::ExperimentResults(const std::filesystem::path& file) : file_(file) {
  descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(file, fmt::format("cannot be opened ({}); give another --out", last_error()));
  try {
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      fail(file, "another experiment is writing to it; wait for its end or give another --out");
    }
    auto contents = read_contents(file);
    if (std::filesystem::file_size(file) > contents.whole_bytes &&
        ftruncate(descriptor_, static_cast<off_t>(contents.whole_bytes)) != 0) {
      fail(file, fmt::format("the rest of a line cannot be cut off ({})", last_error()));
    }
    all_ = std::move(contents.results);
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

ExperimentResults::~ExperimentResults() { close(descriptor_); }

void ExperimentResults::append(ExperimentResult result) {
  const auto line = to_line(result);
  const auto written =
      write(descriptor_, line.data(), line.size());  // one call: a line is there whole or torn, never mixed
  if (written != static_cast<ssize_t>(line.size()) || fsync(descriptor_) != 0) {
    fail(file_, fmt::format("cannot be written ({}); is the disk full? What is there stays, start again",
                            written < 0 ? last_error() : "cut short"));
  }
  auto run = result.run;
  all_.insert_or_assign(std::move(run), std::move(result));
}

std::map<std::string, ExperimentResult> read_results(const std::filesystem::path& file) {
  return read_contents(file).results;
}

}  // namespace propriod::train
