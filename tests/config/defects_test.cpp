// What does a configuration say that is broken in this way? Each file of tests/defects/config is named after its
// defect.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "config/names.hpp"
#include "config/reader.hpp"

namespace propriod::config {
namespace {

const std::filesystem::path kDefects = std::filesystem::path{PROPRIOD_TEST_DEFECTS} / "config";

const std::string kNameRuleText = "allowed: " + std::string{kNameRule};

struct Defect {
  std::string name;
  std::vector<std::string> said;  // each after "FILE:"
  friend std::ostream& operator<<(std::ostream& out, const Defect& defect) { return out << defect.name; }
};

const std::vector<Defect>& defects() {
  static const std::vector<Defect> all{
      {"alias_bomb", {"1:4: anchors (&) are not allowed; write the value out where it is needed"}},
      {"alias_without_anchor",
       {"1:7: not YAML (the referenced anchor is not defined); check brackets, quotes and indentation up to here"}},
      {"anchor", {"1:7: anchors (&) are not allowed; write the value out where it is needed"}},
      {"bad_indentation", {"2:8: not YAML (illegal map value); check brackets, quotes and indentation up to here"}},
      {"duplicate_key", {"3:47: sensors[0].seed: given twice; allowed: once", "4:1: node: given twice; allowed: once"}},
      {"empty", {"1:1: empty; allowed: keys and their values"}},
      {"end_of_transmission", {"1:10: a control character; write it as \"\\xNN\" in double quotes"}},
      {"key_is_a_list", {"1:3: not a key; allowed: a word"}},
      {"latin1", {"2:4: not UTF-8; save the file in that encoding"}},
      {"nested_too_deep", {"1:22: nested too deep; allowed: 16 levels"}},
      {"no_mapping", {"1:1: found a list; allowed: keys and their values"}},
      {"only_comments", {"1:1: empty; allowed: keys and their values"}},
      {"second_document", {"2:1: a second document; allowed: one"}},
      {"several_mistakes",
       {"2:3: sensors[3]: found nothing; allowed: keys and their values",
        "2:27: sensors[0].driver: found 'simulatd'; allowed: adxl345-i2c, adxl345-iio, adxl345-serial, shimmer, "
        "replay, simulated; did you mean simulated?",
        "3:12: sensors[1].name: another sensor is called 'chest'; allowed: a name of its own",
        "3:41: sensors[1].file: found 'no_such_file.csv'; allowed: a file that exists; there is none at " +
            (kDefects / "no_such_file.csv").string(),
        "3:59: sensors[1].rate: a key of driver adxl345-i2c, adxl345-iio, adxl345-serial, shimmer, simulated, not of "
        "replay; allowed: name, driver, mount, file, speed, "
        "loop, placement",
        "3:69: sensors[1].sped: unknown key, did you mean speed?; allowed: name, driver, mount, file, speed, loop, "
        "placement",
        "4:5: sensors[2].name: missing; there is no default",
        "5:16: sensors[2].placement: found 'nek'; allowed: chest, neck, abdomen; did you mean neck?",
        "6:19: sensors[2].mount[2]: found 'x'; allowed: x, y and z in any order, each with or without -, e.g. [x, y, "
        "-z]",
        "9:3: mqtt.user: missing; it is needed with password_file",
        "9:8: mqtt.url: found 'mqtts://broker'; allowed: mqtt://host[:port]; mqtts:// is not supported yet by this "
        "version",
        "11:3: mqtt.keep_alive: found nothing; allowed: a whole number from 5 to 3600",
        "13:3: model.directory: missing; there is no default", "13:9: model.name: found 'status'; " + kNameRuleText,
        "14:18: model.unknown_below: found '1.5'; allowed: a number from 0 to 1",
        "15:12: model.threads: found \"1\"; allowed: a whole number from 1 to 64",
        "16:1: nodes: unknown key, did you mean node?; allowed: node, model, mqtt, sensors",
        "17:7: node: found 'Bed Room'; " + kNameRuleText}},
      {"tag", {"2:8: tags (!) are not allowed; put text that begins with ! in quotes"}},
      {"unclosed_bracket", {"3:53: not YAML (illegal flow end); check brackets, quotes and indentation up to here"}},
      {"unclosed_quote",  // yaml-cpp closes it at the end of the file
       {"1:7: node: found \"bedroom sensors: [] \"; " + kNameRuleText}},
      {"unknown_escape",
       {"1:13: not YAML (unknown escape character: q); check brackets, quotes and indentation up to here"}},
      {"utf16", {"1:1: not UTF-8; save the file in that encoding"}},
  };
  return all;
}

class ConfigDefect : public testing::TestWithParam<Defect> {};

TEST_P(ConfigDefect, IsToldWithItsPlace) {
  const auto file = kDefects / (GetParam().name + ".yaml");
  const auto config = read_config(file);
  ASSERT_FALSE(config);
  std::vector<std::string> expected;
  for (const auto& said : GetParam().said) expected.push_back(file.string() + ":" + said);
  std::vector<std::string> found;
  for (const auto& problem : config.error()) found.push_back(problem.to_string());
  EXPECT_EQ(found, expected);
}

INSTANTIATE_TEST_SUITE_P(All, ConfigDefect, testing::ValuesIn(defects()),
                         [](const auto& info) { return info.param.name; });

TEST(ConfigDefects, AreAllTried) {
  std::set<std::string> tried;
  for (const auto& defect : defects()) tried.insert(defect.name);
  std::set<std::string> there;
  for (const auto& entry : std::filesystem::directory_iterator{kDefects}) there.insert(entry.path().stem().string());
  EXPECT_EQ(tried, there);
}

}  // namespace
}  // namespace propriod::config
