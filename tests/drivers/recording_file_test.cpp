#include "drivers/recording_file.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "drivers/errors.hpp"
#include "drivers/label.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::drivers {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::Throws;
using testing::ThrowsMessage;

const std::filesystem::path kDefects = std::filesystem::path(PROPRIOD_TEST_DEFECTS) / "recordings";

/// A sample with its labels spelled out, so that recordings with different label tables compare.
using Row = std::tuple<std::int64_t, Acceleration, std::string, std::string>;

std::string label_of(std::int16_t index, const std::vector<std::string>& table) {
  return index == kNoLabel ? std::string() : table.at(static_cast<std::size_t>(index));
}

std::vector<Row> rows_of(const std::vector<RecordedSample>& samples, const std::vector<std::string>& activities,
                         const std::vector<std::string>& placements) {
  std::vector<Row> rows;
  rows.reserve(samples.size());
  for (const auto& sample : samples) {
    rows.emplace_back(sample.time.count(), sample.accel_mps2, label_of(sample.activity, activities),
                      label_of(sample.placement, placements));
  }
  return rows;
}

std::vector<Row> rows_of(const Recording& recording) {
  return rows_of(recording.samples, recording.activities, recording.placements);
}

/// Samples whose numbers are awkward to write, 20 ms apart from -40 ms on.
std::vector<RecordedSample> awkward_samples(std::size_t count) {
  const std::vector<float> axes{0.0F,
                                -0.0F,
                                0.1F,
                                -9.80665F,
                                1.0F / 3.0F,
                                std::numeric_limits<float>::max(),
                                std::numeric_limits<float>::denorm_min(),
                                -std::numeric_limits<float>::min(),
                                16'777'217.0F};
  std::vector<RecordedSample> samples;
  for (std::size_t i = 0; i < count; ++i) {
    samples.push_back(
        {.time = std::chrono::milliseconds{-40 + 20 * static_cast<int>(i)} + std::chrono::microseconds{i % 7},
         .accel_mps2 = {axes[i % axes.size()], axes[(i / 3) % axes.size()], static_cast<float>(i) * 0.37F},
         .activity = static_cast<std::int16_t>(static_cast<int>(i % 3) - 1),
         .placement = static_cast<std::int16_t>(static_cast<int>(i % 2) - 1)});
  }
  return samples;
}

class RecordingFileTest : public testing::TestWithParam<const char*> {
 protected:
  std::filesystem::path csv() const { return directory_ / GetParam(); }

  tests::TemporaryDirectory directory_;
  const std::vector<std::string> activities_{"lying_prone", "médité"};
  const std::vector<std::string> placements_{"chest"};
};

INSTANTIATE_TEST_SUITE_P(PlainAndGzip, RecordingFileTest, testing::Values("bed.csv", "bed.csv.gz"),
                         [](const auto& info) { return std::string(info.param) == "bed.csv" ? "Plain" : "Gzip"; });

TEST_P(RecordingFileTest, ReadsBackExactlyWhatWasWritten) {
  const auto samples = awkward_samples(5000);  // several blocks, in gzip too
  RecordingWriter writer(csv(), {.subject = "s01", .notes = "a note", .rate_hz = 51.2, .simulated = true}, activities_,
                         placements_);
  for (const auto& sample : samples) writer.write(sample);
  writer.close({.lost = 3, .gaps = 2, .reconnects = 1});

  ReadCounts counts;
  const auto recording = read_recording(csv(), &counts);
  EXPECT_EQ(rows_of(recording), rows_of(samples, activities_, placements_));
  EXPECT_TRUE(std::signbit(recording.samples[1].accel_mps2[0]));  // == does not tell -0 from 0
  EXPECT_EQ(counts.lines, samples.size());
  EXPECT_EQ(counts.malformed + counts.not_ascending + counts.too_long, 0U);
  EXPECT_EQ(recording.name, GetParam());
  EXPECT_EQ(recording.subject, "s01");
  EXPECT_EQ(recording.notes, "a note");
  EXPECT_EQ(recording.rate_hz, 51.2);
  EXPECT_TRUE(recording.simulated);

  const auto sidecar = read_sidecar(sidecar_path(csv()));
  EXPECT_EQ(sidecar.samples, samples.size());
  EXPECT_EQ(sidecar.lost, 3U);
  EXPECT_EQ(sidecar.gaps, 2U);
  EXPECT_EQ(sidecar.reconnects, 1U);
}

