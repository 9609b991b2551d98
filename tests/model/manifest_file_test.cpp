#include "model/manifest_file.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>

#include "model/errors.hpp"
#include "tests/model/sample_bundle.hpp"

namespace propriod::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string refusal(std::string_view yaml) {
  try {
    static_cast<void>(parse_manifest(yaml, "bed/manifest.yaml"));
  } catch (const BundleError& error) {
    return error.what();
  }
  return "accepted";
}

/// The published manifest's text with the first `found` replaced.
std::string changed(std::string_view found, std::string_view replacement) {
  auto yaml = to_yaml(published_manifest());
  const auto place = yaml.find(found);
  EXPECT_NE(place, std::string::npos) << found;
  return yaml.replace(place, found.size(), replacement);
}

std::string lines(const std::string& line, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += line + "\n";
  return text;
}

TEST(ManifestFile, ReadsBackExactlyWhatItWrote) {
  EXPECT_EQ(parse_manifest(to_yaml(published_manifest()), ""), published_manifest());
}

TEST(ManifestFile, SpeaksOfMixedPrecisionOnlyWhereThereWasSome) {
  EXPECT_THAT(to_yaml(published_manifest()), Not(HasSubstr("bf16")));
  auto manifest = published_manifest();
  manifest.training.bf16 = true;
  EXPECT_EQ(parse_manifest(to_yaml(manifest), ""), manifest);
}

TEST(ManifestFile, ReadsBackTheExtremes) {
  auto manifest = published_manifest();
  manifest.activities.clear();
  for (int i = 0; i < 256; ++i) manifest.activities.push_back(std::to_string(i));
  manifest.placements = {std::string(64, 'x')};
  manifest.input = {.rate_hz = 1000, .window = 4096, .step = 4096, .scale = 1e-9};
  manifest.training.epochs_run = 0;
  manifest.training.best_epoch = 0;
  manifest.data.test_subjects.clear();
  manifest.data.notes.clear();
  manifest.data.test_windows = std::numeric_limits<std::int64_t>::max();
  manifest.metrics.clear();
  EXPECT_EQ(parse_manifest(to_yaml(manifest), ""), manifest);
}

TEST(ManifestFile, HasACalibrationOnlyWhereThereIsOne) {
  EXPECT_THAT(to_yaml(published_manifest()), Not(HasSubstr("calibration")));  // as all bundles from before it
  auto manifest = published_manifest();
  manifest.calibration = {.activity_temperature = 1.7, .placement_temperature = 0.01};
  EXPECT_EQ(parse_manifest(to_yaml(manifest), ""), manifest);
  manifest.calibration.activity_unknown_below = 0;
  manifest.calibration.placement_unknown_below = 0.55;
  EXPECT_EQ(parse_manifest(to_yaml(manifest), ""), manifest);
  manifest.calibration.activity_temperature = 0;
  EXPECT_THAT(refusal(to_yaml(manifest)), HasSubstr("calibration.activity_temperature: must be a number within 0.01"));
  manifest.calibration = {.placement_unknown_below = 1.5};
  EXPECT_THAT(refusal(to_yaml(manifest)), HasSubstr("calibration.placement_unknown_below: must be a number within 0"));
  EXPECT_THAT(refusal(changed("metrics:", "calibration:\n  activity_temperature: 2\nmetrics:")),
              HasSubstr("calibration.placement_temperature: is missing"));
}

TEST(ManifestFile, SaysHowWindowsWereCutAndDealtOnlyWhereThatIsUnusual) {
  const auto usual = published_manifest();
  for (const auto* key : {"protocol:", "test_folds:", "test_fold:", "  folds:", "  fold:"}) {
    EXPECT_THAT(to_yaml(usual), Not(HasSubstr(key))) << "programs from before these keys read it";
  }
  auto manifest = usual;
  manifest.activities = {"null", "walking"};
  manifest.data.protocol = "published";
  manifest.data.split = "leave-one-subject-out";
  manifest.data.test_folds = 10;
  manifest.data.test_fold = 9;
  manifest.data.folds = 5;
  manifest.data.fold = 4;
  EXPECT_EQ(parse_manifest(to_yaml(manifest), ""), manifest);

  const auto refusal_of = [&](auto change) {
    auto wrong = manifest;
    change(wrong.data);
    return refusal(to_yaml(wrong));
  };
  EXPECT_THAT(refusal_of([](auto& data) { data.protocol = "kind"; }), HasSubstr("must be honest or published"));
  EXPECT_THAT(refusal_of([](auto& data) { data.test_fold = 10; }), HasSubstr("test_fold: must be a whole number"));
  EXPECT_THAT(refusal_of([](auto& data) { data.fold = 5; }), HasSubstr("fold: must be a whole number"));
}

