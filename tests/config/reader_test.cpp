#include "config/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace propriod::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kNames =
    "1 to 32 of a-z, 0-9, _ and -, a letter or digit first, and not status, model, event, command or person";
const std::string kAxes = "x, y and z in any order, each with or without -, e.g. [x, y, -z]";

/// A folder with a recording `r.csv`; configurations are parsed as if they lay in it as `c.yaml`.
class Reader : public testing::Test {
 protected:
  Reader() { std::ofstream{folder_ / "r.csv"}; }

  Config parse(std::string_view text) const {
    auto config = parse_config(text, folder_ / "c.yaml");
    if (!config) ADD_FAILURE() << config.error().front().to_string();
    return config ? *config : Config{};
  }

  /// What is said about `text`, each without the file's path.
  std::vector<std::string> problems(std::string_view text) const {
    const auto config = parse_config(text, folder_ / "c.yaml");
    std::vector<std::string> said;
    if (config) return said;
    for (const auto& problem : config.error()) {
      said.push_back(problem.to_string().substr((folder_ / "c.yaml:").string().size()));
    }
    return said;
  }

  Sensor sensor(const std::string& text) const {
    const auto config = parse("sensors: [{name: s, " + text + "}]");
    return config.sensors.empty() ? Sensor{} : config.sensors[0];
  }

  tests::TemporaryDirectory temporary_;
  const std::filesystem::path folder_ = temporary_.path();
};

TEST_F(Reader, ReadsEveryKey) {
  const auto config = parse(R"(
node: bedroom
model: {directory: models, name: sleep, unknown_below: 0, threads: 64}
mqtt:
  url: mqtt://[::1]:1884
  user: "J\u00fcrgen"
  password_file: ../secret
  client_id: c
  keep_alive: 5
  queue_messages: 10000000
sensors:
  - {name: a, driver: replay, file: r.csv, speed: 0, loop: true, mount: [-z, x, y], placement: Left wrist}
  - {name: b, driver: simulated, seed: 18446744073709551615, speed: 0.01, rate: 51.2, placement: neck, bout: 86400}
)");
  EXPECT_EQ(config.file, folder_ / "c.yaml");
  EXPECT_EQ(config.node, "bedroom");
  EXPECT_EQ(config.model, (Model{folder_ / "models", "sleep", 0, 64}));
  EXPECT_EQ(config.mqtt, (Mqtt{"::1", 1884, "J\xc3\xbcrgen", folder_.parent_path() / "secret", "c", 5s, 10'000'000}));
  EXPECT_THAT(
      config.sensors,
      ElementsAre(Sensor{"a", ReplaySensor{folder_ / "r.csv", 0, true}, Mount{{{{2, true}, {0, false}, {1, false}}}},
                         "Left wrist"},
                  Sensor{"b", SimulatedSensor{std::numeric_limits<std::uint64_t>::max(), 0.01, 51.2, "neck", 86400s},
                         Mount{}, std::nullopt}));
}

TEST_F(Reader, HasDefaultsForAllThatIsNotRequired) {
  Config nothing;
  nothing.file = folder_ / "c.yaml";
  EXPECT_EQ(parse("{}"), nothing);
  EXPECT_EQ(parse("mqtt: {}").mqtt, Mqtt{});
  EXPECT_EQ(parse("model: {directory: /m, name: n}").model, (Model{"/m", "n"}));
  EXPECT_EQ(sensor("driver: simulated"), (Sensor{"s", SimulatedSensor{}, Mount{}, std::nullopt}));
  EXPECT_EQ(sensor("driver: replay, file: r.csv"),
            (Sensor{"s", ReplaySensor{folder_ / "r.csv"}, Mount{}, std::nullopt}));
  EXPECT_EQ(sensor("seed: 7, driver: simulated"), (Sensor{"s", SimulatedSensor{.seed = 7}, Mount{}, std::nullopt}));
}

