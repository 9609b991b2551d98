#include "daemon/problem_log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace propriod::daemon {
namespace {

std::string without_figures(std::string text) {
  std::erase_if(text, [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == '-'; });
  return text;
}

}  // namespace

void ProblemLog::tell(std::string_view sensor, bool connected, const std::vector<std::string>& problems) {
  if (!connected) return;
  std::vector<std::string> now;
  for (const auto& problem : problems) {
    now.push_back(without_figures(problem));
    if (std::ranges::find(told_, now.back()) != told_.end()) continue;
    spdlog::warn("sensor_problem sensor={} problem=\"{}\"", sensor, problem);
  }
  told_ = std::move(now);
}

}  // namespace propriod::daemon
