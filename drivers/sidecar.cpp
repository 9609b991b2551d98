#include "drivers/sidecar.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>

#include "drivers/errors.hpp"
#include "drivers/label.hpp"
#include "drivers/output_file.hpp"
#include "drivers/parse_number.hpp"

namespace propriod::drivers {
namespace {

constexpr std::size_t kMaxTextBytes = 256;
constexpr std::size_t kMaxNotesBytes = 4096;
constexpr double kMaxRateHz = 10'000;
constexpr std::string_view kUnit = "m/s2";

/// Reads one sidecar: every complaint starts with its file and line.
class SidecarReader {
 public:
  explicit SidecarReader(const std::filesystem::path& path) : path_(path) {}

  Sidecar read(const std::string& text) {
    YAML::Node root;
    try {
      root = YAML::Load(text);
    } catch (const YAML::Exception& error) {
      std::string said = error.msg;  // may quote the file, whatever is in it
      std::ranges::replace_if(
          said, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
      if (!is_plain_text(said, said.size())) said = "no text";
      throw RecordingError(path_.string() + ":" + std::to_string(error.mark.line + 1) + ": not YAML (" + said +
                           "); check quotes, colons and indentation");
    }
    if (!root.IsMap()) fail(root, "a recording's sidecar is a list of `key: value`");
    Sidecar sidecar;
    for (const auto& entry : root) {
      if (!entry.first.IsScalar()) continue;
      key_ = entry.first.Scalar();
      take(entry.second, sidecar);
    }
    for (const auto* required : {"rate", "unit"}) {
      if (!seen_.contains(required)) fail(root, std::string(required) + " is missing; e.g. `rate: 50`, `unit: m/s2`");
    }
    return sidecar;
  }

 private:
  void take(const YAML::Node& value, Sidecar& sidecar) {
    if (key_ == "sensor") return take_text(value, kMaxTextBytes, sidecar.sensor);
    if (key_ == "device") return take_text(value, kMaxTextBytes, sidecar.device);
    if (key_ == "subject") return take_text(value, kMaxTextBytes, sidecar.subject);
    if (key_ == "notes") return take_text(value, kMaxNotesBytes, sidecar.notes);
    if (key_ == "start_time") return take_text(value, kMaxTextBytes, sidecar.start_time);
    if (key_ == "rate") {
      if (!parse_number(scalar(value), sidecar.rate_hz) || sidecar.rate_hz <= 0 || sidecar.rate_hz > kMaxRateHz) {
        fail(value, "rate: a number of Hz above 0 and up to 10000 is expected");
      }
    } else if (key_ == "unit") {
      if (scalar(value) != kUnit) fail(value, "unit: only m/s2 is read; convert the samples (1 g = 9.80665 m/s2)");
    } else if (key_ == "simulated") {
      scalar(value);
      if (!YAML::convert<bool>::decode(value, sidecar.simulated)) fail(value, "simulated: true or false is expected");
    } else if (key_ == "samples") {
      take_count(value, sidecar.samples);
    } else if (key_ == "lost") {
      take_count(value, sidecar.lost);
    } else if (key_ == "gaps") {
      take_count(value, sidecar.gaps);
    } else if (key_ == "reconnects") {
      take_count(value, sidecar.reconnects);
    }
  }

  void take_text(const YAML::Node& value, std::size_t max_bytes, std::string& text) {
    text = value.IsNull() ? std::string() : scalar(value);
    // A text folded over several lines of YAML is one line here.
    std::ranges::replace(text, '\n', ' ');
    text = std::string(trimmed(text));
    if (!is_plain_text(text, max_bytes)) {
      fail(value, key_ + ": UTF-8 text of at most " + std::to_string(max_bytes) +
                      " bytes without control characters is expected");
    }
  }

  void take_count(const YAML::Node& value, std::optional<std::uint64_t>& count) {
    std::uint64_t number = 0;
    if (!parse_number(scalar(value), number)) fail(value, key_ + ": a count is expected");
    count = number;
  }

  /// The value of a key we know, which therefore may come only once.
  std::string scalar(const YAML::Node& value) {
    if (!value.IsScalar()) fail(value, key_ + ": a single value is expected");
    if (!seen_.insert(key_).second) fail(value, key_ + " is there twice; remove one");
    return value.Scalar();
  }

  [[noreturn]] void fail(const YAML::Node& where, const std::string& what) const {
    throw RecordingError(path_.string() + ":" + std::to_string(where.Mark().line + 1) + ": " + what);
  }

  const std::filesystem::path& path_;
  std::string key_;
  std::set<std::string> seen_;
};

std::string to_text(double number) {
  std::array<char, 32> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return {digits.data(), result.ptr};
}

std::string to_yaml(const Sidecar& sidecar) {
  YAML::Emitter yaml;
  yaml << YAML::BeginMap;
  const auto text = [&](const char* key, const std::string& value) {
    if (!value.empty()) yaml << YAML::Key << key << YAML::Value << YAML::DoubleQuoted << value;
  };
  const auto count = [&](const char* key, const std::optional<std::uint64_t>& value) {
    if (value) yaml << YAML::Key << key << YAML::Value << *value;
  };
  text("sensor", sidecar.sensor);
  text("device", sidecar.device);
  text("subject", sidecar.subject);
  yaml << YAML::Key << "rate" << YAML::Value << to_text(sidecar.rate_hz);
  yaml << YAML::Key << "unit" << YAML::Value << sidecar.unit;
  text("start_time", sidecar.start_time);
  if (sidecar.simulated) yaml << YAML::Key << "simulated" << YAML::Value << true;
  text("notes", sidecar.notes);
  count("samples", sidecar.samples);
  count("lost", sidecar.lost);
  count("gaps", sidecar.gaps);
  count("reconnects", sidecar.reconnects);
  yaml << YAML::EndMap;
  return std::string(yaml.c_str()) + "\n";
}

}  // namespace

std::filesystem::path sidecar_path(const std::filesystem::path& csv) {
  auto path = csv;
  if (path.extension() == ".gz") path.replace_extension();
  if (path.extension() != ".csv") {
    throw RecordingError(csv.string() + ": a recording is called NAME.csv or NAME.csv.gz; rename it");
  }
  return path.replace_extension(".yaml");
}

Sidecar read_sidecar(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw RecordingError(path.string() + ": cannot be opened; a recording NAME.csv or NAME.csv.gz needs NAME.yaml " +
                         "beside it, with `rate: 50` and `unit: m/s2` at least");
  }
  std::string text(kMaxSidecarBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw RecordingError(path.string() + ": cannot be read; is it a file?");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_sidecar(text, path);
}

Sidecar parse_sidecar(const std::string& text, const std::filesystem::path& path) {
  if (text.size() > kMaxSidecarBytes) throw RecordingError(path.string() + ": longer than 64 KiB; shorten it");
  return SidecarReader(path).read(text);
}

void write_sidecar(const std::filesystem::path& path, const Sidecar& sidecar) {
  const std::string text = to_yaml(sidecar);
  if (SidecarReader(path).read(text) != sidecar) {
    throw RecordingError(path.string() + ": a text has line breaks, or blanks around it; remove them");
  }
  auto temporary = path;
  temporary += ".tmp";
  OutputFile file(temporary, OutputFile::Existing::kReplace);
  file.write(text);
  file.sync_and_close();
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) throw RecordingError(path.string() + ": cannot be written: " + error.message());
}

}  // namespace propriod::drivers
