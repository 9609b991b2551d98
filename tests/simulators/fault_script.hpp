#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace propriod::tests {

/// One line of a fault script: `SECONDS NAME [ARGUMENT]`. Of the line itself: `drop N`, `insert HEX`, `flip N` (one bit
/// in each of the next N bytes), `stall SECONDS` (bytes wait), `hang-up SECONDS` (the device goes and comes back).
/// Every other name is the device's own.
struct Fault {
  std::chrono::nanoseconds at;
  std::string name;
  std::string argument;
};

/// Reads a script: one fault a line, ascending, `#` begins a comment. Throws std::runtime_error naming the line.
[[nodiscard]] std::vector<Fault> parse_fault_script(std::string_view text);

}  // namespace propriod::tests
