#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

namespace propriod::model {

// What the convolutional networks are built of. All take and give (N, C, L): N windows, C channels, L positions. On a
// CPU the results lie in memory as (N, L, C): with the channels side by side LibTorch's convolutions need no reordering
// before and after, and pooling is arithmetic on whole rows. Any layout is accepted.

/// `conv` over `x`, with zero padding of as many positions as the layer says; for layers of stride 1 without dilation
/// or groups.
[[nodiscard]] torch::Tensor convolve(const torch::nn::Conv1d& conv, const torch::Tensor& x);

/// Batch normalisation of each channel: in training by the batch, and the running statistics follow with the layer's
/// momentum. Its count of batches, which only a layer without a momentum needs, stays.
[[nodiscard]] torch::Tensor normalise(const torch::nn::BatchNorm1d& norm, const torch::Tensor& x);

/// max(0, x[2i], x[2i + 1]): max-pooling by two and ReLU, which commute, in one pass; (N, C, L) → (N, C, L/2), an odd
/// last position is left out. Values and gradients are those of LibTorch's own two: where both of a pair are largest,
/// the first has the gradient. Cannot be differentiated twice.
[[nodiscard]] torch::Tensor pooled_relu(const torch::Tensor& x);

}  // namespace propriod::model