TEST_P(RecordingFileTest, IsReadableWithoutItsEndWhenItsWriterNeverClosed) {
  const auto samples = awkward_samples(5000);
  {
    RecordingWriter writer(csv(), {}, activities_, placements_);
    for (const auto& sample : samples) writer.write(sample);
  }
  ReadCounts counts;
  const auto recording = read_recording(csv(), &counts);
  EXPECT_GT(recording.samples.size(), 2000U);
  EXPECT_EQ(counts.lines, recording.samples.size());
  auto expected = rows_of(samples, activities_, placements_);
  expected.resize(recording.samples.size());
  EXPECT_EQ(rows_of(recording), expected);
  EXPECT_FALSE(read_sidecar(sidecar_path(csv())).samples.has_value());
}

TEST_P(RecordingFileTest, IsReadableWhereverAKillOrAPowerCutEndsIt) {
  {
    RecordingWriter writer(csv(), {}, activities_, placements_);
    for (const auto& sample : awkward_samples(5000)) writer.write(sample);
  }
  const auto whole = rows_of(read_recording(csv()));
  for (auto size = std::filesystem::file_size(csv()); size > 2000; size -= 1777) {
    std::filesystem::resize_file(csv(), size);
    const auto torn = rows_of(read_recording(csv()));
    ASSERT_LE(torn.size(), whole.size());
    ASSERT_TRUE(std::equal(torn.begin(), torn.end(), whole.begin())) << size;
  }
}

TEST_P(RecordingFileTest, NeverReplacesARecording) {
  RecordingWriter(csv(), {}, activities_, placements_).close();
  EXPECT_THAT([&] { RecordingWriter(csv(), {}, activities_, placements_); },
              ThrowsMessage<RecordingError>(HasSubstr("exists")));
  // Both kinds of one name would share the sidecar.
  EXPECT_THAT([&] { RecordingWriter(directory_ / "bed.csv", {}, {}, {}); }, Throws<RecordingError>());
  EXPECT_THAT([&] { RecordingWriter(directory_ / "bed.csv.gz", {}, {}, {}); }, Throws<RecordingError>());
}

TEST_P(RecordingFileTest, SaysWhichFileCouldNotBeWrittenAndWhy) {
  EXPECT_THAT([&] { RecordingWriter(directory_ / "absent" / GetParam(), {}, {}, {}); },
              ThrowsMessage<RecordingError>(AllOf(HasSubstr("absent/bed"), HasSubstr("No such file"))));

  // A full disk, as far as a test can have one: writes beyond the limit fail with EFBIG.
  RecordingWriter writer(csv(), {}, activities_, placements_);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tiny{.rlim_cur = 1024, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tiny), 0);
  EXPECT_THAT(
      [&] {
        for (const auto& sample : awkward_samples(5000)) writer.write(sample);
      },
      ThrowsMessage<RecordingError>(AllOf(HasSubstr(csv().string()), HasSubstr("File too large"))));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  writer.close();  // there is room again, and nothing torn before
  ReadCounts counts;
  EXPECT_EQ(read_recording(csv(), &counts).samples.size(), read_sidecar(sidecar_path(csv())).samples);
  EXPECT_EQ(counts.malformed, 0U);
}

