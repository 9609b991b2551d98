#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace propriod::train {

/// Which windows serve what: indices, ascending in each part, every window in exactly one, and no part is ever empty.
struct Split {
  std::vector<std::size_t> train;
  std::vector<std::size_t> validation;
  std::vector<std::size_t> test;
  int test_folds = 0;  ///< test parts that cover everything between them, this being one; 0: drawn by a fraction
};

/// How to split. The paper's training ratio r is `test_fraction` 1 − r.
struct SplitRequest {
  /// random: by window. subject: all windows of one person fall into one part, and fractions and folds count people.
  /// leave-one-subject-out: likewise, and test part i is the i-th person alone.
  std::string kind = "random";
  double test_fraction = 0.2;  ///< above 0 and below 1; without meaning where there are test folds
  /// Deals everything into this many test parts, 2 …, which cover it between them: each window or person is tested
  /// once. Not with leave-one-subject-out, which has as many as there are people.
  std::optional<int> test_folds;
  int test_fold = 0;  ///< which test part, from 0; needs test folds
  int folds = 1;      ///< what the test leaves is dealt into so many validation parts; 1: a fifth of it validates
  int fold = 0;       ///< which of them validates, from 0
  std::uint64_t seed = 0;
};

/// Splits windows of which `subject_of_window` says, in any numbers, whose each is; the numbers' order is the people's.
/// The test part is taken first and does not depend on the folds. The same arguments give the same split on every
/// machine and for whatever is trained. Fractions are rounded, and folds differ by at most one window or person.
///
/// A split by window says nothing of a new person: neighbouring windows overlap and fall on both sides. It is the
/// paper's protocol, and flatters.
///
/// Throws DataSetError, with advice, for a request out of range and for too few windows or people.
[[nodiscard]] Split make_split(std::span<const std::int32_t> subject_of_window, const SplitRequest& request);

/// `make_split` of kind random with nothing but a test fraction: windows are only counted.
[[nodiscard]] Split split_random(std::size_t windows, double test_fraction, std::uint64_t seed);

/// `make_split` of kind subject with nothing but a test fraction.
[[nodiscard]] Split split_by_subject(std::span<const std::int32_t> subject_of_window, double test_fraction,
                                     std::uint64_t seed);

}  // namespace propriod::train
