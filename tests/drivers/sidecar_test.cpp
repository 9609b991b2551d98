#include "drivers/sidecar.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "drivers/errors.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::drivers {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Throws;
using testing::ThrowsMessage;

struct Defect {
  const char* file;
  const char* line;
  const char* complaint;
};

class SidecarDefect : public testing::TestWithParam<Defect> {};

TEST_P(SidecarDefect, IsNamedByFileLineAndKey) {
  const auto path = std::filesystem::path(PROPRIOD_TEST_DEFECTS) / "recordings" / GetParam().file;
  EXPECT_THAT([&] { (void)read_sidecar(path); },
              ThrowsMessage<RecordingError>(
                  AllOf(HasSubstr(path.string() + GetParam().line), HasSubstr(GetParam().complaint))));
}

INSTANTIATE_TEST_SUITE_P(
    Files, SidecarDefect,
    testing::Values(Defect{"unit_is_g.yaml", ":2: ", "unit"}, Defect{"rate_is_a_word.yaml", ":2: ", "rate"},
                    Defect{"rate_is_zero.yaml", ":1: ", "rate"}, Defect{"rate_is_missing.yaml", ":1: ", "rate"},
                    Defect{"key_twice.yaml", ":3: ", "rate"}, Defect{"not_yaml.yaml", ":", "not YAML"},
                    Defect{"is_a_list.yaml", ":1: ", "key: value"}, Defect{"subject_is_a_map.yaml", ":3: ", "subject"},
                    Defect{"control_character.yaml", ":3: ", "subject"},
                    Defect{"samples_is_negative.yaml", ":3: ", "samples"},
                    Defect{"simulated_is_a_number.yaml", ":3: ", "simulated"},
                    Defect{"absent.yaml", ": ", "NAME.yaml"}),
    [](const auto& info) {
      const std::string file = info.param.file;
      return file.substr(0, file.find('.'));
    });

TEST(Sidecar, ReadsBackAsItWasWritten) {
  const tests::TemporaryDirectory directory;
  const Sidecar sidecar{.sensor = "chest",
                        .device = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0",
                        .subject = "Zoë",
                        .notes = "a \"quoted\" word, a back\\slash, a colon: and a #hash",
                        .rate_hz = 51.2,
                        .start_time = "2026-01-14T10:15:00Z",
                        .simulated = true,
                        .samples = 18'446'744'073'709'551'615U,
                        .lost = 1,
                        .gaps = 2,
                        .reconnects = 0};
  write_sidecar(directory / "s.yaml", sidecar);
  EXPECT_EQ(read_sidecar(directory / "s.yaml"), sidecar);
  write_sidecar(directory / "s.yaml", Sidecar{});  // replaces it
  EXPECT_EQ(read_sidecar(directory / "s.yaml"), Sidecar{});
}

TEST(Sidecar, IgnoresKeysItDoesNotKnowAndFoldsTexts) {
  const tests::TemporaryDirectory directory;
  std::ofstream(directory / "s.yaml") << "rate: 100\nunit: m/s2\nroom: {a: [1, 2]}\n? [odd]\n: key\n"
                                      << "subject:\nnotes: |\n  two\n  lines\n";
  const auto sidecar = read_sidecar(directory / "s.yaml");
  EXPECT_EQ(sidecar.rate_hz, 100);
  EXPECT_EQ(sidecar.subject, "");
  EXPECT_EQ(sidecar.notes, "two lines");
}

TEST(Sidecar, IsNotWrittenWhenItCouldNotBeReadBack) {
  const tests::TemporaryDirectory directory;
  const auto path = directory / "s.yaml";
  EXPECT_THAT([&] { write_sidecar(path, {.rate_hz = 0}); }, Throws<RecordingError>());
  EXPECT_THAT([&] { write_sidecar(path, {.unit = "g"}); }, Throws<RecordingError>());
  EXPECT_THAT([&] { write_sidecar(path, {.subject = "a\nb"}); }, Throws<RecordingError>());
  EXPECT_THAT([&] { write_sidecar(path, {.subject = "\xff"}); }, Throws<RecordingError>());
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(Sidecar, IsNamedAfterItsRecording) {
  EXPECT_EQ(sidecar_path("a/b.csv"), "a/b.yaml");
  EXPECT_EQ(sidecar_path("a/b.c.csv.gz"), "a/b.c.yaml");
  EXPECT_THAT([] { (void)sidecar_path("a/b.txt"); }, ThrowsMessage<RecordingError>(HasSubstr("a/b.txt")));
}

}  // namespace
}  // namespace propriod::drivers
