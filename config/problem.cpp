#include "config/problem.hpp"

#include <fmt/format.h>

namespace propriod::config {

std::string Problem::to_string() const {
  const std::string place = line == 0 ? file.string() : fmt::format("{}:{}:{}", file.string(), line, column);
  return key.empty() ? fmt::format("{}: {}", place, what) : fmt::format("{}: {}: {}", place, key, what);
}

}  // namespace propriod::config
