#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string_view>

#include "tests/support/temporary_directory.hpp"

namespace propriod::train {

/// A folder for the files of one test's data set; it goes when the test ends.
class TemporarySet {
 public:
  [[nodiscard]] const std::filesystem::path& folder() const { return directory_.path(); }

  void write(std::string_view name, std::string_view text) {
    std::ofstream file(in_its_folder(name), std::ios::binary);
    file << text;
    file.close();
    EXPECT_TRUE(file.good()) << name;
  }

  void write_gzip(std::string_view name, std::string_view text) {
    gzFile file = gzopen(in_its_folder(name).c_str(), "wb");
    EXPECT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size())) << name;
    EXPECT_EQ(gzclose(file), Z_OK) << name;
  }

 private:
  /// The path of the file, whose folder is made.
  std::filesystem::path in_its_folder(std::string_view name) {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    return path;
  }

  tests::TemporaryDirectory directory_;
};

}  // namespace propriod::train
