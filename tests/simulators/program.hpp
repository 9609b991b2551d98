#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace propriod::tests {

// As those of propriod.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kUsage = 2;

/// The body of a simulator's `main`: reads the command line into `app` and does `work`. What either finds wrong with
/// what it was given becomes a message and `kUsage`.
[[nodiscard]] int run_program(CLI::App& app, int argc, const char* const* argv, const std::function<int()>& work);

/// An option that is one of a few names; what `value` is already is its default. Not with CLI11's own transformer,
/// whose help and messages print the values of an 8-bit enum as characters.
template <typename Choice>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Choice& value,
                        const std::vector<std::pair<std::string, Choice>>& choices, const std::string& description) {
  std::string names;
  std::string default_name;
  for (const auto& [choice_name, choice] : choices) {
    names += (names.empty() ? "" : ", ") + choice_name;
    if (choice == value) default_name = choice_name;
  }
  const auto choose = [&value, choices, name, names](const std::string& text) {
    for (const auto& [choice_name, choice] : choices) {
      if (choice_name != text) continue;
      value = choice;
      return;
    }
    throw CLI::ValidationError(name, text + " is none of " + names);
  };
  return app.add_option_function<std::string>(name, choose, description)
      ->type_name("{" + names + "}")
      ->default_str(default_name);
}

}  // namespace propriod::tests
