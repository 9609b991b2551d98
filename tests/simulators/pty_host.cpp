#include "tests/simulators/pty_host.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "tests/simulators/usage_error.hpp"

namespace propriod::tests {
namespace {

namespace fs = std::filesystem;

constexpr int kPollMs = 2;                       // finer than any sensor's period here
constexpr std::size_t kMostWaiting = 64 * 1024;  // then a device's own buffer would long have run over

std::chrono::nanoseconds seconds(const std::string& text) {
  return std::chrono::nanoseconds{static_cast<std::int64_t>(std::stod(text) * 1e9)};
}

/// Where a link leads to; nowhere when there is none.
fs::path target_of(const fs::path& link) {
  std::error_code ignored;
  return fs::read_symlink(link, ignored);
}

void make_link(const fs::path& link, const fs::path& terminal) {
  std::error_code error;
  const fs::path target = target_of(link);
  const bool is_left = target.string().starts_with("/dev/pts/") && !fs::exists(target, error);
  if (is_left) fs::remove(link, error);       // by a simulator that was killed
  fs::create_symlink(terminal, link, error);  // which replaces nothing
  if (!error) return;
  if (error == std::errc::file_exists) {
    throw UsageError(link.string() +
                     ": there is something that no simulator made, and it stays; give a path where nothing is");
  }
  std::error_code ignored;
  if (const fs::path folder = link.parent_path(); !folder.empty() && !fs::is_directory(folder, ignored)) {
    throw UsageError(link.string() + ": there is no folder " + folder.string());
  }
  throw UsageError(link.string() + ": cannot be made a symbolic link: " + error.message());
}

}  // namespace

PtyHost::PtyHost(SerialDevice& device, std::filesystem::path link, std::vector<Fault> script)
    : device_(device), link_(std::move(link)), script_(std::move(script)) {
  open();  // here, so that it is there once this is constructed
  thread_ = std::thread([this] { work(); });
}

PtyHost::~PtyHost() {
  ending_ = true;
  thread_.join();
  close();
}

void PtyHost::open() {
  master_ = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) {
    throw std::system_error(errno, std::generic_category(), "no pseudo-terminal");
  }
  termios settings{};
  tcgetattr(master_, &settings);
  cfmakeraw(&settings);  // before the host opens it: echo would send the device its own bytes
  tcsetattr(master_, TCSANOW, &settings);
  std::array<char, 128> name{};
  ptsname_r(master_, name.data(), name.size());
  terminal_ = name.data();
  try {
    make_link(link_, terminal_);
  } catch (...) {
    ::close(std::exchange(master_, -1));
    throw;
  }
  device_.connected();
  is_plugged_ = true;
}

void PtyHost::close() {
  if (master_ < 0) return;
  std::error_code ignored;
  if (target_of(link_) == terminal_) fs::remove(link_, ignored);
  ::close(std::exchange(master_, -1));
  outgoing_.clear();
  device_.disconnected();
  is_plugged_ = false;
}

void PtyHost::work() {
  const auto start = std::chrono::steady_clock::now();
  auto next_fault = script_.begin();
  std::array<std::byte, 512> incoming{};
  while (!ending_) {
    const std::chrono::nanoseconds now = std::chrono::steady_clock::now() - start;
    for (; next_fault != script_.end() && next_fault->at <= now; ++next_fault) apply(*next_fault, now);
    const bool plugged = plugged_ && now >= unplugged_until_;
    if (plugged && master_ < 0) plug_in_again();
    if (!plugged && master_ >= 0) close();

    if (master_ >= 0) {
      for (;;) {
        const auto count = read(master_, incoming.data(), incoming.size());
        if (count <= 0) break;  // nothing there, or nobody has opened it: EIO
        device_.receive({incoming.data(), static_cast<std::size_t>(count)});
      }
    }
    stalled_ = now < stalled_until_;
    send(device_.transmit(now));
    pollfd nothing{.fd = master_, .events = POLLIN, .revents = 0};
    // Unopened, a pseudo-terminal is "hung up" all the time and poll would spin.
    if (poll(&nothing, 1, kPollMs) > 0 && (nothing.revents & POLLHUP) != 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{kPollMs});
  }
}

/// Somebody may have put something else there meanwhile.
void PtyHost::plug_in_again() {
  try {
    open();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s; the device stays away\n", error.what());
    plugged_ = false;
  }
}

void PtyHost::apply(const Fault& fault, std::chrono::nanoseconds now) {
  if (fault.name == "drop") {
    to_drop_ += std::stoul(fault.argument);
  } else if (fault.name == "flip") {
    to_flip_ += std::stoul(fault.argument);
  } else if (fault.name == "insert") {
    for (std::size_t i = 0; i + 1 < fault.argument.size(); i += 2) {
      outgoing_.push_back(static_cast<std::byte>(std::stoul(fault.argument.substr(i, 2), nullptr, 16)));
    }
  } else if (fault.name == "stall") {
    stalled_until_ = now + seconds(fault.argument);
  } else if (fault.name == "hang-up") {
    unplugged_until_ = now + seconds(fault.argument);
  } else if (!device_.fault(fault.name, fault.argument)) {
    throw std::runtime_error("no such fault: " + fault.name);
  }
}

void PtyHost::send(Bytes bytes) {
  const std::size_t dropped = std::min(to_drop_, bytes.size());
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(dropped));
  to_drop_ -= dropped;
  for (std::size_t i = 0; i < bytes.size() && to_flip_ > 0; ++i, --to_flip_) bytes[i] ^= std::byte{0x10};
  outgoing_.insert(outgoing_.end(), bytes.begin(), bytes.end());
  if (outgoing_.size() > kMostWaiting) outgoing_.clear();
  if (master_ < 0) return outgoing_.clear();
  while (!stalled_ && !outgoing_.empty()) {
    const auto count = write(master_, outgoing_.data(), outgoing_.size());
    if (count <= 0) break;  // full, or nobody there
    outgoing_.erase(outgoing_.begin(), outgoing_.begin() + count);
  }
}

}  // namespace propriod::tests
