#include "model/network.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include "model/errors.hpp"
#include "model/mtl_net.hpp"

namespace propriod::model {
namespace {

constexpr std::array<std::string_view, 2> kArchitectures{"mtl-net", "mtl-net-published"};

std::string shape_text(at::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

/// Everything that is saved. `num_batches_tracked` of batch normalisation is an integer that nothing reads.
std::map<std::string, torch::Tensor> saved_tensors(const Network& network) {
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& item : network.named_parameters()) tensors.emplace(item.key(), item.value());
  for (const auto& item : network.named_buffers()) {
    if (item.value().is_floating_point()) tensors.emplace(item.key(), item.value());
  }
  return tensors;
}

}  // namespace

std::int64_t Network::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& parameter : parameters()) count += parameter.numel();
  return count;
}

std::span<const std::string_view> architectures() noexcept { return kArchitectures; }

std::shared_ptr<Network> make_network(const Manifest::Architecture& architecture, int window, std::size_t activities,
                                      std::size_t placements) {
  const MtlNetOptions options{.window = window,
                              .activities = static_cast<std::int64_t>(activities),
                              .placements = static_cast<std::int64_t>(placements),
                              .batch_norm = architecture.batch_norm};
  if (window < MtlNetOptions::kMinWindow) {
    throw BundleError("architecture " + architecture.name + " needs windows of at least " +
                      std::to_string(MtlNetOptions::kMinWindow) + " samples, not " + std::to_string(window));
  }
  if (architecture.name == "mtl-net") return std::make_shared<MtlNet>(options);
  if (architecture.name == "mtl-net-published") return std::make_shared<MtlNetPublished>(options);
  std::string known;
  for (const auto name : kArchitectures) known.append(known.empty() ? "" : ", ").append(name);
  throw BundleError("unknown architecture \"" + architecture.name + "\"; known: " + known);
}

std::vector<NamedTensor> weights_of(const Network& network) {
  std::vector<NamedTensor> weights;
  for (const auto& [name, tensor] : saved_tensors(network)) {
    const auto values = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
    const auto* first = values.data_ptr<float>();
    weights.push_back({name, tensor.sizes().vec(), {first, first + values.numel()}});
  }
  return weights;
}

void load_weights(Network& network, std::span<const NamedTensor> weights) {
  auto tensors = saved_tensors(network);
  for (const auto& weight : weights) {
    const auto found = tensors.find(weight.name);
    if (found == tensors.end()) throw BundleError("tensor " + weight.name + " is not part of this architecture");
    if (found->second.sizes() != at::IntArrayRef(weight.shape)) {
      throw BundleError("tensor " + weight.name + " has shape " + shape_text(weight.shape) +
                        ", the architecture wants " + shape_text(found->second.sizes()));
    }
  }
  for (const auto& [name, tensor] : tensors) {
    if (std::ranges::find(weights, name, &NamedTensor::name) == weights.end()) {
      throw BundleError("tensor " + name + " is missing");
    }
  }
  const torch::NoGradGuard no_grad;
  for (const auto& weight : weights) {
    // from_blob only reads here, but its interface has no const.
    auto* values = const_cast<float*>(weight.values.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    tensors.at(weight.name).copy_(torch::from_blob(values, weight.shape));
  }
}

}  // namespace propriod::model
