// What do damaged lines cost? Random bytes are dropped, inserted and flipped in a stream of them.

#include <gmock/gmock.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "drivers/csv_line.hpp"
#include "drivers/csv_line_decoder.hpp"
#include "drivers/sample.hpp"
#include "tests/drivers/serial_stream.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/support/byte_faults.hpp"

namespace propriod::drivers {
namespace {

using ::testing::IsEmpty;
using Kind = CsvLine::Kind;
using tests::Bytes;
using tests::csv_line;
using tests::CsvUnit;
using tests::sway;

constexpr CsvLineDecoder::Options kMilliseconds{.mps2_per_unit = 1, .us_per_time_unit = 1000, .rate_hz = 50};

struct DamagedStream {
  struct Line {
    std::size_t begin;
    std::size_t end;
    PreciseAcceleration accel_mps2;
    std::int64_t time_us;
    bool damaged = false;
  };
  std::vector<Line> lines;
  Bytes bytes;
  std::size_t damages = 0;
};

/// 150 lines, those at both ends unharmed so that what is counted can be compared.
DamagedStream damaged_stream(bool with_time, bool checksum, std::mt19937_64& random) {
  constexpr std::size_t kLines = 150;
  constexpr std::size_t kUnharmed = 20;
  DamagedStream stream;
  Bytes bytes;
  for (std::size_t i = 0; i < kLines; ++i) {
    const auto time_ms = static_cast<std::int64_t>(90'000 + 20 * i);
    const auto time = with_time ? std::optional(std::to_string(time_ms)) : std::nullopt;
    const auto text = csv_line(sway(i), CsvUnit::kMps2, time, checksum);
    const auto begin = bytes.size();
    for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
    CsvLine line = parse_csv_line(std::string_view(text).substr(0, text.size() - 2));
    stream.lines.push_back({.begin = begin, .end = bytes.size(), .accel_mps2 = line.axes, .time_us = 1000 * time_ms});
  }
  const auto first = stream.lines[kUnharmed].begin;
  const auto last = stream.lines[kLines - kUnharmed].begin;
  const double per_byte = std::exp(std::uniform_real_distribution(std::log(1e-4), std::log(0.02))(random));
  const auto damaged = tests::damage(std::span(bytes).subspan(first, last - first), per_byte, random);
  for (auto& line : stream.lines) {
    for (const auto at : damaged.damaged_at) {
      line.damaged = line.damaged || (first + at >= line.begin && first + at < line.end);
    }
  }
  stream.damages = damaged.damaged_at.size();
  stream.bytes = bytes_of("\n");
  stream.bytes.insert(stream.bytes.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(first));
  stream.bytes.insert(stream.bytes.end(), damaged.bytes.begin(), damaged.bytes.end());
  stream.bytes.insert(stream.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(last), bytes.end());
  return stream;
}

struct Verdict {
  std::size_t wrong = 0;
  std::set<std::size_t> delivered;  // lines, unharmed
};

/// Walks along both in order: a reading that is no line's from there on is wrong.
Verdict judge(const DamagedStream& stream, const std::vector<SerialReading>& readings) {
  Verdict verdict;
  std::size_t next = 0;
  for (const auto& reading : readings) {
    std::size_t at = next;
    const auto is_it = [&](const DamagedStream::Line& line) {
      return line.accel_mps2 == reading.accel_mps2 && (!reading.time_us || *reading.time_us == line.time_us);
    };
    while (at < stream.lines.size() && !is_it(stream.lines[at])) ++at;
    if (at == stream.lines.size()) {
      ++verdict.wrong;
    } else {
      verdict.delivered.insert(at);
      next = at + 1;
    }
  }
  return verdict;
}

/// Which unharmed lines with unharmed neighbours did not come through.
std::vector<std::size_t> missing(const DamagedStream& stream, const Verdict& verdict) {
  std::vector<std::size_t> missing;
  for (std::size_t i = 2; i + 2 < stream.lines.size(); ++i) {
    bool quiet = true;
    for (std::size_t j = i - 2; j <= i + 1; ++j) quiet = quiet && !stream.lines[j].damaged;
    if (quiet && !verdict.delivered.contains(i)) missing.push_back(i);
  }
  return missing;
}

/// Whether damage made two lines in a row that can be read and whose times are no line's: they may confirm each other.
bool two_false_times_in_a_row(const DamagedStream& stream) {
  std::set<double> true_times_ms;
  for (const auto& line : stream.lines) true_times_ms.insert(static_cast<double>(line.time_us / 1000));
  bool before = false;
  std::string text;
  for (const auto byte : stream.bytes) {
    const auto c = static_cast<char>(byte);
    if (c != '\n' && c != '\r') {
      text += c;
      continue;
    }
    const auto line = parse_csv_line(text);
    text.clear();
    if (line.kind != Kind::kReading || !line.time) continue;
    const bool is_false = !true_times_ms.contains(*line.time);
    if (is_false && before) return true;
    before = is_false;
  }
  return false;
}

class CsvDamage : public ::testing::TestWithParam<std::pair<bool, bool>> {};

TEST_P(CsvDamage, IsPassedOverAndCounted) {
  const auto [with_time, checksum] = GetParam();
  const int scripts = tests::fault_scripts();
  std::uint64_t damages = 0;
  std::uint64_t wrong = 0;
  std::uint64_t lost = 0;
  std::uint64_t miscounted = 0;
  for (int script = 0; script < scripts; ++script) {
    SCOPED_TRACE("seed " + std::to_string(script));
    std::mt19937_64 random(static_cast<std::uint64_t>(script));
    const auto stream = damaged_stream(with_time, checksum, random);
    CsvLineDecoder decoder(kMilliseconds);
    const auto readings = feed(decoder, stream.bytes);
    const auto verdict = judge(stream, readings);
    EXPECT_LE(verdict.wrong, 2 * stream.damages);
    EXPECT_THAT(missing(stream, verdict), IsEmpty());
    const auto counted = static_cast<std::int64_t>(readings.size() + lost_in(readings));
    const auto off = std::abs(counted - static_cast<std::int64_t>(stream.lines.size()));
    if (with_time) {
      EXPECT_TRUE(off == 0 || two_false_times_in_a_row(stream)) << off;
    } else {
      EXPECT_LE(off, static_cast<std::int64_t>(stream.damages));  // see csv_line_decoder.hpp
    }
    damages += stream.damages;
    wrong += verdict.wrong;
    lost += lost_in(readings);
    miscounted += static_cast<std::uint64_t>(off);
  }
  if (checksum) {
    EXPECT_LE(static_cast<double>(wrong), 0.01 * static_cast<double>(damages));
  }
  std::printf("%d scripts: %lu bytes damaged, %lu samples wrong, %lu counted as lost, %lu miscounted\n", scripts,
              damages, wrong, lost, miscounted);
}

INSTANTIATE_TEST_SUITE_P(Lines, CsvDamage,
                         ::testing::Values(std::pair(false, false), std::pair(false, true), std::pair(true, false),
                                           std::pair(true, true)),
                         [](const auto& instance) {
                           return std::string(instance.param.first ? "WithTime" : "WithoutTime") +
                                  (instance.param.second ? "AndChecksum" : "");
                         });

}  // namespace
}  // namespace propriod::drivers
