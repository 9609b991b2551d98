#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace propriod::train {

/// What models that never saw the person concerned say of one task's windows. Borrowed.
struct AuditInput {
  std::span<const std::string> labels;   ///< the classes in their order
  std::span<const std::int64_t> truth;   ///< (N) the class that the data set claims, or −1: such a window is left out
  std::span<const float> probabilities;  ///< (N, labels), row by row
  /// (N) the recording of each window, an index into `recordings`. For the placement give what was labelled as one, a
  /// whole file (see `file_of_recording`); a recording with several labels counts as one for each of them.
  std::span<const std::size_t> recording;
  std::span<const std::string> recordings;
};

/// A recording and the label it claims for its windows, beside what the model thinks.
struct AuditEntry {
  std::string recording;
  std::string label;             ///< claimed
  std::string suggested;         ///< the other label with the strongest evidence, the one that gave the score
  double suggested_share = 0;    ///< percent of the windows that the model calls so
  double suggested_percent = 0;  ///< its mean probability
  double label_percent = 0;      ///< that of the claimed label
  std::int64_t windows = 0;
  double score = 0;  ///< how surely the model contradicts the label; comparable within one task only
};

/// Ranks the labels of one task, the most surely contradicted first.
///
/// For every other class j, a recording that claims class c has the evidence mean over windows of log p_j − log p_c
/// (with p at least 10⁻⁶, so that no single window decides). From it goes half the median that all recordings claiming
/// c have for j: what the model always confuses says little about one recording of it (the idea of confident learning,
/// Northcutt et al. 2021; a half, since with the whole of it a model that has no opinion would suspect the classes it
/// knows best). The largest over j, times n/(n + 3) because few windows prove little, is the score. Throws
/// std::invalid_argument when the sizes do not fit together.
[[nodiscard]] std::vector<AuditEntry> audit_labels(const AuditInput& input);

/// The file that a recording was read from: its name without the line where it begins (`data_1637_….txt:412`), which
/// readers add when they cut a file into several recordings.
[[nodiscard]] std::string_view file_of_recording(std::string_view recording_name) noexcept;

/// Wrong labels that were planted in one task (see `plant_labels`), and how many of them the audit found.
struct PlantedCount {
  std::size_t planted = 0;
  std::size_t found = 0;      ///< in the first tenth of the list
  std::size_t looked_at = 0;  ///< entries in that tenth
};

/// Of both tasks.
struct PlantedCounts {
  PlantedCount activity, placement;
};

/// One JSON object: a list for each task, all entries, worst first, and "planted", null where nothing was.
[[nodiscard]] std::string audit_json(std::span<const AuditEntry> activity, std::span<const AuditEntry> placement,
                                     const std::optional<PlantedCounts>& planted);

/// For people: the first `most` entries of each task.
[[nodiscard]] std::string audit_text(std::span<const AuditEntry> activity, std::span<const AuditEntry> placement,
                                     std::size_t most);

}  // namespace propriod::train
