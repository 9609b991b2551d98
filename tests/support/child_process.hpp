#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace propriod::tests {

/// A program that a test runs beside itself, with its standard error in a pipe. It is killed with this object, and by
/// the kernel when the thread that started it dies. Throws std::runtime_error when it cannot be started.
class ChildProcess {
 public:
  explicit ChildProcess(std::vector<std::string> arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void send_signal(int number) const;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// Its exit status as `waitpid` gives it; waits for its end.
  int wait();

  /// What it wrote to standard error so far, once that contains `text`. Throws with what it wrote instead when it
  /// ended, or when `patience` did.
  std::string await_output(std::string_view text, std::chrono::seconds patience = std::chrono::seconds{20});

 private:
  std::string program_;
  std::string output_;
  int stderr_ = -1;
  pid_t pid_ = -1;  // -1 once waited for
  int status_ = 0;
};

}  // namespace propriod::tests
