#include "model/network.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <utility>

#include "model/anpo_net.hpp"
#include "model/compact_net.hpp"
#include "model/errors.hpp"
#include "model/mtl_net.hpp"
#include "model/recurrent_net.hpp"
#include "model/task_networks.hpp"

namespace propriod::model {
namespace {

using Maker = std::shared_ptr<Network> (*)(const NetworkOptions&);

template <typename Architecture>
std::shared_ptr<Network> make(const NetworkOptions& options) {
  return std::make_shared<Architecture>(options);
}

template <RecurrentNet::Cell kCell>
std::shared_ptr<Network> make_recurrent(const NetworkOptions& options) {
  return std::make_shared<RecurrentNet>(kCell, options);
}

struct Known {
  std::string_view name;
  int min_window;         ///< samples
  bool takes_batch_norm;  ///< or has it anyway
  Maker make;
};

constexpr std::array kKnown{
    Known{"mtl-net", MtlNetTrunk::kMinWindow, true, make<MtlNet>},
    Known{"mtl-net-published", MtlNetTrunk::kMinWindow, true, make<MtlNetPublished>},
    Known{"lstm", RecurrentNet::kMinWindow, false, make_recurrent<RecurrentNet::Cell::kLstm>},
    Known{"bilstm", RecurrentNet::kMinWindow, false, make_recurrent<RecurrentNet::Cell::kBilstm>},
    Known{"gru", RecurrentNet::kMinWindow, false, make_recurrent<RecurrentNet::Cell::kGru>},
    Known{"anponet", AnpoNet::kMinWindow, true, make<AnpoNet>},
    Known{"mtl-net-compact", CompactNet::kMinWindow, true, make<CompactNet>},
};

static_assert(std::ranges::equal(kKnown, kArchitectures, {}, &Known::name), "architectures.hpp lists other names");

/// Throws BundleError for a name that is not in the table.
const Known& known(const std::string& name) {
  if (const auto* const found = std::ranges::find(kKnown, name, &Known::name); found != kKnown.end()) return *found;
  std::string names;
  for (const auto& entry : kKnown) names.append(names.empty() ? "" : ", ").append(entry.name);
  throw BundleError("unknown architecture \"" + name + "\"; known: " + names);
}

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

Network::Network(std::int64_t feature_count, const NetworkOptions& options) : feature_count_(feature_count) {
  const auto head = [&](const char* name, std::int64_t classes) {
    return classes > 0 ? register_module(name, torch::nn::Linear(feature_count, classes)) : nullptr;
  };
  activity_ = head("activity", options.activities);
  placement_ = head("placement", options.placements);
}

Logits Network::heads(const torch::Tensor& features) {
  Logits logits;
  if (activity_) logits.activity = activity_(features);
  if (placement_) logits.placement = placement_(features);
  return logits;
}

std::int64_t Network::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& parameter : parameters()) count += parameter.numel();
  return count;
}

std::int64_t Network::weight_flops(const torch::Tensor& weight, std::int64_t positions) {
  return 2 * weight.numel() * positions;
}

std::int64_t Network::head_flops() const {
  std::int64_t flops = 0;
  for (const auto& head : {activity_, placement_}) {
    if (head) flops += weight_flops(head->weight);
  }
  return flops;
}

std::shared_ptr<Network> make_network(const Manifest::Architecture& architecture, int window, std::size_t activities,
                                      std::size_t placements) {
  const auto& [name, min_window, takes_batch_norm, make] = known(architecture.name);
  if (window < min_window) {
    throw BundleError("architecture " + architecture.name + " needs windows of at least " + std::to_string(min_window) +
                      " samples, not " + std::to_string(window));
  }
  if (architecture.batch_norm && !takes_batch_norm) {
    throw BundleError("architecture " + architecture.name +
                      " has no convolution to normalise after; train it without batch normalisation");
  }
  const NetworkOptions options{.window = window,
                               .activities = static_cast<std::int64_t>(activities),
                               .placements = static_cast<std::int64_t>(placements),
                               .batch_norm = architecture.batch_norm};
  if (!architecture.separate_tasks) return make(options);
  auto activity_only = options;
  activity_only.placements = 0;
  auto placement_only = options;
  placement_only.activities = 0;
  auto activity_network = make(activity_only);  // two statements: the order of the draws must not be the compiler's
  return std::make_shared<TaskNetworks>(std::move(activity_network), make(placement_only));
}

NamedTensor to_named(std::string name, const torch::Tensor& tensor) {
  const auto values = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const auto* first = values.data_ptr<float>();
  return {std::move(name), tensor.sizes().vec(), {first, first + values.numel()}};
}

void copy_values(const NamedTensor& from, const torch::Tensor& to) {
  const torch::NoGradGuard no_grad;
  // from_blob only reads here, but its interface has no const.
  auto* values = const_cast<float*>(from.values.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  to.copy_(torch::from_blob(values, from.shape));
}

std::vector<NamedTensor> weights_of(const Network& network) {
  std::vector<NamedTensor> weights;
  for (const auto& [name, tensor] : saved_tensors(network)) weights.push_back(to_named(name, tensor));
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
  for (const auto& weight : weights) copy_values(weight, tensors.at(weight.name));
}

}  // namespace propriod::model
