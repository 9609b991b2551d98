#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace propriod::model {

/// Everything about a model but its weights: what it eats, what its outputs mean, and how it was made. `manifest.yaml`
/// of a bundle. Plain data.
struct Manifest {
  static constexpr int kFormat = 1;

  struct Architecture {
    std::string name = "mtl-net";
    bool batch_norm = false;      ///< after each convolution, where the architecture leaves the choice
    bool separate_tasks = false;  ///< one network for each task (method singletask) instead of one for both
    friend bool operator==(const Architecture&, const Architecture&) = default;
  };
  struct Input {
    double rate_hz = 50;  ///< 1 … 1000
    int window = 100;     ///< samples, 8 … 4096
    int step = 60;        ///< samples, 1 … window
    double scale = 1;     ///< the network sees m/s² times this; 1e-9 … 1e9
    friend bool operator==(const Input&, const Input&) = default;
  };
  /// How training windows are varied, each time anew; see train::Augmentation. All off in the paper.
  struct Augmentation {
    double rotate_degrees = 0;      ///< 0 … 180: turned by up to that about any axis, as a sensor mounted askew
    double rotate_probability = 1;  ///< 0 … 1: of being turned at all
    double permute_axes = 0;  ///< 0 … 1: probability of one of the 24 ways to put a cube down, as one mounted otherwise
    double time_warp = 0;     ///< 0 … 0.9: faster here and slower there by up to that share
    double scaling = 0;       ///< 0 … 10: magnitude times a factor of 1/(1 + that) … 1 + that

    [[nodiscard]] bool any() const noexcept {
      return rotate_degrees > 0 || permute_axes > 0 || time_warp > 0 || scaling > 0;
    }
    friend bool operator==(const Augmentation&, const Augmentation&) = default;
  };
  struct Training {
    std::string method = "smooth-distill";
    int epochs = 300;
    int epochs_run = 0;  ///< less than `epochs` when somebody stopped it
    int best_epoch = 0;  ///< 1-based: the epoch whose weights were kept; 0: none was completed
    int batch = 64;
    double learning_rate = 0.001;
    double alpha = 0.5;
    double lambda = 0.5;
    double temperature = 3;
    double beta = 0.999;
    std::uint64_t seed = 0;
    // Beyond the paper, off in its configuration.
    double weight_decay = 0;      ///< of AdamW; 0: Adam
    bool cosine = false;          ///< the learning rate falls along half a cosine to zero
    double warm_up = 0;           ///< share of all steps over which the learning rate rises, 0 … 0.9
    double label_smoothing = 0;   ///< 0 … 0.9
    bool class_balanced = false;  ///< every pair of activity and placement is drawn equally often
    bool beta_warm_up = false;    ///< the teacher follows faster in the beginning
    bool serve_teacher = false;   ///< keep the teacher's weights where they validate better
    bool calibrate = false;       ///< temperature and `unknown` threshold from the validation windows
    bool teacher_kept = false;    ///< the weights are the teacher's
    bool bf16 = false;            ///< mixed precision: products in bfloat16, on a GPU
    Augmentation augmentation;
    friend bool operator==(const Training&, const Training&) = default;
  };
  struct Data {
    std::string format;               ///< propriod, wisdm2019, dsads, …
    std::string fingerprint;          ///< SHA-256 over all samples and labels, 64 hex digits
    std::string protocol = "honest";  ///< how windows were cut: honest (as in service) or published (the paper's way)
    std::string split = "subject";    ///< random, subject or leave-one-subject-out
    double test_fraction = 0.2;
    int test_folds = 0;  ///< test parts that cover everything between them; 0: one, drawn by `test_fraction`
    int test_fold = 0;   ///< which of them this is, from 0
    int folds = 1;       ///< validation parts; 1: a fifth of what the test leaves
    int fold = 0;        ///< which of them this is, from 0
    std::vector<std::string> test_subjects;  ///< not with split random
    std::int64_t training_windows = 0;
    std::int64_t validation_windows = 0;
    std::int64_t test_windows = 0;
    bool simulated = false;          ///< made of simulated recordings, in whole or in part
    std::vector<std::string> notes;  ///< what a reader of the figures must know, each at most 4096 bytes
    friend bool operator==(const Data&, const Data&) = default;
  };

  /// What was found on validation windows after training, so that confidences mean what they say.
  struct Calibration {
    double activity_temperature = 1;  ///< logits are divided by it; 0.01 … 100
    double placement_temperature = 1;
    std::optional<double> activity_unknown_below{};  ///< confidence, 0 … 1, below which a label becomes "unknown"
    std::optional<double> placement_unknown_below{};
    friend bool operator==(const Calibration&, const Calibration&) = default;
  };

  std::string version;        ///< "<UTC time stamp>Z-<counter>", the directory's name
  std::uint64_t counter = 0;  ///< orders the versions of one model, even when a clock was wrong; from 1
  Architecture architecture;
  std::vector<std::string> activities;  ///< in the order of the head's outputs; 1 … 256, each at most 64 bytes
  std::vector<std::string> placements;  ///< likewise
  Input input;
  Training training;
  Data data;
  Calibration calibration;                ///< written only where it says something
  std::map<std::string, double> metrics;  ///< headline figures of the test set, percent: "activity_accuracy", …
  std::string weights_sha256;             ///< 64 hex digits
  std::string program_version;

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

}  // namespace propriod::model
