#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace propriod::train {

/// Which windows serve what: indices, ascending in each part, every window in exactly one. The test part is the wanted
/// fraction, the validation part a fifth of what then remains; both are rounded, and none of the three is ever empty.
struct Split {
  std::vector<std::size_t> train;
  std::vector<std::size_t> validation;
  std::vector<std::size_t> test;
};

/// Splits `windows` windows without regard to people: the paper's protocol, whose accuracy does not tell what happens
/// on a new person, since neighbouring windows overlap and fall on both sides. `test_fraction` lies between 0 and 1.
/// The same arguments give the same split on every machine. Throws DataSetError for another fraction and for fewer than
/// 3 windows.
[[nodiscard]] Split split_random(std::size_t windows, double test_fraction, std::uint64_t seed);

/// Splits by person: all windows of one person fall into one part, and the fractions count people. `subject_of_window`
/// numbers the people as it likes. Otherwise as `split_random`, with at least 3 people.
[[nodiscard]] Split split_by_subject(std::span<const std::int32_t> subject_of_window, double test_fraction,
                                     std::uint64_t seed);

}  // namespace propriod::train
