#pragma once

#include <chrono>
#include <string>

namespace propriod::daemon {

/// One line on the terminal that is rewritten as work goes on. Silent where standard error is no terminal, so logs stay
/// readable. One owner.
class ProgressLine {
 public:
  ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();  ///< clears the line

  /// Whether `show` would show anything right now: at most five times a second.
  [[nodiscard]] bool due() const;
  void show(const std::string& text);
  void clear();

 private:
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_{};
};

/// "41 s", "3 min 20 s", "2 h 5 min".
[[nodiscard]] std::string duration_text(std::chrono::duration<double> duration);

}  // namespace propriod::daemon
