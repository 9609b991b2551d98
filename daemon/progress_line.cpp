#include "daemon/progress_line.hpp"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 200ms;
constexpr const char* kClearLine = "\r\033[K";

}  // namespace

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() { clear(); }

bool ProgressLine::due() const { return terminal_ && std::chrono::steady_clock::now() >= next_; }

void ProgressLine::show(const std::string& text) {
  if (!due()) return;
  std::fprintf(stderr, "%s%s", kClearLine, text.c_str());
  std::fflush(stderr);
  shown_ = true;
  next_ = std::chrono::steady_clock::now() + kInterval;
}

void ProgressLine::clear() {
  if (!shown_) return;
  std::fputs(kClearLine, stderr);
  shown_ = false;
}

std::string duration_text(std::chrono::duration<double> duration) {
  const auto seconds = std::llround(duration.count());
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

}  // namespace propriod::daemon
