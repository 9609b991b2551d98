#pragma once

#include <functional>
#include <memory>
#include <string>

namespace propriod::train {

/// Work for a GPU that is recorded once, with all its kernels and their addresses, and then launched as a whole. The
/// work must be the same each time: tensors in the same places, shapes that no value decides, nothing read back. What
/// it draws from LibTorch's generator is drawn anew at each launch. Thread-bound, and bound to the stream (OwnStream)
/// of its capture. With a LibTorch without CUDA no capture succeeds.
class CudaGraph {
 public:
  CudaGraph();
  /// Waits for what was launched.
  ~CudaGraph();
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  /// Records `work`, which is called once but not executed by the GPU. Whatever `work` needs to set up only once must
  /// have happened before: call it a few times for real. Returns why that failed, empty when it did not; then the GPU
  /// is usable still, but LibTorch's generator for it may refuse to draw.
  [[nodiscard]] std::string capture(const std::function<void()>& work);

  /// After a capture that succeeded. Does not wait.
  void launch();

 private:
  struct Recorded;
  std::unique_ptr<Recorded> recorded_;
};

}  // namespace propriod::train
