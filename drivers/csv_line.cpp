#include "drivers/csv_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "drivers/parse_number.hpp"

namespace propriod::drivers {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kMarks = ",;";
constexpr std::size_t kMostFields = 32;  // worth counting: more than a few merged lines have

struct Fields {
  std::array<std::string_view, kMostFields> field{};
  std::size_t count = 0;

  void add(std::string_view text) noexcept {
    if (count < field.size()) field[count++] = text;
  }
};

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Four letters in a row: noise in a line of numbers makes one, and "nan" is a damaged number.
bool has_words(std::string_view line) noexcept {
  std::size_t in_a_row = 0;
  for (const char c : line) {
    in_a_row = is_letter(c) ? in_a_row + 1 : 0;
    if (in_a_row == 4) return true;
  }
  return false;
}

Fields split(std::string_view line) noexcept {
  Fields fields;
  line = trimmed(line);
  const bool marked = line.find_first_of(kMarks) != std::string_view::npos;
  if (marked && (line.ends_with(',') || line.ends_with(';'))) line.remove_suffix(1);
  for (;;) {
    const auto end = line.find_first_of(marked ? kMarks : kBlanks);
    fields.add(line.substr(0, end));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
    if (!marked) line = trimmed(line);
  }
}

/// Removes `*hh` and the `$` in front. False when the checksum does not fit.
bool check(std::string_view& line, bool& checked) noexcept {
  const auto star = line.rfind('*');
  if (star == std::string_view::npos) return true;
  const auto digits = line.substr(star + 1);
  line = line.substr(0, star);
  if (line.starts_with('$')) line.remove_prefix(1);
  unsigned expected = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), expected, 16);
  unsigned seen = 0;
  for (const char c : line) seen ^= static_cast<unsigned char>(c);
  checked = digits.size() == 2 && error == std::errc{} && end == digits.data() + digits.size() && expected == seen;
  return checked;
}

/// Takes `X:` or `x=` off a field. False when the label is another axis's.
bool remove_label(std::string_view& field, std::size_t axis) noexcept {
  field = trimmed(field);
  if (field.size() < 2 || (field[1] != ':' && field[1] != '=')) return true;
  constexpr std::string_view kAxes = "xyzXYZ";
  const auto named = kAxes.find(field[0]);
  field.remove_prefix(2);
  return named != std::string_view::npos && named % 3 == axis;
}

/// Fields of labelled lines whose labels stand alone ("X: 0.1 Y: …" split at its blanks), joined with their numbers.
void join_labels(Fields& fields) noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < fields.count; ++i) {
    const std::string_view field = fields.field[i];
    const bool is_label = field.size() == 2 && is_letter(field[0]) && (field[1] == ':' || field[1] == '=');
    if (is_label && i + 1 < fields.count) {
      const std::string_view number = fields.field[++i];
      fields.field[count++] = {field.data(), static_cast<std::size_t>(number.data() + number.size() - field.data())};
    } else {
      fields.field[count++] = field;
    }
  }
  fields.count = count;
}

bool read_number(std::string_view field, double& number) noexcept {
  field = trimmed(field);
  if (field.size() > 1 && field[0] == '+' && field[1] != '-') field.remove_prefix(1);
  return parse_number(field, number);
}

bool is_unit(std::string_view field) noexcept {
  return field == "m/s^2" || field == "m/s2" || field == "g" || field == "mg";
}

/// Fills in time and axes; false when a field is no number.
bool read_fields(std::span<const std::string_view> fields, CsvLine& line) noexcept {
  const std::size_t first_axis = fields.size() - line.axes.size();
  if (first_axis == 1 && !read_number(fields[0], line.time.emplace())) return false;
  for (std::size_t axis = 0; axis < line.axes.size(); ++axis) {
    std::string_view field = fields[first_axis + axis];
    if (!remove_label(field, axis) || !read_number(field, line.axes[axis])) return false;
  }
  return true;
}

}  // namespace

CsvLine parse_csv_line(std::string_view line) noexcept {
  CsvLine result;
  std::string_view content = trimmed(line);
  const bool fits = check(content, result.checked);
  Fields fields = split(content);
  join_labels(fields);
  if (fields.count > 3 && is_unit(trimmed(fields.field[fields.count - 1]))) --fields.count;
  const auto used = std::span(fields.field).first(fields.count);
  if (fits && (fields.count == 3 || fields.count == 4) && read_fields(used, result)) {
    result.kind = CsvLine::Kind::kReading;
    return result;
  }
  result = {.kind = CsvLine::Kind::kMalformed, .fields = fields.count};
  if (has_words(line)) result.kind = content.starts_with('#') ? CsvLine::Kind::kComment : CsvLine::Kind::kText;
  return result;
}

}  // namespace propriod::drivers
