#include "model/conv_layers.hpp"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>

namespace propriod::model {
namespace {

constexpr std::int64_t kGrain = 32'768;  // values below which a second thread costs more than it brings

/// (N, C, L) → (N, C, 1, L): LibTorch knows channels that lie side by side in images alone.
torch::Tensor as_image(const torch::Tensor& x) { return x.unsqueeze(2); }

/// (N, C, L) → (N, L, C) and contiguous: one row of channels for each position.
torch::Tensor rows_of(const torch::Tensor& x) { return x.transpose(1, 2).contiguous(); }

bool plain_floats(const torch::Tensor& x) { return x.is_cpu() && x.scalar_type() == torch::kFloat32; }

void pool_pair(const float* first, const float* second, float* pooled, std::int64_t channels) {
  for (std::int64_t c = 0; c < channels; ++c) {
    const float larger = first[c] > second[c] || first[c] != first[c] ? first[c] : second[c];
    pooled[c] = larger < 0 ? 0 : larger;  // not std::max: what is not a number stays so
  }
}

void unpool_pair(const float* first, const float* second, const float* gradient, float* to_first, float* to_second,
                 std::int64_t channels) {
  for (std::int64_t c = 0; c < channels; ++c) {
    const bool first_won = first[c] >= second[c];
    const float passed = (first_won ? first[c] : second[c]) <= 0 ? 0 : gradient[c];
    to_first[c] = first_won ? passed : 0;
    to_second[c] = first_won ? 0 : passed;
  }
}

/// `pair(first, second, pooled)` for the offsets of every pair's two rows among `rows` (N, L, C) and of their row among
/// the pooled ones.
template <typename Pair>
void for_each_pair(const torch::Tensor& rows, const Pair& pair) {
  const auto length = rows.size(1);
  const auto channels = rows.size(2);
  const auto pairs = length / 2;
  const auto grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, length * channels));
  at::parallel_for(0, rows.size(0), grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      for (std::int64_t i = 0; i < pairs; ++i) {
        const auto first = (n * length + 2 * i) * channels;
        pair(first, first + channels, (n * pairs + i) * channels);
      }
    }
  });
}

torch::Tensor pool(const torch::Tensor& rows) {
  auto pooled = torch::empty({rows.size(0), rows.size(1) / 2, rows.size(2)}, rows.options());
  const auto* in = rows.data_ptr<float>();
  auto* out = pooled.data_ptr<float>();
  for_each_pair(rows,
                [&](auto first, auto second, auto to) { pool_pair(in + first, in + second, out + to, rows.size(2)); });
  return pooled;
}

class PooledRelu : public torch::autograd::Function<PooledRelu> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x) {
    const auto rows = rows_of(x);
    context->save_for_backward({rows});
    return pool(rows).transpose(1, 2);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               const torch::autograd::tensor_list& gradients) {
    TORCH_CHECK(!torch::GradMode::is_enabled(), "pooled_relu cannot be differentiated twice");
    const auto rows = context->get_saved_variables()[0];
    const auto gradient = rows_of(gradients[0]);
    auto passed = torch::empty_like(rows);
    if (rows.size(1) % 2 != 0) passed.select(/*dim=*/1, -1).zero_();
    const auto* in = rows.data_ptr<float>();
    const auto* from = gradient.data_ptr<float>();
    auto* to = passed.data_ptr<float>();
    for_each_pair(rows, [&](auto first, auto second, auto at) {
      unpool_pair(in + first, in + second, from + at, to + first, to + second, rows.size(2));
    });
    return {passed.transpose(1, 2)};
  }
};

}  // namespace

torch::Tensor convolve(const torch::nn::Conv1d& conv, const torch::Tensor& x) {
  // Unqualified: a c10::variant in LibTorch 1.13, a std::variant later.
  const auto padding = get<torch::ExpandingArray<1>>(conv->options.padding())->at(0);
  if (!x.is_cpu()) return torch::conv1d(x, conv->weight, conv->bias, /*stride=*/1, padding);
  constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;
  return torch::conv2d(as_image(x).contiguous(kChannelsLast), as_image(conv->weight).contiguous(kChannelsLast),
                       conv->bias, /*stride=*/1, /*padding=*/at::IntArrayRef({0, padding}))
      .squeeze(2);
}

torch::Tensor normalise(const torch::nn::BatchNorm1d& norm, const torch::Tensor& x) {
  return torch::batch_norm(as_image(x), norm->weight, norm->bias, norm->running_mean, norm->running_var,
                           norm->is_training(), *norm->options.momentum(), norm->options.eps(),
                           at::globalContext().userEnabledCuDNN())
      .squeeze(2);
}

torch::Tensor pooled_relu(const torch::Tensor& x) {
  if (!plain_floats(x)) return torch::relu(torch::max_pool1d(x, /*kernel_size=*/2));
  if (x.requires_grad() && torch::GradMode::is_enabled()) return PooledRelu::apply(x);
  return pool(rows_of(x)).transpose(1, 2);
}

}  // namespace propriod::model