TEST_F(Reader, ReadsDevices) {
  EXPECT_EQ(
      sensor("driver: adxl345-i2c, device: /dev/i2c-7, address: 0x1D, rate: 12.5, range: 2, "
             "interrupt: /dev/gpiochip0:17, placement: hip, calibration: {offset: [0.1, -0.2, 0], scale: [1, 1.02, "
             "0.98]}"),
      (Sensor{
          "s",
          Adxl345I2cSensor{
              .device = "/dev/i2c-7", .address = 0x1d, .rate_hz = 12.5, .range_g = 2, .interrupt = "/dev/gpiochip0:17"},
          Mount{}, "hip", Calibration{.offset_mps2 = {0.1, -0.2, 0}, .scale = {1, 1.02, 0.98}}}));
  EXPECT_EQ(sensor("driver: adxl345-iio, rate: 50"), (Sensor{"s", Adxl345IioSensor{.rate_hz = 50}, Mount{}, {}}));
  EXPECT_EQ(sensor("driver: adxl345-serial, device: ttyUSB0, baud: 9600, format: cobs, unit: raw, time_unit: us, "
                   "rate: 25, range: 4"),
            (Sensor{"s",
                    Adxl345SerialSensor{.device = folder_ / "ttyUSB0",
                                        .baud = 9600,
                                        .format = "cobs",
                                        .unit = "raw",
                                        .time_unit = "us",
                                        .rate_hz = 25,
                                        .range_g = 4},
                    Mount{},
                    {}}));
  EXPECT_EQ(
      sensor("driver: shimmer, device: /dev/rfcomm0, rate: 128, accelerometer: wide-range, range: 1.5"),
      (Sensor{"s",
              ShimmerSensor{.device = "/dev/rfcomm0", .rate_hz = 128, .accelerometer = "wide-range", .range_g = 1.5},
              Mount{},
              {}}));
}

TEST_F(Reader, RefusesWhatNoDeviceHas) {
  const std::vector<std::pair<std::string, std::string>> refused{
      {"driver: adxl345-i2c, address: 0x52", "0x53, 0x1d"},
      {"driver: adxl345-i2c, rate: 51.2", "12.5, 25, 50, 100, 200, 400"},
      {"driver: adxl345-i2c, range: 2.5", "2, 4, 8, 16"},
      {"driver: adxl345-i2c, interrupt: 17", "a chip and a line of it, e.g. gpiochip0:17"},
      {"driver: adxl345-i2c, calibration: {scale: [1, 1, 3]}", "a number from 0.5 to 2"},
      {"driver: adxl345-i2c, calibration: {offset: [0, 0]}", "one for each of x, y and z"},
      {"driver: adxl345-i2c, calibration: {offsets: []}", "offset, scale"},
      {"driver: adxl345-serial, device: d, unit: m/s", "raw, mg, g, m/s2"},
      {"driver: shimmer, device: d, range: 3", "1.5, 2, 4, 6, 8, 16"},
  };
  for (const auto& [text, allowed] : refused) {
    const auto said = problems("sensors: [{name: a, " + text + "}]");
    ASSERT_THAT(said, SizeIs(1)) << text;
    EXPECT_THAT(said[0], testing::HasSubstr("allowed: " + allowed)) << text;
  }
  EXPECT_THAT(problems("sensors: [{name: a, driver: shimmer}]"),
              ElementsAre("1:11: sensors[0].device: missing; there is no default"));
}

TEST_F(Reader, RefusesTwoSensorsOnOneDevice) {
  EXPECT_THAT(problems("sensors: [{name: a, driver: adxl345-i2c}, {name: b, driver: adxl345-i2c, address: 0x1d}]"),
              testing::IsEmpty());
  EXPECT_THAT(problems("sensors: [{name: a, driver: adxl345-i2c}, {name: b, driver: adxl345-i2c, address: 0x53}]"),
              ElementsAre("1:43: sensors[1]: another sensor uses /dev/i2c-1 at 0x53; allowed: a device of its own"));
  EXPECT_THAT(
      problems("sensors: [{name: a, driver: shimmer, device: /d}, {name: b, driver: adxl345-serial, device: /d}]"),
      SizeIs(1));
}

TEST_F(Reader, TellsAllMistakesInTheOrderOfTheFile) {
  EXPECT_THAT(
      problems("mqtt: {url: x}\nnodes: a\nmodel:\n  threads: 0\n"),
      ElementsAre("1:13: mqtt.url: found 'x'; allowed: mqtt://host[:port]; mqtt:// is missing in front",
                  "2:1: nodes: unknown key, did you mean node?; allowed: node, model, mqtt, sensors",
                  "4:3: model.directory: missing; there is no default", "4:3: model.name: missing; there is no default",
                  "4:12: model.threads: found '0'; allowed: a whole number from 1 to 64"));
}

TEST_F(Reader, RefusesNamesOutsideTheRule) {
  EXPECT_THAT(problems("node: Bed"), ElementsAre("1:7: node: found 'Bed'; allowed: " + kNames));
  EXPECT_THAT(problems("node: status"), ElementsAre("1:7: node: found 'status'; allowed: " + kNames));
  EXPECT_THAT(problems("model: {directory: m, name: a/b}"),
              ElementsAre("1:29: model.name: found 'a/b'; allowed: " + kNames));
  EXPECT_THAT(problems("sensors: [{name: \"\", driver: simulated}]"),
              ElementsAre("1:18: sensors[0].name: found \"\"; allowed: " + kNames));
}

TEST_F(Reader, RefusesTwoSensorsOfOneName) {
  EXPECT_THAT(problems("sensors: [{name: a, driver: simulated}, {name: a, driver: simulated}]"),
              ElementsAre("1:48: sensors[1].name: another sensor is called 'a'; allowed: a name of its own"));
}

