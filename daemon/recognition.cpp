#include "daemon/recognition.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxBatch = 64;  // windows: larger batches are hardly faster per window, and the first one waits
// Samples of 1,000 sensors come at 50,000 a second. Looking at all rings at most so often keeps waking up cheap, and
// costs a lone sensor nothing: its bell is heard at once after a pause.
constexpr auto kShortestRound = 2ms;
constexpr auto kHeldBackRound = 2ms;

}  // namespace

Recognition::Recognition(std::vector<Sensor> sensors, model::Recognizer& recognizer, PredictionQueue& out,
                         std::size_t max_backlog)
    : sensors_(std::move(sensors)),
      recognizer_(recognizer),
      out_(out),
      max_backlog_(max_backlog),
      last_seq_(sensors_.size(), 0),
      windows_(kMaxBatch * recognizer.window_values()) {
  batch_.reserve(kMaxBatch);
  recognizer_.warm_up(std::min(sensors_.size(), kMaxBatch));
}

void Recognition::run() {
  std::vector<bool> ended(sensors_.size(), false);
  auto running = sensors_.size();
  while (running > 0) {
    const auto round_started = std::chrono::steady_clock::now();
    bool again = false;
    bool held_back = false;
    for (std::size_t sensor = 0; sensor < sensors_.size(); ++sensor) {
      if (ended[sensor]) continue;
      switch (drain(sensor)) {
        case Drained::kEmpty:
          break;
        case Drained::kBatchFull:
          again = true;
          break;
        case Drained::kHeldBack:
          held_back = true;
          break;
        case Drained::kEnded:
          ended[sensor] = true;
          --running;
      }
      if (batch_.size() == kMaxBatch) recognise_batch();
      if (past_deadline()) return;
    }
    recognise_batch();
    if (again || running == 0) continue;
    if (held_back) {
      bell_.wait_until(round_started + kHeldBackRound);
    } else {
      std::this_thread::sleep_until(round_started + kShortestRound);
      bell_.wait();
    }
  }
}

Recognition::Drained Recognition::drain(std::size_t sensor) {
  auto& pipeline = *sensors_[sensor].pipeline;
  const bool closed = pipeline.closed();
  const auto values = recognizer_.window_values();
  while (batch_.size() < kMaxBatch) {
    if (sensors_[sensor].can_wait && must_wait()) return Drained::kHeldBack;
    const bool taken = pipeline.advance([&](const model::Windower& window) {
      if (batch_.size() == kMaxBatch) recognise_batch();  // one sample of a slow sensor can complete several windows
      window.copy_to(std::span(windows_).subspan(batch_.size() * values, values));
      batch_.push_back({.sensor = sensor,
                        .seq = ++last_seq_[sensor],
                        .window_start = window.start(),
                        .window_end = window.end(),
                        .activity = {},
                        .placement = {}});
    });
    if (!taken) return closed ? Drained::kEnded : Drained::kEmpty;
  }
  return Drained::kBatchFull;
}

bool Recognition::past_deadline() const noexcept {
  const auto deadline = deadline_.load(std::memory_order_relaxed);
  return deadline != kNoDeadline && std::chrono::steady_clock::now().time_since_epoch().count() >= deadline;
}

bool Recognition::must_wait() const noexcept {
  if (deadline_.load(std::memory_order_relaxed) != kNoDeadline) return false;
  const auto queued = out_.predictions.size() + batch_.size();
  return queued + kMaxBatch >= out_.predictions.capacity() ||
         queued + out_.backlog.load(std::memory_order_relaxed) >= max_backlog_;
}

void Recognition::recognise_batch() {
  if (batch_.empty()) return;
  recognizer_.recognize(std::span(windows_).first(batch_.size() * recognizer_.window_values()), probabilities_);
  const auto activities = recognizer_.manifest().activities.size();
  const auto placements = recognizer_.manifest().placements.size();
  const auto row = [](const std::vector<float>& all, std::size_t index, std::size_t classes) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(index * classes);
    return std::vector<float>(first, first + static_cast<std::ptrdiff_t>(classes));
  };
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    batch_[i].activity = row(probabilities_.activity, i, activities);
    batch_[i].placement = row(probabilities_.placement, i, placements);
    if (!out_.predictions.try_push(std::move(batch_[i]))) refused_.fetch_add(1, std::memory_order_relaxed);
  }
  recognised_.fetch_add(batch_.size(), std::memory_order_relaxed);
  batch_.clear();
  out_.reader.notify();
}

}  // namespace propriod::daemon
