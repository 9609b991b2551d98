#include "train/split.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string_view>

#include "train/errors.hpp"
#include "train/random.hpp"

namespace propriod::train {
namespace {

/// `fraction` of `total`, rounded, leaving at least one here and `others` there.
std::size_t share(double fraction, std::size_t total, std::size_t others) {
  const auto rounded = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(total)));
  return std::clamp(rounded, std::size_t{1}, total - others);
}

/// The split of `count` things, windows or people; `advice` is for whoever has too few.
Split split_things(std::size_t count, std::string_view things, std::string_view advice, double test_fraction,
                   std::uint64_t seed) {
  if (!(test_fraction > 0 && test_fraction < 1)) {
    throw DataSetError(fmt::format("the test fraction is {}; it must lie between 0 and 1", test_fraction));
  }
  if (count < 3) {
    throw DataSetError(fmt::format(
        "{} {} cannot be split into training, validation and test, at least 3 are needed; {}", count, things, advice));
  }
  const std::size_t test = share(test_fraction, count, 2);
  const std::size_t validation = share(0.2, count - test, 1);
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 engine(seed);
  shuffle(order, engine);
  const auto test_end = order.begin() + static_cast<std::ptrdiff_t>(test);
  const auto validation_end = test_end + static_cast<std::ptrdiff_t>(validation);
  Split split{.train = {validation_end, order.end()},
              .validation = {test_end, validation_end},
              .test = {order.begin(), test_end}};
  for (auto* part : {&split.train, &split.validation, &split.test}) std::sort(part->begin(), part->end());
  return split;
}

}  // namespace

Split split_random(std::size_t windows, double test_fraction, std::uint64_t seed) {
  return split_things(windows, "windows", "add recordings", test_fraction, seed);
}

Split split_by_subject(std::span<const std::int32_t> subject_of_window, double test_fraction, std::uint64_t seed) {
  std::vector<std::int32_t> people(subject_of_window.begin(), subject_of_window.end());
  std::sort(people.begin(), people.end());
  people.erase(std::unique(people.begin(), people.end()), people.end());
  const Split by_person =
      split_things(people.size(), "people", "add recordings of more people, or split at random", test_fraction, seed);

  const auto windows_of = [&](const std::vector<std::size_t>& part) {
    std::vector<bool> chosen(people.size());
    for (const std::size_t person : part) chosen[person] = true;
    std::vector<std::size_t> windows;
    for (std::size_t window = 0; window < subject_of_window.size(); ++window) {
      const auto person = std::lower_bound(people.begin(), people.end(), subject_of_window[window]) - people.begin();
      if (chosen[static_cast<std::size_t>(person)]) windows.push_back(window);
    }
    return windows;
  };
  return {.train = windows_of(by_person.train),
          .validation = windows_of(by_person.validation),
          .test = windows_of(by_person.test)};
}

}  // namespace propriod::train
