#pragma once

#include <span>
#include <string>

#include "drivers/recording.hpp"
#include "model/manifest.hpp"
#include "train/window_set.hpp"

namespace propriod::train {

/// Cuts windows as the paper's authors do (their code, `process_data.py` and `generate_data`), so that their tables can
/// be compared: all samples of all recordings stand in one row, in the order of `recordings`, and every `input.step`
/// samples a window of `input.window` begins, whatever borders of time, label, placement, file and person it crosses.
/// Nothing is resampled: a sample counts as one whatever its time, and `input.rate_hz` is only what the rate is called.
/// For both tasks a window has the label of its last sample, and none where that has none.
///
/// `subject` and `origin.recording` are those of the last sample too; `origin.start` is that sample's time less the
/// length of the window, so it is negative where the window began in a recording before. Neither gaps nor short
/// recordings are looked for: those counts stay 0.
///
/// Whatever is measured on such windows flatters: see `split_random`. Use it to compare with the paper, not to judge.
[[nodiscard]] WindowSet cut_published_windows(std::span<const drivers::Recording> recordings,
                                              std::span<const std::string> activities,
                                              std::span<const std::string> placements,
                                              const model::Manifest::Input& input);

}  // namespace propriod::train
