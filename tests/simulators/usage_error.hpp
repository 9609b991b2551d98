#pragma once

#include <stdexcept>

namespace propriod::tests {

/// What the one who starts a simulator can mend. Its text says on what, what is wrong with it, and what is right.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace propriod::tests