TEST_F(Reader, RefusesWrongTypes) {
  EXPECT_THAT(problems("model: sleep"), ElementsAre("1:8: model: found 'sleep'; allowed: keys and their values"));
  EXPECT_THAT(problems("sensors: {name: a}"),
              ElementsAre("1:10: sensors: found keys and values; allowed: a list of sensors"));
  EXPECT_THAT(problems("sensors: [a]"), ElementsAre("1:11: sensors[0]: found 'a'; allowed: keys and their values"));
  EXPECT_THAT(problems("node: [a]"), ElementsAre("1:7: node: found a list; allowed: " + kNames));
  EXPECT_THAT(problems("node:\n"), ElementsAre("1:1: node: found nothing; allowed: " + kNames));
  for (const std::string loop : {"yes", "True", "1", "\"true\""}) {
    EXPECT_THAT(problems("sensors: [{name: a, driver: replay, file: r.csv, loop: " + loop + "}]"), SizeIs(1)) << loop;
  }
  EXPECT_THAT(problems("sensors: [{name: a, driver: replay, file: r.csv, loop: no}]"),
              ElementsAre("1:56: sensors[0].loop: found 'no'; allowed: true or false"));
}

TEST_F(Reader, RefusesNumbersOutOfRange) {
  const std::vector<std::pair<std::string, std::string>> ranges{
      {"model: {directory: m, name: n, unknown_below: @}", "a number from 0 to 1"},
      {"model: {directory: m, name: n, threads: @}", "a whole number from 1 to 64"},
      {"mqtt: {keep_alive: @}", "a whole number from 5 to 3600"},
      {"mqtt: {queue_messages: @}", "a whole number from 1000 to 10000000"},
      {"sensors: [{name: a, driver: simulated, seed: @}]", "a whole number from 0 to 18446744073709551615"},
      {"sensors: [{name: a, driver: simulated, speed: @}]", "0, or a number from 0.01 to 1000"},
      {"sensors: [{name: a, driver: simulated, rate: @}]", "a number from 1 to 3200"},
      {"sensors: [{name: a, driver: simulated, bout: @}]", "a whole number from 1 to 86400"},
      {"sensors: [{name: a, driver: replay, file: r.csv, speed: @}]", "0, or a number from 0.01 to 1000"},
  };
  for (const auto& [text, allowed] : ranges) {
    for (const std::string bad : {"-1", "1e30", "nan", "inf", ".inf", "+1", "1.5.", "1s", "0x1", "'1'", "1 2", ""}) {
      std::string broken = text;
      broken.replace(broken.find('@'), 1, bad);
      const auto said = problems(broken);
      ASSERT_THAT(said, SizeIs(1)) << broken;
      EXPECT_THAT(said[0], testing::EndsWith("; allowed: " + allowed)) << broken;
    }
  }
}

TEST_F(Reader, AcceptsTheEndsOfARangeAndNothingBeyond) {
  const auto accepts = [this](const std::string& number) {
    return problems("sensors: [{name: a, driver: simulated, speed: " + number + "}]").empty();
  };
  for (const auto* good : {"0", "0.01", "1000", "1e3", "2.5"}) EXPECT_TRUE(accepts(good)) << good;
  for (const auto* bad : {"0.0099", "1000.001"}) EXPECT_FALSE(accepts(bad)) << bad;
}

TEST_F(Reader, RefusesAnUnknownDriverAndLeavesItsKeysAlone) {
  EXPECT_THAT(problems("sensors: [{name: a, driver: reply, file: r.csv, seed: 1, foo: 1}]"),
              ElementsAre("1:29: sensors[0].driver: found 'reply'; allowed: adxl345-i2c, adxl345-iio, adxl345-serial, "
                          "shimmer, replay, simulated; did you mean replay?",
                          "1:58: sensors[0].foo: unknown key; allowed: name, driver, mount"));
  EXPECT_THAT(problems("sensors: [{name: a}]"), ElementsAre("1:11: sensors[0].driver: missing; there is no default"));
}

TEST_F(Reader, RefusesKeysOfAnotherDriver) {
  EXPECT_THAT(problems("sensors: [{name: a, driver: simulated, file: r.csv}]"),
              ElementsAre("1:40: sensors[0].file: a key of driver replay, not of simulated; allowed: name, driver, "
                          "mount, seed, speed, rate, placement, bout"));
}

TEST_F(Reader, RefusesARecordingThatDoesNotExist) {
  EXPECT_THAT(problems("sensors: [{name: a, driver: replay, file: q.csv}, {name: b, driver: replay}]"),
              ElementsAre("1:43: sensors[0].file: found 'q.csv'; allowed: a file that exists; there is none at " +
                              (folder_ / "q.csv").string(),
                          "1:51: sensors[1].file: missing; there is no default"));
  EXPECT_THAT(problems("sensors: [{name: a, driver: replay, file: .}]"), SizeIs(1));
}

