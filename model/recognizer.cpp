#include "model/recognizer.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "model/errors.hpp"
#include "model/network.hpp"

namespace propriod::model {

struct Recognizer::Impl {
  std::shared_ptr<Network> network;
};

namespace {

/// (N, classes) → probabilities at `temperature`, row by row.
void to_probabilities(const torch::Tensor& logits, double temperature, std::vector<float>& rows) {
  const bool calibrated = temperature != 1;
  const auto softmax = (calibrated ? logits / temperature : logits).softmax(/*dim=*/1).contiguous();
  const auto* first = softmax.data_ptr<float>();
  rows.assign(first, first + softmax.numel());
  if (!calibrated) return;
  // Rounding can make the two largest equal; the one that won before still wins.
  const auto winners = logits.softmax(/*dim=*/1).argmax(/*dim=*/1).contiguous();
  const auto classes = logits.size(1);
  for (std::int64_t n = 0; n < logits.size(0); ++n) {
    const std::span row(rows.data() + n * classes, static_cast<std::size_t>(classes));
    const auto largest = std::ranges::max_element(row);
    auto& winner = row[static_cast<std::size_t>(winners.data_ptr<std::int64_t>()[n])];
    if (&winner != &*largest) winner = std::nextafter(*largest, 1.0F);
  }
}

}  // namespace

Recognizer::Recognizer(Bundle bundle) : manifest_(std::move(bundle.manifest)), impl_(std::make_unique<Impl>()) {
  try {
    impl_->network = make_network(manifest_.architecture, manifest_.input.window, manifest_.activities.size(),
                                  manifest_.placements.size());
    load_weights(*impl_->network, bundle.weights);
  } catch (const BundleError& error) {
    throw BundleError(bundle.directory.string() + ": weights don't fit the manifest: " + error.what() +
                      "; copy or train the model again");
  }
  impl_->network->eval();
}

Recognizer::~Recognizer() = default;

void Recognizer::warm_up(std::size_t largest_batch) {
  const std::vector<float> nothing(largest_batch * window_values());
  Probabilities probabilities;
  for (std::size_t size = 1; size <= largest_batch; ++size) {
    recognize(std::span(nothing).first(size * window_values()), probabilities);
  }
}

std::int64_t Recognizer::parameters() const { return impl_->network->parameter_count(); }

std::int64_t Recognizer::flops() const { return impl_->network->flops(); }

std::int64_t Recognizer::flops_computed() const { return impl_->network->flops_computed(); }

void Recognizer::recognize(std::span<const float> windows, Probabilities& probabilities) try {
  const c10::InferenceMode inference;
  const auto count = static_cast<std::int64_t>(windows.size() / window_values());
  if (count == 0) {
    probabilities.activity.clear();
    probabilities.placement.clear();
    return;
  }
  // from_blob only reads here, but its interface has no const.
  auto* values = const_cast<float*>(windows.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  auto accel = torch::from_blob(values, {count, 3, manifest_.input.window});
  if (manifest_.input.scale != 1) accel = accel * manifest_.input.scale;
  const auto logits = impl_->network->forward(accel);
  to_probabilities(logits.activity, manifest_.calibration.activity_temperature, probabilities.activity);
  to_probabilities(logits.placement, manifest_.calibration.placement_temperature, probabilities.placement);
} catch (const c10::Error& error) {
  throw BundleError(std::string("LibTorch could not run the model: ") + error.what_without_backtrace());
}

}  // namespace propriod::model
