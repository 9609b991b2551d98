#include "model/dense_relu.hpp"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>

namespace propriod::model {
namespace {

constexpr std::int64_t kGrain = 1'000'000;  // multiplications below which a second thread costs more than it brings

/// Calls `part(first, count)` for parts of `rows` rows, each of which takes `row_cost` multiplications, on all threads.
template <typename Part>
void in_parts(std::int64_t rows, std::int64_t row_cost, const Part& part) {
  at::parallel_for(0, rows, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, row_cost)),
                   [&](std::int64_t begin, std::int64_t end) {
                     const at::AutoDispatchBelowADInplaceOrView no_autograd;  // holds for its thread alone
                     part(begin, end - begin);
                   });
}

void add_bias_and_clamp(float* row, float bias, std::int64_t count) {
  for (std::int64_t n = 0; n < count; ++n) {
    const float value = row[n] + bias;
    row[n] = value < 0 ? 0 : value;  // not std::max: what is not a number stays so
  }
}

/// Writes the gradient before the ReLU, and returns its sum: the bias's.
float pass_where_positive(const float* output, const float* gradient, float* passed, std::int64_t count) {
  for (std::int64_t n = 0; n < count; ++n) passed[n] = output[n] <= 0 ? 0 : gradient[n];
  float sum = 0;
  for (std::int64_t n = 0; n < count; ++n) sum += passed[n];
  return sum;
}

torch::Tensor outputs(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  const auto windows = x.size(1);
  auto y = torch::empty({weight.size(0), windows}, x.options());
  in_parts(weight.size(0), weight.size(1) * windows, [&](std::int64_t first, std::int64_t count) {
    auto part = y.narrow(0, first, count);
    at::mm_out(part, weight.narrow(0, first, count), x);
    for (auto row = first; row < first + count; ++row) {
      add_bias_and_clamp(y.data_ptr<float>() + row * windows, bias.data_ptr<float>()[row], windows);
    }
  });
  return y;
}

class DenseRelu : public torch::autograd::Function<DenseRelu> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, const torch::Tensor& bias) {
    auto y = outputs(x, weight, bias);
    context->save_for_backward({x, weight, y});
    return y;
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               const torch::autograd::tensor_list& gradients) {
    TORCH_CHECK(!torch::GradMode::is_enabled(), "dense_relu cannot be differentiated twice");
    const auto saved = context->get_saved_variables();
    const auto& [x, weight, y] = std::tie(saved[0], saved[1], saved[2]);
    const auto gradient = gradients[0].contiguous();
    const auto windows = x.size(1);
    const auto passed = torch::empty_like(y);
    const auto to_x = torch::empty_like(x);
    const auto to_weight = torch::empty_like(weight);
    const auto to_bias = torch::empty({weight.size(0)}, weight.options());
    in_parts(weight.size(0), weight.size(1) * windows, [&](std::int64_t first, std::int64_t count) {
      for (auto row = first; row < first + count; ++row) {
        const auto at = row * windows;
        to_bias.data_ptr<float>()[row] = pass_where_positive(y.data_ptr<float>() + at, gradient.data_ptr<float>() + at,
                                                             passed.data_ptr<float>() + at, windows);
      }
      auto part = to_weight.narrow(0, first, count);
      at::mm_out(part, passed.narrow(0, first, count), x.t());
    });
    in_parts(weight.size(1), weight.size(0) * windows, [&](std::int64_t first, std::int64_t count) {
      auto part = to_x.narrow(0, first, count);
      at::mm_out(part, weight.narrow(1, first, count).t(), passed);
    });
    return {to_x, to_weight, to_bias};
  }
};

bool plain_floats(const torch::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.is_contiguous();
}

}  // namespace

torch::Tensor dense_relu(const torch::nn::Linear& layer, const torch::Tensor& x) {
  if (!plain_floats(x)) return torch::relu(torch::addmm(layer->bias.unsqueeze(1), layer->weight, x));
  if (torch::GradMode::is_enabled()) return DenseRelu::apply(x, layer->weight, layer->bias);
  return outputs(x, layer->weight, layer->bias);
}

}  // namespace propriod::model
