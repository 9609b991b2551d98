#include "config/calibration_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "config/reader.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::config {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const Calibration kFound{.offset_mps2 = {0.123456, -0.5, 0.00001}, .scale = {1.012345, 0.98, 1}};
const std::string kWritten = "offset: [0.1235, -0.5, 0], scale: [1.01235, 0.98, 1]";

std::string with(std::string_view text, std::string_view sensor = "wrist") {
  const auto changed = with_calibration(text, "c.yaml", sensor, kFound);
  if (!changed) return "error: " + changed.error().to_string();
  return *changed;
}

TEST(CalibrationWriter, AddsALineBehindTheLastKeyOfASensorInBlockStyle) {
  EXPECT_EQ(with("# mine\nsensors:\n  - name: wrist  # left\n    driver: shimmer\n    device: /dev/rfcomm0 # radio\n"
                 "    # about the next\n  - name: waist\n    driver: simulated\n"),
            "# mine\nsensors:\n  - name: wrist  # left\n    driver: shimmer\n    device: /dev/rfcomm0 # radio\n"
            "    calibration: {" +
                kWritten + "}\n    # about the next\n  - name: waist\n    driver: simulated\n");
}

TEST(CalibrationWriter, AddsAMemberToASensorInFlowStyle) {
  EXPECT_EQ(with("sensors: [{name: wrist, driver: shimmer, device: /dev/rfcomm0 }, {name: s, driver: simulated}]"),
            "sensors: [{name: wrist, driver: shimmer, device: /dev/rfcomm0, calibration: {" + kWritten +
                "} }, {name: s, driver: simulated}]");
}

TEST(CalibrationWriter, AddsAMemberToASensorInFlowStyleOverSeveralLines) {
  EXPECT_EQ(
      with("sensors:\n  - {name: wrist, driver: shimmer,  # it's {one}\n     device: '/dev/it''s', mount: [x, y, -z],"
           "\n    }\n"),
      "sensors:\n  - {name: wrist, driver: shimmer,  # it's {one}\n     device: '/dev/it''s', mount: [x, y, -z], "
      "calibration: {" +
          kWritten + "},\n    }\n");
}

TEST(CalibrationWriter, ReplacesTheNumbersAloneOfACalibrationInFlowStyle) {
  EXPECT_EQ(
      with("sensors:\n  - {name: wrist, driver: shimmer, device: d, calibration: {offset: [1,2,3], scale: [1, 1,1]}}"
           " # old\n"),
      "sensors:\n  - {name: wrist, driver: shimmer, device: d, calibration: {offset: [0.1235, -0.5, 0], scale: "
      "[1.01235, 0.98, 1]}} # old\n");
}

TEST(CalibrationWriter, ReplacesTheNumbersAloneOfACalibrationInBlockStyle) {
  EXPECT_EQ(
      with("sensors:\n- calibration:\n    # of May\n    scale: [1, 1, 1]  # s\n    offset:\n      - 1\n      - 2\n"
           "      - 3  # z\n  name: wrist\n  driver: shimmer\n  device: d\n"),
      "sensors:\n- calibration:\n    # of May\n    scale: [1.01235, 0.98, 1]  # s\n    offset:\n      "
      "[0.1235, -0.5, 0]  # z\n  name: wrist\n  driver: shimmer\n  device: d\n");
}

TEST(CalibrationWriter, AddsWhatACalibrationLacks) {
  EXPECT_EQ(with("sensors:\n  - name: wrist\n    driver: shimmer\n    device: d\n    calibration: {scale: [1, 1, 1]}"),
            "sensors:\n  - name: wrist\n    driver: shimmer\n    device: d\n"
            "    calibration: {scale: [1.01235, 0.98, 1], offset: [0.1235, -0.5, 0]}");
}

TEST(CalibrationWriter, KeepsTheLineEndingsOfWindows) {
  EXPECT_EQ(
      with("sensors:\r\n  - name: wrist\r\n    driver: shimmer\r\n    device: d\r\n"),
      "sensors:\r\n  - name: wrist\r\n    driver: shimmer\r\n    device: d\r\n    calibration: {" + kWritten + "}\r\n");
}