TEST(ManifestFile, IsReadableByPeople) {
  EXPECT_THAT(to_yaml(published_manifest()), StartsWith("format: 1  # of this file\n"
                                                        "version: 20261123T150405.123Z-7\n"
                                                        "counter: 7\n"
                                                        "architecture:\n"
                                                        "  name: mtl-net\n"
                                                        "  batch_norm: true\n"
                                                        "activities:\n"
                                                        "  - supine\n"
                                                        "  - right-up\n"));
}

TEST(ManifestFile, SaysSeparateTasksOnlyWhereTheyAre) {
  auto manifest = published_manifest();
  EXPECT_THAT(to_yaml(manifest), Not(HasSubstr("separate_tasks")));  // so older programs go on reading it
  manifest.architecture.separate_tasks = true;
  EXPECT_THAT(to_yaml(manifest), HasSubstr("  batch_norm: true\n  separate_tasks: true\n"));
  EXPECT_EQ(parse_manifest(to_yaml(manifest), ""), manifest);
}

struct Change {
  const char* name;
  std::string found;
  std::string replacement;
  const char* message;
};
void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

const std::vector<Change> kChanges{
    {"NewerFormat", "format: 1", "format: 2", ":1: format: is 2, this program reads 1; use the program that wrote it"},
    {"FormatMissing", "format: 1  # of this file\n", "", ":1: format: is missing; copy the bundle again"},
    {"KeyMissing", "  step: 48  # samples\n", "", ":15: input.step: is missing"},
    {"KeyUnknown", "  step:", "  stride: 2\n  step:", ":17: input.stride: unknown key"},
    {"KeyUnknownAtTheTop", "counter:", "colour: red\ncounter:", ":3: colour: unknown key"},
    {"KeyTwice", "counter: 7", "counter: 7\ncounter: 7", ":4: counter: is there twice"},
    {"KeyIsAList", "counter: 7", "[a, b]: 7", ":3: a key must be a single word"},
    {"KeyWithControlCharacters", "counter: 7", R"("a\e[31m": 7)", R"(:3: 'a\x1b[31m': unknown key)"},
    {"VersionIsAPath", "20261123T150405.123Z-7", "../../etc", ":2: version: '../../etc' is not a UTC time and"},
    {"VersionOfAnotherCounter", "counter: 7", "counter: 8", ":2: version: '20261123T150405.123Z-7' is not"},
    {"CounterNegative", "counter: 7", "counter: -7", ":3: counter: must be a whole number within 1 …"},
    {"CounterIsAMap", "counter: 7", "counter: {}", ":3: counter: must be a single value"},
    {"MapIsAScalar", "metrics:\n  activity_accuracy: 84.375\n", "metrics: 3\nx:\n",
     ": metrics: must be keys and values"},
    {"ArchitectureEmpty", "name: mtl-net", "name: \"\"", ":5: architecture.name: is empty"},
    {"BooleanIsAWord", "batch_norm: true", "batch_norm: yes",
     ":6: architecture.batch_norm: must be true or false, not 'yes'"},
    {"SeparateTasksIsAWord", "batch_norm: true", "batch_norm: true\n  separate_tasks: 2",
     ":7: architecture.separate_tasks: must be true or false, not '2'"},
    {"LabelsAreNoList", "activities:\n  - supine", "activities: supine\nx:\n  - a", ":7: activities: must be a list"},
    {"LabelsMissing", "placements:\n  - chest\n  - neck\n", "placements: []\n",
     ": placements: has 0 labels, allowed are 1 … 256"},
    {"LabelEmpty", "- supine", "- \"\"", ":7: activities: has an empty label; correct the labels"},
    {"LabelNull", "- supine", "- ~", ":7: activities: must be a single value"},
    {"LabelTwice", "- neck", "- chest", ": placements: has 'chest' twice"},
    {"LabelUnknown", "- supine", "- unknown", ":7: activities: 'unknown' is reserved"},
    {"LabelNonWear", "- neck", "- non_wear", ": placements: 'non_wear' is reserved"},
    {"LabelTooLong", "- supine", "- " + std::string(65, 'x'),
     ":7: activities: must be text of at most 64 bytes, not 'xxx"},
    {"LabelWithControlCharacters", "- supine", R"(- "a\nb")",
     R"(:7: activities: must be text of at most 64 bytes, not 'a\x0ab')"},
    {"LabelNotUtf8", "- supine", "- \xff\xfe", ":8: is not UTF-8 without control characters"},
    {"RateTooHigh", "rate_hz: 51.2", "rate_hz: 1000.5",
     ": input.rate_hz: must be a number within 1 … 1000, not '1000.5'"},
    {"RateIsNaN", "rate_hz: 51.2", "rate_hz: nan", ": input.rate_hz: must be a number within 1 … 1000, not 'nan'"},
    {"RateIsInfinite", "rate_hz: 51.2", "rate_hz: .inf", ": input.rate_hz: must be a number"},
    {"WindowTooSmall", "window: 96", "window: 7", ": input.window: must be a whole number within 8 … 4096, not '7'"},
    {"WindowIsAFraction", "window: 96", "window: 96.5", ": input.window: must be a whole number"},
    {"StepPastTheWindow", "step: 48", "step: 97", ": input.step: must be a whole number within 1 … 96, not '97'"},
    {"ScaleZero", "scale: 0.", "scale: -0.", ": input.scale: must be a number within 1e-09 … 1000000000"},
    {"EpochsPastTheEnd", "epochs_run: 7", "epochs_run: 301",
     ": training.epochs_run: must be a whole number within 0 … 300"},
    {"SeedPast64Bits", "seed: 18446744073709551615", "seed: 18446744073709551616",
     ": training.seed: must be a whole number"},
    {"FingerprintShort", std::string(64, 'a'), "abc",
     ": data.fingerprint: must be 64 lower-case hex digits, not 'abc'"},
    {"SplitUnknown", "split: subject", "split: window",
     ": data.split: must be random, subject or leave-one-subject-out"},
    {"MetricIsAWord", "activity_accuracy: 84.375", "activity_accuracy: good",
     ": metrics.activity_accuracy: must be a number"},
    {"SealMissing", "manifest_sha256", "manifest_sha512", ": manifest_sha256: is missing"},
    {"ChangedByHand", "rate_hz: 51.2", "rate_hz: 50", ": manifest_sha256: is not that of the text above it"},
    {"Anchor", "counter: 7", "counter: &c 7", ":3: an anchor, which is not allowed"},
    {"Alias", "counter: 7", "counter: &c 7\nx: *c", ":3: an anchor, which is not allowed"},
    {"AliasOfNothing", "counter: 7", "counter: *c", ":3: "},
    {"Tag", "counter: 7", "counter: !!int 7", ":3: a tag, which is not allowed"},
    {"TwoDocuments", "counter: 7", "---\ncounter: 7", ": a second document begins"},
    {"NestedDeeply", "counter: 7", "counter: " + std::string(20, '[') + std::string(20, ']'), ":3: more than 8 levels"},
    {"NestedDeeplyInBlocks", "counter: 7", "counter:\n  - - - - - - - - - - x", ":4: more than 8 levels"},
    {"TooManyValues", "  - supine", lines("  - a", 20000) + "  - supine", ": more than 16384 values"},
    {"NotYaml", "counter: 7", "counter: [7", ": not YAML: "},
};

class ManifestDefect : public testing::TestWithParam<Change> {};

TEST_P(ManifestDefect, IsRefusedInOneLineThatNamesIt) {
  const auto line = refusal(changed(GetParam().found, GetParam().replacement));
  EXPECT_THAT(line, AllOf(StartsWith("bed/manifest.yaml:"), HasSubstr(GetParam().message), Not(HasSubstr("\n"))));
  EXPECT_LT(line.size(), 500U);
}

INSTANTIATE_TEST_SUITE_P(All, ManifestDefect, testing::ValuesIn(kChanges),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(ManifestFile, RefusesEveryDefectiveFileInOneLine) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PROPRIOD_TEST_DEFECTS "/bundles")) {
    if (entry.path().extension() != ".yaml") continue;
    try {
      static_cast<void>(read_manifest(entry.path()));
      ADD_FAILURE() << entry << " was accepted";
    } catch (const BundleError& error) {
      EXPECT_THAT(error.what(), AllOf(StartsWith(entry.path().string() + ":"), Not(HasSubstr("\n"))));
    }
    ++files;
  }
  EXPECT_GT(files, 0);
}

TEST(ManifestFile, TakesNoMoreThanAMegabyte) {
  auto manifest = published_manifest();
  manifest.data.notes.assign(1025, std::string(1024, 'x'));
  EXPECT_THAT(refusal(to_yaml(manifest)), HasSubstr("bytes, allowed are 1048576"));
}

TEST(ManifestFile, RefusesFilesThatHoldNoMap) {
  EXPECT_THAT(refusal(""), HasSubstr("must be keys and values"));
  EXPECT_THAT(refusal("- a\n"), HasSubstr("bed/manifest.yaml:1: must be keys and values"));
}

TEST(ManifestFile, RefusesEveryTruncationAndEveryFlippedByte) {
  const auto yaml = to_yaml(published_manifest());
  for (std::size_t size = 0; size < yaml.size(); ++size) EXPECT_NE(refusal(yaml.substr(0, size)), "accepted") << size;
  for (std::size_t i = 0; i < yaml.size(); ++i) {
    auto flipped = yaml;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_NE(refusal(flipped), "accepted") << i;
  }
}

}  // namespace
}  // namespace propriod::model
