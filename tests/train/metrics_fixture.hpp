#pragma once

#include <fstream>
#include <nlohmann/json.hpp>

namespace propriod::train {

/// What scikit-learn, SciPy and statsmodels say: made by make_metrics_fixture.py.
inline nlohmann::json metrics_fixture() { return nlohmann::json::parse(std::ifstream(PROPRIOD_METRICS_FIXTURE)); }

}  // namespace propriod::train
