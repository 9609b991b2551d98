#include "train/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace propriod::train {
namespace {

constexpr int kNotStarted = 127;  // as a shell says it

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// The caller's environment with `changes`.
std::vector<std::string> environment_with(const std::vector<std::string>& changes) {
  std::vector<std::string> all = changes;
  const auto is_changed = [&](std::string_view entry) {
    const auto name = entry.substr(0, entry.find('=') + 1);
    return std::ranges::any_of(changes, [&](std::string_view change) { return change.starts_with(name); });
  };
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!is_changed(*entry)) all.emplace_back(*entry);
  }
  return all;
}

}  // namespace

ChildProcess::ChildProcess(const ChildOptions& options) {
  auto arguments = options.arguments;
  auto environment = environment_with(options.environment);
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  const pid_t parent = getpid();
  // Not posix_spawn: it cannot ask for the death signal, without which a killed experiment would leave trainings behind
  // that write into the same folders as those of the next start. From fork to exec only async-signal-safe calls.
  pid_ = fork();
  if (pid_ < 0) {
    throw std::runtime_error(fmt::format("{}: no process for it ({}); run fewer jobs", options.arguments.at(0),
                                         std::generic_category().message(errno)));
  }
  if (pid_ > 0) return;
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kNotStarted);  // it died before that
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(options.standard_input >= 0 ? options.standard_input : nowhere, STDIN_FILENO);
  dup2(options.standard_output >= 0 ? options.standard_output : nowhere, STDOUT_FILENO);
  dup2(options.standard_error >= 0 ? options.standard_error : nowhere, STDERR_FILENO);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  execvpe(argv[0], argv.data(), envp.data());
  _exit(kNotStarted);
}

ChildProcess::~ChildProcess() { kill(); }

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(status_, other.status_);
  return *this;
}

std::optional<int> ChildProcess::ended() {
  if (pid_ < 0) return status_;
  if (waitpid(pid_, &status_, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return status_;
}

void ChildProcess::kill() noexcept {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace propriod::train
