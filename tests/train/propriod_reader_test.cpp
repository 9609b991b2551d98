#include "train/propriod_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/train/temporary_set.hpp"
#include "train/errors.hpp"

namespace propriod::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::filesystem::path kDefects = std::filesystem::path(PROPRIOD_TEST_DEFECTS) / "data_sets";

constexpr std::string_view kSupine =
    "time,x,y,z,activity,placement\n0.000000,0,0,9.8,supine,neck\n0.020000,0,0,9.8,supine,neck\n";
constexpr std::string_view kProne =
    "time,x,y,z,activity,placement\n0.000000,0,0,-9.8,,chest\n0.020000,0,0,-9.8,prone,chest\nx\n"
    "0.020000,0,0,-9.8,prone,chest\n0.400000,0,0,-9.8,prone,chest\n";
constexpr std::string_view kSidecar = "subject: anna\nrate: 50\nunit: m/s2\n";

DataSet read(const std::filesystem::path& folder) { return read_data_set("propriod", folder); }

TEST(PropriodReader, ReadsEveryRecordingInTheOrderOfTheirNames) {
  TemporarySet set;
  set.write("night2/neck.csv", kSupine);
  set.write("night2/neck.yaml", kSidecar);
  set.write_gzip("night1/chest.csv.gz", kProne);
  set.write("night1/chest.yaml", kSidecar);
  set.write(".hidden/torn.csv", "");
  set.write("README.md", "# nights");
  const DataSet data_set = read(set.folder());

  EXPECT_EQ(data_set.format, "propriod");
  EXPECT_EQ(data_set.native_rate_hz, 50);
  ASSERT_EQ(data_set.recordings.size(), 2U);
  EXPECT_EQ(data_set.recordings[0].name, "night1/chest.csv.gz");
  EXPECT_EQ(data_set.recordings[1].name, "night2/neck.csv");
  EXPECT_EQ(data_set.recordings[1].subject, "anna");
  EXPECT_THAT(data_set.activities, ElementsAre("prone", "supine"));
  EXPECT_THAT(data_set.placements, ElementsAre("chest", "neck"));
}

TEST(PropriodReader, ReportsWhatWasLeftOut) {
  TemporarySet set;
  set.write("chest.csv", kProne);
  set.write("chest.yaml", kSidecar);
  const ReadReport report = read(set.folder()).report;
  EXPECT_EQ(report.files, 1U);
  EXPECT_EQ(report.lines, 5U);
  EXPECT_EQ(report.malformed, 1U);
  EXPECT_EQ(report.not_ascending, 1U);
  EXPECT_EQ(report.gaps, 1U);
}

TEST(PropriodReader, NamesEveryRecordingThatCannotBeUsed) {
  EXPECT_THAT([] { (void)read(kDefects / "propriod_missing_sidecar"); },
              ThrowsMessage<DataSetError>(HasSubstr("night.yaml")));

  TemporarySet set;
  set.write("single.csv", "time,x,y,z,activity,placement\n0.000000,0,0,9.8,supine,neck\n");
  set.write("single.yaml", kSidecar);
  set.write("empty.csv", "time,x,y,z,activity,placement\n");
  set.write("empty.yaml", kSidecar);
  set.write("neck.csv", kSupine);
  set.write("neck.yaml", kSidecar);
  EXPECT_THAT([&] { (void)read(set.folder()); },
              ThrowsMessage<DataSetError>(AllOf(HasSubstr("empty.csv"), HasSubstr("single.csv"))));
}

TEST(PropriodReader, NamesARecordingThatIsNoFile) {
  TemporarySet set;
  set.write("night.csv", kSupine);
  set.write("night.yaml", kSidecar);
  std::filesystem::create_symlink("gone.csv", set.folder() / "linked.csv");
  EXPECT_THAT([&] { (void)read(set.folder()); }, ThrowsMessage<DataSetError>(HasSubstr("linked.csv: is no file")));
}

TEST(PropriodReader, RefusesARecordingThatIsThereBothPlainAndCompressed) {
  TemporarySet set;
  set.write("neck.csv", kSupine);
  set.write_gzip("neck.csv.gz", kSupine);
  set.write("neck.yaml", kSidecar);
  EXPECT_THAT([&] { (void)read(set.folder()); },
              ThrowsMessage<DataSetError>(AllOf(HasSubstr("neck.csv.gz"), HasSubstr("remove one"))));
}

TEST(PropriodReader, SaysWhichLayoutItExpectsWhereItFindsNoFile) {
  TemporarySet set;
  EXPECT_THAT([&] { (void)read(set.folder()); }, ThrowsMessage<DataSetError>(HasSubstr("NAME.yaml beside it")));
}

}  // namespace
}  // namespace propriod::train
