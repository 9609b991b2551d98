#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace propriod::train {

/// What a child is started with. The descriptors stay the caller's.
struct ChildOptions {
  std::vector<std::string> arguments;      ///< the program first: a path, or a name that PATH knows
  std::vector<std::string> environment{};  ///< NAME=VALUE, in place of or beside the caller's own
  int standard_input = -1;                 ///< −1: /dev/null, as for the others
  int standard_output = -1;
  int standard_error = -1;
};

/// A program that runs beside this one, without a shell, in a process group of its own: Ctrl-C on the terminal reaches
/// this program alone, which decides. Killed (SIGKILL) with this object, and by the kernel when the thread that started
/// it ends, however that comes about. One owner.
class ChildProcess {
 public:
  /// Throws std::runtime_error when no process can be made. A program that is not there ends with status 127.
  explicit ChildProcess(const ChildOptions& options);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  /// How it ended as `waitpid` gives it, once it has; returns at once.
  [[nodiscard]] std::optional<int> ended();

  /// Kills it, when it still runs, and returns once it is gone.
  void kill() noexcept;

 private:
  pid_t pid_ = -1;  // −1 once waited for
  int status_ = 0;
};

}  // namespace propriod::train
