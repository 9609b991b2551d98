#include "tests/simulators/fault_script.hpp"

#include <cmath>
#include <sstream>
#include <stdexcept>

namespace propriod::tests {

std::vector<Fault> parse_fault_script(std::string_view text) {
  std::vector<Fault> faults;
  std::istringstream stream{std::string{text}};
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    std::istringstream fields{line.substr(0, line.find('#'))};
    double seconds = 0;
    Fault fault;
    if (!(fields >> std::ws) || fields.eof()) continue;
    if (!(fields >> seconds >> fault.name) || !(seconds >= 0)) {
      throw std::runtime_error("line " + std::to_string(number) + ": expected SECONDS NAME [ARGUMENT]");
    }
    fault.at = std::chrono::nanoseconds{std::llround(seconds * 1e9)};
    if (!faults.empty() && fault.at < faults.back().at) {
      throw std::runtime_error("line " + std::to_string(number) + ": earlier than the line before");
    }
    std::getline(fields >> std::ws, fault.argument);
    faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace propriod::tests
