#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

namespace propriod::drivers {

/// A bounded lock-free queue for exactly one writing and one reading thread. Allocates once, in its constructor.
template <typename T>
class SpscQueue {
 public:
  /// `capacity` is rounded up to a power of two.
  explicit SpscQueue(std::size_t capacity)
      : mask_(std::bit_ceil(capacity) - 1), slots_(std::make_unique<T[]>(mask_ + 1)) {}

  /// Writer. False, and `value` untouched, when the queue is full.
  [[nodiscard]] bool try_push(T&& value) noexcept {
    const auto tail = tail_.load(std::memory_order_relaxed);
    if (tail - known_head_ > mask_) {
      known_head_ = head_.load(std::memory_order_acquire);
      if (tail - known_head_ > mask_) return false;
    }
    slots_[tail & mask_] = std::move(value);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Reader. False when the queue is empty.
  [[nodiscard]] bool try_pop(T& value) noexcept {
    const auto head = head_.load(std::memory_order_relaxed);
    if (head == known_tail_) {
      known_tail_ = tail_.load(std::memory_order_acquire);
      if (head == known_tail_) return false;
    }
    value = std::move(slots_[head & mask_]);
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

  /// Any thread; exact only where one side rests.
  [[nodiscard]] std::size_t size() const noexcept {
    const auto head = head_.load(std::memory_order_acquire);  // first: the head never passes a later tail
    return tail_.load(std::memory_order_acquire) - head;
  }

 private:
  const std::size_t mask_;
  const std::unique_ptr<T[]> slots_;
  // Writer and reader on cache lines of their own; each remembers the other's index and rereads it only when it must.
  alignas(64) std::atomic<std::size_t> tail_{0};
  std::size_t known_head_ = 0;
  alignas(64) std::atomic<std::size_t> head_{0};
  std::size_t known_tail_ = 0;
};

}  // namespace propriod::drivers
