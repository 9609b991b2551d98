#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace propriod::daemon {

/// Lines for whoever reads our standard output. Never blocks: a reader that is slower than the predictions costs only
/// itself. One owner.
class StdoutSink {
 public:
  /// `descriptor`: 1, or a pipe in a test. Beyond `max_lines` waiting, the oldest is dropped and counted.
  StdoutSink(int descriptor, std::size_t max_lines) : descriptor_(descriptor), max_lines_(max_lines) {}

  /// `line` without its line end.
  void enqueue(std::string line);

  /// Writes what the reader takes right now. True when nothing is left to write.
  bool poll();

  [[nodiscard]] std::size_t waiting() const noexcept { return lines_.size(); }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  [[nodiscard]] bool closed() const noexcept { return closed_; }  ///< the reader has gone

 private:
  int descriptor_;
  std::size_t max_lines_;
  std::deque<std::string> lines_;
  std::size_t written_ = 0;  // of the first line
  std::uint64_t dropped_ = 0;
  bool closed_ = false;
};

}  // namespace propriod::daemon
