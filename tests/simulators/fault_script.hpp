#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace propriod::tests {

/// One line of a fault script: `SECONDS NAME [ARGUMENT]`.
struct Fault {
  std::chrono::nanoseconds at;
  std::string name;
  std::string argument;
};

enum class FaultArgument : std::uint8_t { kNone, kCount, kSeconds, kBytes, kByte, kAxis };

/// A fault that a simulator knows. Scripts are checked against these, and `--help` lists them.
struct FaultKind {
  std::string_view name;
  FaultArgument argument;
  std::string_view example;  ///< of the argument
  std::string_view what_happens;
};

/// Reads a script: one fault a line, ascending, `#` begins a comment. Checks all of it, so that no mistake shows only
/// when its second comes; names and arguments only where `kinds` are given. Throws UsageError with a line
/// `NAME:LINE: what is wrong; what is allowed` for each mistake.
[[nodiscard]] std::vector<Fault> parse_fault_script(std::string_view text, std::span<const FaultKind> kinds = {},
                                                    const std::string& name = "script");

/// The same from a file.
[[nodiscard]] std::vector<Fault> read_fault_script(const std::filesystem::path& file, std::span<const FaultKind> kinds);

/// For `--help`: how a script is written, and a line for each fault.
[[nodiscard]] std::string fault_help(std::span<const FaultKind> kinds);

}  // namespace propriod::tests
