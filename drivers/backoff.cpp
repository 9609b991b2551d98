#include "drivers/backoff.hpp"

#include <algorithm>

namespace propriod::drivers {

Backoff::Backoff(const Options& options) : options_(options), ceiling_(options.first), random_(options.seed) {}

std::chrono::milliseconds Backoff::next() {
  std::uniform_int_distribution<std::chrono::milliseconds::rep> wait{ceiling_.count() / 2, ceiling_.count()};
  const std::chrono::milliseconds drawn{wait(random_)};
  ceiling_ = std::min(ceiling_ * 2, options_.longest);
  return drawn;
}

}  // namespace propriod::drivers
