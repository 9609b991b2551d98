#include "config/calibration_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "config/foreign_text.hpp"
#include "config/reader.hpp"
#include "config/replace_file.hpp"
#include "config/yaml_tree.hpp"

namespace propriod::config {
namespace {

constexpr double kOffsetSteps = 1e4;
constexpr double kScaleSteps = 1e5;

using Kind = YamlNode::Kind;

double round_to(double number, double steps) { return std::round(number * steps) / steps + 0.0; }  // + 0.0: never "-0"

std::string list_text(const std::array<double, 3>& numbers) {
  return fmt::format("[{}, {}, {}]", numbers[0], numbers[1], numbers[2]);
}

/// Bytes of the text that become others.
struct Edit {
  std::size_t at;
  std::size_t length;
  std::string replacement;
};

/// Says where in the text things are that YAML's events leave out: where values end.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text), line_starts_{0} {
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
      line_starts_.push_back(at + 1);
    }
  }

  /// Never beyond the text, whatever the parser counted as a line.
  [[nodiscard]] std::size_t offset(const Mark& mark) const {
    const auto line = std::min(static_cast<std::size_t>(mark.line), line_starts_.size());
    return std::min(line_starts_[line - 1] + static_cast<std::size_t>(mark.column) - 1, text_.size());
  }

  [[nodiscard]] bool is_flow(const YamlNode& node) const {
    const char first = at(offset(node.mark));
    return first == '{' || first == '[';
  }

  /// The first byte behind the value; nothing for a scalar that goes over several lines, or is not there.
  [[nodiscard]] std::optional<std::size_t> end(const YamlNode& node) const {
    const std::size_t begin = offset(node.mark);
    switch (node.kind) {
      case Kind::kScalar:
        return node.quoted ? end_of_quoted(begin) : end_of_plain(begin, node.text);
      case Kind::kList:
        if (is_flow(node)) return end_of_flow(begin);
        return node.items.empty() ? std::nullopt : end(node.items.back());
      case Kind::kMapping:
        if (is_flow(node)) return end_of_flow(begin);
        return node.members.empty() ? std::nullopt : end(node.members.back().value);
      case Kind::kNull:
        break;
    }
    return std::nullopt;
  }

  /// Where the line ends that `offset` is on: at its line break or at the end of the text.
  [[nodiscard]] std::size_t end_of_line(std::size_t offset) const {
    const std::size_t end = std::min(text_.find('\n', offset), text_.size());
    return end > offset && end < text_.size() && text_[end - 1] == '\r' ? end - 1 : end;
  }

  [[nodiscard]] std::string_view line_break() const {
    const std::size_t first = text_.find('\n');
    return first != std::string_view::npos && first > 0 && text_[first - 1] == '\r' ? "\r\n" : "\n";
  }

 private:
  [[nodiscard]] char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }

  [[nodiscard]] std::optional<std::size_t> end_of_plain(std::size_t begin, std::string_view value) const {
    if (text_.substr(begin, value.size()) != value) return std::nullopt;
    return begin + value.size();
  }

  [[nodiscard]] std::optional<std::size_t> end_of_quoted(std::size_t begin) const {
    const char quote = at(begin);
    if (quote != '"' && quote != '\'') return std::nullopt;  // a block scalar
    for (std::size_t i = begin + 1; i < text_.size(); ++i) {
      if (quote == '"' && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        if (quote == '"' || at(i + 1) != quote) return i + 1;
        ++i;  // '' is one ' of the text
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::size_t> end_of_flow(std::size_t begin) const {
    int depth = 0;
    char before = ' ';  // quotes and # mean something only where a word may begin
    for (std::size_t i = begin; i < text_.size(); before = text_[i], ++i) {
      const char c = text_[i];
      const bool after_blank = before == ' ' || before == '\t' || before == '\n' || before == '\r';
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return i + 1;
      if (c == '#' && after_blank) i = end_of_line(i);
      if ((c == '"' || c == '\'') && (after_blank || std::string_view{"{[,:"}.find(before) != std::string_view::npos)) {
        const auto end = end_of_quoted(i);
        if (!end) return std::nullopt;
        i = *end - 1;
      }
      if (i >= text_.size()) break;
    }
    return std::nullopt;
  }

  std::string_view text_;
  std::vector<std::size_t> line_starts_;
};

const YamlNode::Member* find(const YamlNode& mapping, std::string_view key) {
  const auto found = std::ranges::find(mapping.members, key, &YamlNode::Member::key);
  return found == mapping.members.end() ? nullptr : &*found;
}

/// Gives `mapping` the member `key: value`, in the style that the mapping has.
std::optional<Edit> set_member(const Places& places, const YamlNode& mapping, std::string_view key, std::string value) {
  if (const auto* member = find(mapping, key)) {
    const auto end = places.end(member->value);
    if (!end) return std::nullopt;
    const std::size_t begin = places.offset(member->value.mark);
    return Edit{begin, *end - begin, std::move(value)};
  }
  if (mapping.members.empty()) return std::nullopt;
  const auto end = places.end(mapping.members.back().value);
  if (!end) return std::nullopt;
  if (places.is_flow(mapping)) return Edit{*end, 0, fmt::format(", {}: {}", key, value)};
  // Its own line behind the last one's comment, under the first key.
  const auto indent = static_cast<std::size_t>(mapping.members.front().mark.column) - 1;
  return Edit{places.end_of_line(*end), 0, fmt::format("{}{:{}}{}: {}", places.line_break(), "", indent, key, value)};
}

/// All edits that give `sensor` the calibration, the last in the text first; nothing when one is not possible.
std::optional<std::vector<Edit>> edits_for(const Places& places, const YamlNode& sensor, const Calibration& values) {
  std::vector<std::optional<Edit>> wanted;
  const auto* existing = find(sensor, "calibration");
  if (existing != nullptr && !existing->value.members.empty()) {
    const auto& mapping = existing->value;
    wanted.push_back(set_member(places, mapping, "offset", list_text(values.offset_mps2)));
    wanted.push_back(set_member(places, mapping, "scale", list_text(values.scale)));
  } else {
    wanted.push_back(
        set_member(places, sensor, "calibration",
                   fmt::format("{{offset: {}, scale: {}}}", list_text(values.offset_mps2), list_text(values.scale))));
  }
  std::vector<Edit> edits;
  for (auto& edit : wanted) {
    if (!edit) return std::nullopt;
    edits.push_back(std::move(*edit));
  }
  std::ranges::stable_sort(edits, std::ranges::greater{}, &Edit::at);
  return edits;
}

const YamlNode* find_sensor(const YamlNode& root, std::string_view name) {
  const auto* sensors = find(root, "sensors");
  if (sensors == nullptr) return nullptr;
  const auto is_it = [name](const YamlNode& item) {
    const auto* member = find(item, "name");
    return member != nullptr && member->value.text == name;
  };
  const auto found = std::ranges::find_if(sensors->value.items, is_it);
  return found == sensors->value.items.end() ? nullptr : &*found;
}

Problem problem(const std::filesystem::path& file, const Mark& mark, std::string what) {
  return {.file = file, .line = mark.line, .column = mark.column, .key = "calibration", .what = std::move(what)};
}

}  // namespace

Calibration rounded(const Calibration& calibration) noexcept {
  Calibration result;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    result.offset_mps2[axis] = round_to(calibration.offset_mps2[axis], kOffsetSteps);
    result.scale[axis] = round_to(calibration.scale[axis], kScaleSteps);
  }
  return result;
}

