#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <optional>

#include "drivers/paced_driver.hpp"
#include "drivers/recording.hpp"

namespace propriod::drivers {

/// Plays a recording back as if a device sent it: the first sample at the start, each later one as far behind it as in
/// the recording, to the nanosecond. The labels stay behind.
class ReplayDriver final : public PacedDriver {
 public:
  struct Options {
    Pace pace{};
    bool loop = false;  ///< start again one nominal period behind the last sample; the reader sees a gap there
  };

  /// Throws RecordingError when there is nothing to play: no sample, or a rate outside 0.01 … 100,000 Hz.
  ReplayDriver(boost::asio::io_context& io, Recording recording, const Options& options);

  [[nodiscard]] double rate_hz() const noexcept override { return recording_.rate_hz; }

 private:
  std::optional<PacedSample> produce() noexcept override;

  const Recording recording_;
  const bool loop_;
  std::size_t position_ = 0;
  std::chrono::nanoseconds lap_begin_{0};
};

}  // namespace propriod::drivers
