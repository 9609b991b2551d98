#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "daemon/prediction.hpp"
#include "daemon/sensor_pipeline.hpp"
#include "drivers/spsc_queue.hpp"
#include "drivers/wakeup.hpp"
#include "model/recognizer.hpp"

namespace propriod::daemon {

/// Predictions on their way from the recognition thread to the publisher thread.
struct PredictionQueue {
  explicit PredictionQueue(std::size_t capacity) : predictions(capacity) {}
  drivers::SpscQueue<Prediction> predictions;
  drivers::Wakeup reader;               ///< rung when there is something to publish
  std::atomic<std::size_t> backlog{0};  ///< predictions that the reader has taken and not yet got rid of
};

/// The recognition thread's work: takes windows from all pipelines as they get ready, recognises in one batch those
/// that are ready together, and hands the predictions on. A full queue refuses the newest prediction, which leaves a
/// counted hole in its sensor's `seq`; only sources that can wait (a recording played as fast as possible) are held
/// back instead.
class Recognition {
 public:
  struct Sensor {
    std::unique_ptr<SensorPipeline> pipeline;
    bool can_wait;  ///< see drivers::Driver::can_wait
  };

  /// `recognizer` and `out` outlive this. `max_backlog`: with so many predictions unpublished, sources that can wait
  /// do.
  Recognition(std::vector<Sensor> sensors, model::Recognizer& recognizer, PredictionQueue& out,
              std::size_t max_backlog);

  /// The recognition thread: works until every pipeline is closed and empty, or a deadline has passed. LibTorch's
  /// exceptions come out of it.
  void run();

  /// Any thread: the service is ending. Sources that can wait no longer do, and at `deadline` what is left is given up.
  void hurry(std::chrono::steady_clock::time_point deadline) noexcept {
    deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
    bell_.notify();
  }

  /// Any thread: the bell that drivers ring.
  [[nodiscard]] drivers::Wakeup& bell() noexcept { return bell_; }
  [[nodiscard]] SensorPipeline& pipeline(std::size_t sensor) noexcept { return *sensors_[sensor].pipeline; }

  /// Any thread.
  [[nodiscard]] std::uint64_t recognised() const noexcept { return recognised_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

 private:
  enum class Drained : std::uint8_t { kEmpty, kBatchFull, kHeldBack, kEnded };
  Drained drain(std::size_t sensor);
  void recognise_batch();
  [[nodiscard]] bool must_wait() const noexcept;
  [[nodiscard]] bool past_deadline() const noexcept;

  std::vector<Sensor> sensors_;
  model::Recognizer& recognizer_;
  PredictionQueue& out_;
  std::size_t max_backlog_;
  drivers::Wakeup bell_;
  std::vector<std::uint64_t> last_seq_;  // per sensor
  std::vector<Prediction> batch_;        // windows taken, not yet recognised
  std::vector<float> windows_;           // their values, room for kMaxBatch
  model::Probabilities probabilities_;
  static constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int64_t>::max();
  std::atomic<std::int64_t> deadline_{kNoDeadline};  // of the steady clock
  std::atomic<std::uint64_t> recognised_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace propriod::daemon
