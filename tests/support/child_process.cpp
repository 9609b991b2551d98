#include "tests/support/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace propriod::tests {

ChildProcess::ChildProcess(std::vector<std::string> arguments) : program_(arguments.at(0)) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error(program_ + ": no pipe");
  pid_ = fork();
  if (pid_ == 0) {  // only async-signal-safe calls: the test may have threads
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDERR_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  stderr_ = ends[0];
  if (pid_ < 0) throw std::runtime_error(program_ + ": cannot fork");
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    send_signal(SIGKILL);
    wait();
  }
  close(stderr_);
}

void ChildProcess::send_signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

int ChildProcess::wait() {
  if (pid_ > 0) waitpid(std::exchange(pid_, -1), &status_, 0);
  return status_;
}

std::string ChildProcess::await_output(std::string_view text, std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (output_.find(text) == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd readable{.fd = stderr_, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) < 1) {
      throw std::runtime_error(program_ + " did not say \"" + std::string{text} + "\" in time but: " + output_);
    }
    std::array<char, 4096> bytes{};
    const auto size = read(stderr_, bytes.data(), bytes.size());
    if (size <= 0) {
      throw std::runtime_error(program_ + " ended without \"" + std::string{text} + "\" but: " + output_);
    }
    output_.append(bytes.data(), static_cast<std::size_t>(size));
  }
  return output_;
}

}  // namespace propriod::tests
