#include "train/sampler.hpp"

#include <array>
#include <map>
#include <random>
#include <utility>

#include "train/random.hpp"

namespace propriod::train {
namespace {

std::seed_seq seeds(std::uint64_t seed, int phase, int epoch) {
  return {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U), static_cast<std::uint32_t>(phase),
          static_cast<std::uint32_t>(epoch)};
}

}  // namespace

Sampler::Sampler(const WindowSet& windows, std::span<const std::size_t> rows, bool balanced, std::uint64_t seed)
    : rows_(rows.begin(), rows.end()), seed_(seed) {
  if (!balanced) return;
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::size_t>> groups;
  for (const auto row : rows_) groups[{windows.activity[row], windows.placement[row]}].push_back(row);
  if (groups.size() > 1) groups.erase({-1, -1});  // windows without any label teach nothing
  for (auto& [labels, members] : groups) groups_.push_back(std::move(members));
}

std::vector<std::int64_t> Sampler::epoch(int phase, int epoch) const {
  auto sequence = seeds(seed_, phase, epoch);
  std::mt19937_64 engine(sequence);
  auto order = rows_;
  if (groups_.empty()) {
    shuffle(order, engine);
  } else {
    for (auto& row : order) {
      const auto& group = groups_[draw_below(groups_.size(), engine)];
      row = group[draw_below(group.size(), engine)];
    }
  }
  return {order.begin(), order.end()};
}

std::uint64_t epoch_seed(std::uint64_t seed, int phase, int epoch) {
  auto sequence = seeds(seed, phase, epoch);
  std::array<std::uint32_t, 2> words{};
  sequence.generate(words.begin(), words.end());
  return words[0] | static_cast<std::uint64_t>(words[1]) << 32U;
}

}  // namespace propriod::train