TEST_F(Reader, RefusesAMountThatIsNoPermutation) {
  const auto mount = [this](const std::string& axes) {
    return problems("sensors: [{name: a, driver: simulated, mount: " + axes + "}]");
  };
  EXPECT_THAT(mount("[x, y, -z]"), IsEmpty());
  EXPECT_THAT(mount("[x, y]"), ElementsAre("1:47: sensors[0].mount: found 2 axes; allowed: " + kAxes));
  EXPECT_THAT(mount("[x, y, -y]"), ElementsAre("1:54: sensors[0].mount[2]: found '-y'; allowed: " + kAxes));
  EXPECT_THAT(mount("[x, y, w]"), ElementsAre("1:54: sensors[0].mount[2]: found 'w'; allowed: " + kAxes));
  EXPECT_THAT(mount("[x, y, --z]"), SizeIs(1));
  EXPECT_THAT(mount("[x, y, [z]]"), ElementsAre("1:54: sensors[0].mount[2]: found a list; allowed: " + kAxes));
  EXPECT_THAT(mount("xyz"), ElementsAre("1:47: sensors[0].mount: found 'xyz'; allowed: " + kAxes));
}

TEST_F(Reader, RefusesAPlacementTheSleeperDoesNotHave) {
  EXPECT_THAT(
      problems("sensors: [{name: a, driver: simulated, placement: nek}]"),
      ElementsAre("1:51: sensors[0].placement: found 'nek'; allowed: chest, neck, abdomen; did you mean neck?"));
}

TEST_F(Reader, NeedsAUserForAPassword) {
  EXPECT_THAT(problems("mqtt: {password_file: p}"),
              ElementsAre("1:7: mqtt.user: missing; it is needed with password_file"));
}

TEST_F(Reader, ShowsForeignTextShortAndWithoutControlCharacters) {
  EXPECT_THAT(problems("node: \"a\\e[31m\\n\""),
              ElementsAre("1:7: node: found \"a\\x1b[31m\\x0a\"; allowed: " + kNames));
  EXPECT_THAT(problems("node: " + std::string(100'000, 'a')),
              ElementsAre("1:7: node: found '" + std::string(80, 'a') + "…'; allowed: " + kNames));
  EXPECT_THAT(
      problems("\"k\\n" + std::string(1'000, 'y') + "\": 1"),
      ElementsAre("1:1: k\\x0a" + std::string(78, 'y') + "…: unknown key; allowed: node, model, mqtt, sensors"));
  EXPECT_THAT(
      problems("mqtt: {user: \"a\\0b\"}"),
      ElementsAre("1:14: mqtt.user: found \"a\\x00b\"; allowed: text of 1 to 256 bytes without control characters"));
}

TEST_F(Reader, SaysWhyAFileCannotBeRead) {
  const auto said = [](const std::filesystem::path& file) { return read_config(file).error().at(0).to_string(); };
  const auto missing = folder_ / "missing.yaml";
  EXPECT_EQ(said(missing), missing.string() + ": cannot be read (No such file or directory); name a readable file");
  EXPECT_EQ(said(folder_), folder_.string() + ": cannot be read (Is a directory); name a readable file");
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(said(pipe), pipe.string() + ": is no regular file; name a readable file");
}

TEST_F(Reader, ReadsFilesOfOneMebibyteAndNoMore) {
  const auto file = folder_ / "large.yaml";
  std::ofstream{file} << "node: a\n#" << std::string(kMaxConfigBytes - 9, ' ');
  EXPECT_TRUE(read_config(file));
  std::ofstream{file, std::ios::app} << ' ';
  EXPECT_EQ(read_config(file).error().at(0).to_string(), file.string() + ": too large; allowed: 1048576 bytes");
}

TEST_F(Reader, KnowsWhatRunNeeds) {
  const auto missing = [this](std::string_view text) {
    std::vector<std::string> keys;
    for (const auto& problem : missing_for_run(parse(text))) keys.push_back(problem.key);
    return keys;
  };
  EXPECT_THAT(missing("{}"), ElementsAre("node", "model", "sensors"));
  EXPECT_THAT(missing("{node: a, sensors: []}"), ElementsAre("model", "sensors"));
  EXPECT_THAT(missing("{node: a, model: {directory: m, name: n}, sensors: [{name: s, driver: simulated}]}"), IsEmpty());
  EXPECT_EQ(missing_for_run(parse("{}")).front().to_string(),
            (folder_ / "c.yaml").string() + ":1:1: node: missing; run needs the name of this node");
}

}  // namespace
}  // namespace propriod::config
