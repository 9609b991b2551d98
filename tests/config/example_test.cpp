// Does the shipped example say what the reader does? Its convention: text follows "# ", a key that is off follows "#".
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "config/keys.hpp"
#include "config/reader.hpp"
#include "config/yaml_tree.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::config {
namespace {

const std::filesystem::path kExample{PROPRIOD_CONFIG_EXAMPLE};

std::vector<std::string> lines_of_example() {
  std::ifstream stream{kExample};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The example with every key on.
std::vector<std::string> all_keys_on() {
  auto lines = lines_of_example();
  static const std::regex off{"^( *)#([a-z-])"};
  for (auto& line : lines) line = std::regex_replace(line, off, "$1$2");
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

/// A folder that holds what the example names, without its models.
class Example : public testing::Test {
 protected:
  Example() { std::ofstream{folder_ / "p1_ankle.csv.gz"}; }

  tl::expected<Config, std::vector<Problem>> parse(const std::vector<std::string>& lines) const {
    return parse_config(joined(lines), folder_ / "propriod.yaml");
  }

  tests::TemporaryDirectory temporary_;
  const std::filesystem::path folder_ = temporary_.path();
};

TEST_F(Example, LoadsAsItIsShipped) {
  const auto config = read_config(kExample);
  ASSERT_TRUE(config) << config.error().front().to_string();
  EXPECT_TRUE(missing_for_run(*config).empty());
}

TEST_F(Example, ShowsEveryKeyOfTheReaderAndNoOther) {
  const auto tree = parse_yaml(joined(all_keys_on())).value();
  std::set<std::string> shown;
  for (const auto& [key, mark, value] : tree.members) {
    shown.insert(key);
    for (const auto& member : value.members) shown.insert(key + "." + member.key);
    for (const auto& sensor : value.items) {
      std::string driver;
      for (const auto& member : sensor.members) {
        if (member.key == "driver") driver = member.value.text;
      }
      const bool device = driver != "replay" && driver != "simulated";
      for (const auto& member : sensor.members) {
        const bool common = member.key == "name" || member.key == "driver" || member.key == "mount";
        const bool of_devices = device && (member.key == "placement" || member.key == "calibration");
        const std::string key = "sensors[" + (common ? "" : of_devices ? "device" : driver) + "]." + member.key;
        shown.insert(key);
        for (const auto& inner : member.value.members) shown.insert(key + "." + inner.key);
      }
    }
  }
  const auto known = known_keys();
  EXPECT_EQ(shown, std::set<std::string>(known.begin(), known.end()));
}

TEST_F(Example, ShowsTheDefaults) {
  const auto config = parse(all_keys_on());
  ASSERT_TRUE(config) << config.error().front().to_string();

  Model model;
  model.directory = "/var/lib/propriod/models";
  model.name = "sleep";
  model.unknown_below = 0.6;
  EXPECT_EQ(config->model, model);

  Mqtt mqtt;
  mqtt.user = "propriod";
  mqtt.password_file = folder_ / "mqtt.password";
  mqtt.client_id = "propriod-bedroom";
  EXPECT_EQ(config->mqtt, mqtt);

  EXPECT_THAT(
      config->sensors,
      testing::ElementsAre(Sensor{"chest", SimulatedSensor{}, Mount{}, {}},
                           Sensor{"neck", Adxl345I2cSensor{.interrupt = "gpiochip0:17"}, Mount{}, "neck"},
                           Sensor{"hip", Adxl345IioSensor{}, Mount{}, {}},
                           Sensor{"waist", Adxl345SerialSensor{.device = "/dev/ttyUSB0"}, Mount{}, {}},
                           Sensor{"wrist", ShimmerSensor{.device = "/dev/rfcomm0", .range_g = 8}, Mount{}, {}},
                           Sensor{"ankle", ReplaySensor{.file = folder_ / "p1_ankle.csv.gz"}, Mount{}, "ankle"}));
}

/// The comment right above a line.
std::string comment_above(const std::vector<std::string>& lines, std::size_t line) {
  std::string comment;
  static const std::regex text{"^ *# (.*)$"};
  std::smatch match;
  while (line-- > 0 && std::regex_match(lines[line], match, text)) comment = match[1].str() + " " + comment;
  return comment;
}

TEST_F(Example, SaysWhatIsAllowed) {
  const auto lines = all_keys_on();
  static const std::regex pair{"^( *[a-z_]+:) .+$"};
  std::smatch match;
  int compared = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!std::regex_match(lines[i], match, pair)) continue;
    auto broken = lines;
    broken[i] = match[1].str() + " {}";  // no key of one line takes a mapping
    const auto config = parse(broken);
    ASSERT_FALSE(config) << lines[i];
    const std::string what = config.error().front().what;
    const std::string allowed = what.substr(what.find("allowed: ") + 9);
    // Text and files have no range that a reader of the example would want to know.
    if (allowed.starts_with("text") || allowed.starts_with("1 to 32") || allowed.starts_with("adxl345-i2c")) continue;
    EXPECT_THAT(comment_above(lines, i), testing::HasSubstr(allowed.substr(0, allowed.find(';')))) << lines[i];
    ++compared;
  }
  EXPECT_EQ(compared, 29);
}

}  // namespace
}  // namespace propriod::config