TEST(CalibrationWriter, WorksWithoutALastLineBreakAndWithALastMemberThatIsAList) {
  EXPECT_EQ(with("sensors:\n  - name: wrist\n    driver: shimmer\n    device: \"d\"\n    mount:\n      - x\n      - y\n"
                 "      - z"),
            "sensors:\n  - name: wrist\n    driver: shimmer\n    device: \"d\"\n    mount:\n      - x\n      - y\n"
            "      - z\n    calibration: {" +
                kWritten + "}");
}

TEST(CalibrationWriter, FindsItsPlaceBehindTextThatIsNotAscii) {
  EXPECT_EQ(with("sensors: [{name: wrist, device: /dev/größe, driver: shimmer}]"),
            "sensors: [{name: wrist, device: /dev/größe, driver: shimmer, calibration: {" + kWritten + "}}]");
}

TEST(CalibrationWriter, RefusesWhatItCannotDo) {
  EXPECT_THAT(with("sensors: [{name: s, driver: simulated}]", "s"), HasSubstr("calibration"));
  EXPECT_THAT(with("sensors: [{name: s, driver: simulated}]", "wr\x1bist"),
              HasSubstr("there is no sensor 'wr\\x1bist'"));
  EXPECT_THAT(with("sensors: ["), HasSubstr("not YAML"));
  EXPECT_THAT(with("sensors:\n  - name: wrist\n    driver: shimmer\n    device: >-\n      d\n"),
              HasSubstr("write this yourself: calibration: {offset"));
}

class CalibrationFile : public testing::Test {
 protected:
  static std::string read(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  void write(std::string_view text) const { std::ofstream(file_, std::ios::binary) << text; }

  tests::TemporaryDirectory directory_;
  const fs::path file_ = directory_ / "propriod.yaml";
  const std::string text_ = "sensors:\n  - {name: wrist, driver: shimmer, device: d}\n";
};

TEST_F(CalibrationFile, KeepsModeAndTheOldFile) {
  write(text_);
  fs::permissions(file_, fs::perms{0640});
  ASSERT_TRUE(write_calibration(file_, "wrist", kFound));
  EXPECT_EQ(read_config(file_).value().sensors[0].calibration, rounded(kFound));
  EXPECT_EQ(read(file_.string() + ".bak"), text_);
  for (const auto& path : {file_, fs::path(file_.string() + ".bak")}) {
    EXPECT_EQ(fs::status(path).permissions(), fs::perms{0640}) << path;
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), {}), 2);
}

TEST_F(CalibrationFile, FollowsASymbolicLinkAndKeepsIt) {
  write(text_);
  const auto link = directory_ / "link.yaml";
  fs::create_symlink(file_, link);
  ASSERT_TRUE(write_calibration(link, "wrist", kFound));
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_THAT(read(file_), HasSubstr("calibration"));
}

TEST_F(CalibrationFile, LeavesTheFileAloneWhenItCannotBeDone) {
  write(text_);
  const auto done = write_calibration(file_, "waist", kFound);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().to_string(), HasSubstr("there is no sensor 'waist'"));
  EXPECT_EQ(read(file_), text_);
  EXPECT_FALSE(fs::exists(file_.string() + ".bak"));
  EXPECT_FALSE(write_calibration(directory_ / "none.yaml", "wrist", kFound));
}

TEST_F(CalibrationFile, ReplacesAnEarlierCalibrationAndAnEarlierBackup) {
  write(text_);
  ASSERT_TRUE(write_calibration(file_, "wrist", {}));
  const auto first = read(file_);
  ASSERT_TRUE(write_calibration(file_, "wrist", kFound));
  EXPECT_EQ(read(file_.string() + ".bak"), first);
  EXPECT_EQ(read_config(file_).value().sensors[0].calibration, rounded(kFound));
}

}  // namespace
}  // namespace propriod::config
