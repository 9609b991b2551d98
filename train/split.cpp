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

constexpr double kValidationFraction = 0.2;  // of what the test leaves, without folds

/// What is dealt out: windows or people. `advice` is for whoever has too few.
struct Things {
  std::string_view name;
  std::string_view advice;
};
constexpr Things kWindows{"windows", "add recordings"};
constexpr Things kPeople{"people", "add recordings of more people, or split at random"};

/// `fraction` of `total`, rounded, leaving at least one here and `others` there.
std::size_t share(double fraction, std::size_t total, std::size_t others) {
  const auto rounded = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(total)));
  return std::clamp(rounded, std::size_t{1}, total - others);
}

/// Moves part `fold` of `folds` equal parts of `order` to its front; returns the part's size.
std::size_t bring_to_front(std::span<std::size_t> order, int folds, int fold) {
  const auto border = [&](int part) {
    return static_cast<std::ptrdiff_t>(order.size() * static_cast<std::size_t>(part) / static_cast<std::size_t>(folds));
  };
  const auto begin = order.begin() + border(fold);
  const auto end = order.begin() + border(fold + 1);
  std::rotate(order.begin(), begin, end);
  return static_cast<std::size_t>(end - begin);
}

void check_fold(std::string_view name, int folds, int fold, int fewest) {
  if (folds < fewest) throw DataSetError(fmt::format("{}s are {}; there must be at least {}", name, folds, fewest));
  if (fold < 0 || fold >= folds) {
    throw DataSetError(fmt::format("{} is {}, of {}; the first is 0, the last {}", name, fold, folds, folds - 1));
  }
}

void require_count(std::size_t count, const Things& things, int folds, std::string_view part) {
  if (count >= static_cast<std::size_t>(folds)) return;
  throw DataSetError(fmt::format("{} {} cannot be dealt into {} {} folds; ask for fewer folds, or {}", count,
                                 things.name, folds, part, things.advice));
}

/// The split of `count` things, numbered from 0.
Split split_things(std::size_t count, const Things& things, const SplitRequest& request) {
  if (count < 3) {
    throw DataSetError(
        fmt::format("{} {} cannot be split into training, validation and test, at least 3 are needed; {}", count,
                    things.name, things.advice));
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 engine(request.seed);
  std::size_t test = 1;
  int test_folds = 0;
  if (request.kind == "leave-one-subject-out") {
    test_folds = static_cast<int>(count);
    check_fold("test fold", test_folds, request.test_fold, 2);
    bring_to_front(order, test_folds, request.test_fold);
    shuffle(std::span(order).subspan(1), engine);
  } else {
    shuffle(order, engine);
    if (request.test_folds) {
      test_folds = *request.test_folds;
      check_fold("test fold", test_folds, request.test_fold, 2);
      require_count(count, things, test_folds, "test");
      test = bring_to_front(order, test_folds, request.test_fold);
    } else {
      test = share(request.test_fraction, count, 2);
    }
  }

  const auto rest = std::span(order).subspan(test);
  if (rest.size() < 2) {
    throw DataSetError(
        fmt::format("of {} {} a test fold leaves {} to train and to validate on; ask for more test folds", count,
                    things.name, rest.size()));
  }
  std::size_t validation = 0;
  if (request.folds > 1) {
    require_count(rest.size(), things, request.folds, "validation");
    validation = bring_to_front(rest, request.folds, request.fold);
  } else {
    validation = share(kValidationFraction, rest.size(), 1);
  }
  const auto test_end = order.begin() + static_cast<std::ptrdiff_t>(test);
  const auto validation_end = test_end + static_cast<std::ptrdiff_t>(validation);
  Split split{.train = {validation_end, order.end()},
              .validation = {test_end, validation_end},
              .test = {order.begin(), test_end},
              .test_folds = test_folds};
  for (auto* part : {&split.train, &split.validation, &split.test}) std::sort(part->begin(), part->end());
  return split;
}

void check_request(const SplitRequest& request) {
  const bool alone = request.kind == "leave-one-subject-out";
  if (!alone && request.kind != "random" && request.kind != "subject") {
    throw DataSetError(
        fmt::format("split \"{}\" is not known; known are random, subject, leave-one-subject-out", request.kind));
  }
  if (alone && request.test_folds) {
    throw DataSetError("leave-one-subject-out has as many test folds as there are people; leave their number out");
  }
  if (!alone && !request.test_folds) {
    if (request.test_fold != 0) throw DataSetError("a test fold is chosen, but not of how many; give the test folds");
    if (!(request.test_fraction > 0 && request.test_fraction < 1)) {
      throw DataSetError(fmt::format("the test fraction is {}; it must lie between 0 and 1", request.test_fraction));
    }
  }
  check_fold("fold", request.folds, request.fold, 1);
}

/// The split of the people, and with each their windows.
Split split_people(std::span<const std::int32_t> subject_of_window, const SplitRequest& request) {
  std::vector<std::int32_t> people(subject_of_window.begin(), subject_of_window.end());
  std::sort(people.begin(), people.end());
  people.erase(std::unique(people.begin(), people.end()), people.end());
  const Split by_person = split_things(people.size(), kPeople, request);

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
          .test = windows_of(by_person.test),
          .test_folds = by_person.test_folds};
}

}  // namespace

Split make_split(std::span<const std::int32_t> subject_of_window, const SplitRequest& request) {
  check_request(request);
  return request.kind == "random" ? split_things(subject_of_window.size(), kWindows, request)
                                  : split_people(subject_of_window, request);
}

Split split_random(std::size_t windows, double test_fraction, std::uint64_t seed) {
  return make_split(std::vector<std::int32_t>(windows),
                    {.kind = "random", .test_fraction = test_fraction, .test_folds = {}, .seed = seed});
}

Split split_by_subject(std::span<const std::int32_t> subject_of_window, double test_fraction, std::uint64_t seed) {
  return make_split(subject_of_window,
                    {.kind = "subject", .test_fraction = test_fraction, .test_folds = {}, .seed = seed});
}

}  // namespace propriod::train
