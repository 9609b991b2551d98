#include "train/cuda_graph.hpp"

#ifdef PROPRIOD_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAStream.h>

#include <exception>
#else
#include <stdexcept>
#endif

namespace propriod::train {

#ifdef PROPRIOD_CUDA

struct CudaGraph::Recorded {
  at::cuda::CUDAGraph graph;
};

namespace {

/// The first line: what follows is advice for who debugs kernels.
std::string sentence_of(const std::exception& error) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&error);
  const std::string text = of_torch != nullptr ? of_torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string CudaGraph::capture(const std::function<void()>& work) {
  std::unique_ptr<Recorded> recorded;
  std::string failure;
  try {
    recorded = std::make_unique<Recorded>();  // throws, too, where there is no GPU
    c10::cuda::getCurrentCUDAStream().synchronize();
    recorded->graph.capture_begin();
    work();
    recorded->graph.capture_end();
    recorded_ = std::move(recorded);
  } catch (const std::exception& error) {
    failure = sentence_of(error);
    if (failure.empty()) failure = "for a reason that LibTorch does not give";
    try {
      if (recorded) recorded->graph.capture_end();  // or the stream would go on recording
    } catch (const std::exception&) {
      // It says that what was recorded is of no use, which we know.
    }
  }
  return failure;
}

void CudaGraph::launch() { recorded_->graph.replay(); }

CudaGraph::~CudaGraph() {
  if (!recorded_) return;
  try {
    c10::cuda::getCurrentCUDAStream().synchronize();
  } catch (const std::exception&) {
    // A GPU that failed has told whoever read its results.
  }
}

#else

struct CudaGraph::Recorded {};

std::string CudaGraph::capture(const std::function<void()>& /*work*/) { return "this LibTorch was built without CUDA"; }

void CudaGraph::launch() { throw std::logic_error("there is no graph to launch"); }

CudaGraph::~CudaGraph() = default;

#endif

CudaGraph::CudaGraph() = default;

}  // namespace propriod::train
