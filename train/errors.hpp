#pragma once

#include <stdexcept>

namespace propriod::train {

/// A data set cannot be read or split as asked. The message names the folder or file and says what to do.
class DataSetError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace propriod::train