tl::expected<std::string, Problem> with_calibration(std::string_view text, const std::filesystem::path& file,
                                                    std::string_view sensor, const Calibration& calibration) {
  auto wanted = parse_config(text, file);
  if (!wanted) return tl::unexpected(wanted.error().front());
  const auto in_config = std::ranges::find(wanted->sensors, sensor, &Sensor::name);
  const auto tree = parse_yaml(text);
  const YamlNode* const node = tree ? find_sensor(*tree, sensor) : nullptr;
  if (in_config == wanted->sensors.end() || node == nullptr) {
    return tl::unexpected(problem(file, {}, fmt::format("there is no sensor '{}' in this file", shown(sensor))));
  }
  const Calibration values = rounded(calibration);
  const auto edits = edits_for(Places{text}, *node, values);
  if (!edits) {
    return tl::unexpected(problem(file, node->mark,
                                  fmt::format("cannot be put in here, because a value goes over several lines; write "
                                              "this yourself: calibration: {{offset: {}, scale: {}}}",
                                              list_text(values.offset_mps2), list_text(values.scale))));
  }
  std::string result{text};
  for (const auto& edit : *edits) result.replace(edit.at, edit.length, edit.replacement);

  in_config->calibration = values;
  const auto read_again = parse_config(result, file);
  if (!read_again) return tl::unexpected(read_again.error().front());
  if (*read_again != *wanted) {
    return tl::unexpected(problem(file, node->mark,
                                  fmt::format("cannot be put in here without changing more; write this yourself: "
                                              "calibration: {{offset: {}, scale: {}}}",
                                              list_text(values.offset_mps2), list_text(values.scale))));
  }
  return result;
}

tl::expected<void, Problem> write_calibration(const std::filesystem::path& file, std::string_view sensor,
                                              const Calibration& calibration) {
  const auto text = read_text(file);
  if (!text) return tl::unexpected(text.error());
  const auto changed = with_calibration(*text, file, sensor, calibration);
  if (!changed) return tl::unexpected(changed.error());
  return replace_file(file, *text, *changed);
}

}  // namespace propriod::config