TEST_P(RecordingFileTest, RefusesSamplesThatCouldNotBeReadBack) {
  RecordingWriter writer(csv(), {}, activities_, placements_);
  const RecordedSample good{.time = std::chrono::seconds{1}, .accel_mps2 = {0, 0, 9.8F}};
  writer.write(good);
  EXPECT_THAT([&] { writer.write(good); }, ThrowsMessage<RecordingError>(HasSubstr("sample 2")));
  auto bad = good;
  bad.time += std::chrono::nanoseconds{400};  // the same microsecond
  EXPECT_THAT([&] { writer.write(bad); }, Throws<RecordingError>());
  bad.time = std::chrono::years{10};
  EXPECT_THAT([&] { writer.write(bad); }, Throws<RecordingError>());
  bad.time = std::chrono::seconds{2};
  bad.accel_mps2[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT([&] { writer.write(bad); }, Throws<RecordingError>());
  bad.accel_mps2[1] = 0;
  bad.activity = 2;
  EXPECT_THAT([&] { writer.write(bad); }, Throws<RecordingError>());
  bad.activity = -2;
  EXPECT_THAT([&] { writer.write(bad); }, Throws<RecordingError>());
  writer.close();
  writer.close();
  bad.activity = kNoLabel;
  EXPECT_THAT([&] { writer.write(bad); }, ThrowsMessage<RecordingError>(HasSubstr("closed")));
  EXPECT_THAT(read_recording(csv()).samples, SizeIs(1));
}

TEST(RecordingWriter, RefusesLabelsThatNeedQuoting) {
  const tests::TemporaryDirectory directory;
  for (const auto& label :
       {std::string("a,b"), std::string("\"a\""), std::string("a\nb"), std::string(), std::string(" a"),
        std::string(kMaxLabelBytes + 1, 'a'), std::string("\xc3\x28"), std::string("\xed\xa0\x80")}) {
    EXPECT_THAT([&] { RecordingWriter(directory / "s.csv", {}, {label}, {}); }, Throws<RecordingError>()) << label;
    EXPECT_THAT([&] { RecordingWriter(directory / "s.csv", {}, {}, {label}); }, Throws<RecordingError>()) << label;
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(ReadRecording, CountsAndSkipsMalformedLines) {
  ReadCounts counts;
  const auto recording = read_recording(kDefects / "malformed_lines.csv", &counts);
  EXPECT_THAT(rows_of(recording), ElementsAre(Row{0, {0.1F, 0.2F, 9.8F}, "walking", "chest"},
                                              Row{20'000'000, {0.001F, -20.0F, 9.8F}, "", ""},
                                              Row{40'000'000, {0.1F, 0.2F, 9.8F}, "walking", "chest"}));
  EXPECT_THAT(recording.activities, ElementsAre("walking"));
  EXPECT_EQ(counts.lines, 17U);
  EXPECT_EQ(counts.malformed, 14U);
}

TEST(ReadRecording, CountsAndSkipsTimesThatDoNotAscend) {
  ReadCounts counts;
  const auto recording = read_recording(kDefects / "times_not_ascending.csv", &counts);
  EXPECT_THAT(recording.samples, SizeIs(2));
  EXPECT_THAT(recording.activities, ElementsAre("walking"));
  EXPECT_EQ(counts.not_ascending, 2U);
}

TEST(ReadRecording, DoesNotTrustALastLineThatIsTorn) {
  ReadCounts counts;
  const auto recording = read_recording(kDefects / "torn_last_line.csv", &counts);
  EXPECT_THAT(recording.placements, ElementsAre("chest"));
  EXPECT_THAT(recording.samples, SizeIs(1));
  EXPECT_EQ(counts.malformed, 1U);
}

TEST(ReadRecording, CountsLinesThatAreTooLong) {
  const tests::TemporaryDirectory directory;
  write_sidecar(directory / "s.yaml", {});
  std::ofstream(directory / "s.csv") << "time,x,y,z,activity,placement\n" << std::string(5000, '1') << "\n1,2,3,4,,\n";
  ReadCounts counts;
  EXPECT_THAT(read_recording(directory / "s.csv", &counts).samples, SizeIs(1));
  EXPECT_EQ(counts.too_long, 1U);
  EXPECT_EQ(counts.lines, 2U);
}

TEST(ReadRecording, TakesNoMoreLabelsThanTheTableHolds) {
  const tests::TemporaryDirectory directory;
  write_sidecar(directory / "s.yaml", {});
  std::ofstream file(directory / "s.csv");
  file << "time,x,y,z,activity,placement\n";
  for (int i = 0; i < 300; ++i) file << i << ",0,0,9.8,activity_" << i << ",\n";
  file.close();
  ReadCounts counts;
  const auto recording = read_recording(directory / "s.csv", &counts);
  EXPECT_THAT(recording.activities, SizeIs(kMaxLabels));
  EXPECT_EQ(counts.malformed, 300 - kMaxLabels);
}

TEST(ReadRecording, NamesTheFileThatIsUnusable) {
  const auto reading = [](const char* name) { return [name] { (void)read_recording(kDefects / name); }; };
  EXPECT_THAT(reading("no_header.csv"),
              ThrowsMessage<RecordingError>(AllOf(HasSubstr("no_header.csv:1: "), HasSubstr("time,x,y,z"))));
  EXPECT_THAT(reading("nothing_usable.csv"),
              ThrowsMessage<RecordingError>(AllOf(HasSubstr("nothing_usable.csv: "), HasSubstr("1 malformed"))));
  EXPECT_THAT(reading("truncated_gzip.csv.gz"), ThrowsMessage<RecordingError>(HasSubstr("truncated_gzip.csv.gz: ")));
  EXPECT_THAT(reading("corrupt_gzip.csv.gz"), ThrowsMessage<RecordingError>(HasSubstr("corrupt_gzip.csv.gz: ")));
  EXPECT_THAT(reading("missing_sidecar.csv"), ThrowsMessage<RecordingError>(HasSubstr("missing_sidecar.yaml: ")));
  EXPECT_THAT(reading("absent.csv"), ThrowsMessage<RecordingError>(HasSubstr("absent.csv: ")));
}

TEST(ShippedRecordings, AreWhatTheirReadmeSays) {
  const auto directory = std::filesystem::path(PROPRIOD_TEST_DATA) / "watch";
  std::uint64_t samples = 0;
  std::map<std::string, int> by_activity, by_placement;
  std::map<std::string, std::set<std::string>> placements_of;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".gz") continue;
    ReadCounts counts;
    const auto recording = read_recording(entry.path(), &counts);
    SCOPED_TRACE(recording.name);
    EXPECT_EQ(counts.malformed + counts.not_ascending + counts.too_long, 0U);
    EXPECT_EQ(counts.lines, recording.samples.size());
    EXPECT_EQ(read_sidecar(sidecar_path(entry.path())).samples, recording.samples.size());
    EXPECT_EQ(recording.rate_hz, 50);
    EXPECT_FALSE(recording.simulated);
    EXPECT_EQ(recording.samples.back().time, std::chrono::milliseconds{20} * (recording.samples.size() - 1));
    ASSERT_THAT(recording.activities, SizeIs(1));
    ASSERT_THAT(recording.placements, SizeIs(1));
    EXPECT_THAT(recording.notes, HasSubstr("both placements"));
    samples += recording.samples.size();
    ++by_activity[recording.activities[0]];
    ++by_placement[recording.placements[0]];
    placements_of[recording.subject].insert(recording.placements[0]);
  }
  EXPECT_EQ(samples, 244'102U);
  EXPECT_THAT(by_activity, SizeIs(7));
  for (const auto& [activity, recordings] : by_activity) EXPECT_EQ(recordings, 20) << activity;
  EXPECT_THAT(by_placement, ElementsAre(testing::Pair("left_wrist", 70), testing::Pair("right_wrist", 70)));
  EXPECT_THAT(placements_of, SizeIs(10));
  for (const auto& [subject, placements] : placements_of) EXPECT_THAT(placements, SizeIs(2)) << subject;
}

}  // namespace
}  // namespace propriod::drivers
