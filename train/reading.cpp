#include "train/reading.hpp"

#include <spdlog/fmt/fmt.h>

#include <filesystem>

#include "drivers/errors.hpp"
#include "train/errors.hpp"

namespace propriod::train {

void read_lines(const DataFile& file, ReadReport& report, const std::function<void(drivers::LineReader&)>& read) {
  ++report.files;
  try {
    drivers::LineReader reader(file.path, file.open());
    read(reader);
    report.lines += reader.line_number();
    report.too_long += reader.too_long();
  } catch (const drivers::RecordingError& error) {
    report.unusable_files.emplace_back(error.what());
  }
}

void refuse_twins(const std::string& first, const std::string& second) {
  throw DataSetError(
      fmt::format("{} and {} are one recording by their names, which would be in training and test alike; "
                  "remove one",
                  first, second));
}

std::string folder_of(const std::string& name) { return std::filesystem::path(name).parent_path().generic_string(); }

void drop_short_recordings(std::vector<drivers::Recording>& recordings, ReadReport& report) {
  report.short_recordings +=
      std::erase_if(recordings, [](const auto& recording) { return recording.samples.size() < 2; });
}

}  // namespace propriod::train
