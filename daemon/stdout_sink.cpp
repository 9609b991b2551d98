#include "daemon/stdout_sink.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace propriod::daemon {

void StdoutSink::enqueue(std::string line) {
  if (closed_) return;
  if (lines_.size() == max_lines_) {
    // The first line may be half written: then the second one goes.
    const auto oldest = lines_.begin() + (written_ > 0 && lines_.size() > 1 ? 1 : 0);
    lines_.erase(oldest);
    ++dropped_;
  }
  line += '\n';
  lines_.push_back(std::move(line));
}

bool StdoutSink::poll() {
  while (!lines_.empty()) {
    pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, 0) <= 0) return false;
    const auto& line = lines_.front();
    // A pipe that is ready takes PIPE_BUF bytes without blocking, and no more is promised.
    const auto size = std::min<std::size_t>(line.size() - written_, PIPE_BUF);
    const auto written = ::write(descriptor_, line.data() + written_, size);
    if (written < 0) {
      if (errno == EINTR || errno == EAGAIN) return false;
      closed_ = true;  // EPIPE and its like: nobody will ever read the rest
      lines_.clear();
      return true;
    }
    written_ += static_cast<std::size_t>(written);
    if (written_ == line.size()) {
      lines_.pop_front();
      written_ = 0;
    }
  }
  return true;
}

}  // namespace propriod::daemon
