#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What the paper published: "Smooth-Distill: A Self-distillation Framework for Multitask Learning with Wearable Sensor
/// Data", Vu et al., 2 July 2025.
namespace propriod::train {

/// Table 5: percent on the test set, means of five seeds after 300 epochs; windows across all borders, random split.
struct PublishedAccuracy {
  std::string_view format;  ///< the data set by the name of its reader
  std::string_view method;
  double activity_accuracy, activity_f1, placement_accuracy, placement_f1;
};
inline constexpr std::array<PublishedAccuracy, 15> kPublishedTable5{{
    {"sleep", "singletask", 89.74, 89.70, 91.78, 91.50},
    {"sleep", "multitask", 90.09, 90.05, 91.57, 91.29},
    {"sleep", "sd-dropout", 87.66, 87.61, 88.85, 88.42},
    {"sleep", "born-again", 91.96, 91.93, 93.23, 93.00},
    {"sleep", "smooth-distill", 92.22, 92.19, 93.40, 93.18},
    {"mhealth", "singletask", 74.64, 49.89, 95.79, 95.79},
    {"mhealth", "multitask", 74.79, 49.28, 95.37, 95.37},
    {"mhealth", "sd-dropout", 75.72, 47.68, 95.13, 95.12},
    {"mhealth", "born-again", 77.62, 48.87, 95.86, 95.85},
    {"mhealth", "smooth-distill", 78.35, 53.97, 96.27, 96.26},
    {"wisdm2019", "singletask", 64.05, 64.02, 88.53, 88.32},
    {"wisdm2019", "multitask", 64.46, 64.40, 88.51, 88.32},
    {"wisdm2019", "sd-dropout", 61.36, 61.38, 86.94, 86.71},
    {"wisdm2019", "born-again", 66.80, 66.83, 88.37, 88.14},
    {"wisdm2019", "smooth-distill", 68.59, 68.58, 89.05, 88.85},
}};

/// Windows of the training and the test part in the paper, and people. (Of Sleep it also says 23.)
struct PublishedSize {
  std::string_view format;
  std::int64_t training_windows, test_windows;
  std::size_t people;
};
inline constexpr std::array<PublishedSize, 3> kPublishedSizes{
    {{"sleep", 42'836, 10'710, 24}, {"mhealth", 48'628, 12'158, 10}, {"wisdm2019", 114'418, 28'605, 51}}};

/// Table 7: Sleep, 300 epochs, one A100.
struct PublishedCost {
  std::string_view method;
  double seconds, kilowatt_hours;
};
inline constexpr std::array<PublishedCost, 5> kPublishedTable7{{{"singletask", 5012, 0.557},
                                                                {"multitask", 3878, 0.431},
                                                                {"sd-dropout", 13'001, 1.444},
                                                                {"born-again", 8280, 0.920},
                                                                {"smooth-distill", 4368, 0.485}}};

inline constexpr std::string_view kPublishedNetwork = "mtl-net-published";
inline constexpr double kPublishedTestFraction = 0.2;
inline constexpr int kPublishedBatch = 64;
inline constexpr int kPublishedEpochs = 300;
inline constexpr int kPublishedSeeds = 5;

}  // namespace propriod::train
