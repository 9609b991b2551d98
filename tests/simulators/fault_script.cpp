#include "tests/simulators/fault_script.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <optional>

#include "drivers/parse_number.hpp"
#include "tests/simulators/usage_error.hpp"

namespace propriod::tests {
namespace {

using std::chrono_literals::operator""ns;

constexpr std::string_view kLineAllowed = R"(; allowed: lines SECONDS NAME [ARGUMENT], as in "5 drop 3")";

struct ArgumentWords {
  std::string_view placeholder;
  std::string_view allowed;
};

ArgumentWords words_for(FaultArgument argument) {
  switch (argument) {
    case FaultArgument::kCount:
      return {"N", "a whole number"};
    case FaultArgument::kSeconds:
      return {"SECONDS", "a number of seconds"};
    case FaultArgument::kBytes:
      return {"HEX", "bytes, each as two hexadecimal digits"};
    case FaultArgument::kByte:
      return {"HEX", "a byte as two hexadecimal digits"};
    case FaultArgument::kAxis:
      return {"AXIS", "0, 1, 2, or -1 for none"};
    case FaultArgument::kNone:
      break;
  }
  return {"", "nothing behind it"};
}

bool are_bytes(std::string_view text) {
  return !text.empty() && text.size() % 2 == 0 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

bool fits(FaultArgument argument, std::string_view text) {
  int number = 0;
  std::chrono::nanoseconds time{};
  switch (argument) {
    case FaultArgument::kCount:
      return drivers::parse_number(text, number) && number >= 0;
    case FaultArgument::kSeconds:
      return drivers::parse_seconds(text, time) && time >= 0ns;
    case FaultArgument::kBytes:
      return are_bytes(text);
    case FaultArgument::kByte:
      return are_bytes(text) && text.size() == 2;
    case FaultArgument::kAxis:
      return drivers::parse_number(text, number) && number >= -1 && number <= 2;
    case FaultArgument::kNone:
      break;
  }
  return text.empty();
}

/// Takes the first word off `text`.
std::string_view take_word(std::string_view& text) {
  const auto word = text.substr(0, text.find_first_of(" \t"));
  text = drivers::trimmed(text.substr(word.size()));
  return word;
}

std::string line_of(const FaultKind& kind, std::string_view argument) {
  return std::string(kind.name) + (argument.empty() ? "" : " ") + std::string(argument);
}

/// What is wrong with it, and what is allowed; nothing when it is right.
std::optional<std::string> mistake_in(const Fault& fault, std::span<const FaultKind> kinds) {
  const auto kind = std::ranges::find(kinds, fault.name, &FaultKind::name);
  if (kind == kinds.end()) {
    std::string message = "there is no fault " + fault.name + "; allowed: ";
    for (const auto& known : kinds) message += (&known == kinds.data() ? "" : ", ") + std::string(known.name);
    return message;
  }
  if (fits(kind->argument, fault.argument)) return std::nullopt;
  return (fault.argument.empty() ? "what " + fault.name + " needs is missing"
                                 : fault.name + " cannot do with \"" + fault.argument + "\"") +
         "; allowed: " + std::string(words_for(kind->argument).allowed) + ", as in \"" + line_of(*kind, kind->example) +
         "\"";
}

}  // namespace

std::vector<Fault> parse_fault_script(std::string_view text, std::span<const FaultKind> kinds,
                                      const std::string& name) {
  std::vector<Fault> faults;
  std::string mistakes;
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = line.substr(0, line.find_first_of("#\r"));
    line = drivers::trimmed(line);
    if (line.empty()) continue;

    const auto wrong = [&](const std::string& what) {
      if (!mistakes.empty()) mistakes += '\n';
      mistakes.append(name).append(":").append(std::to_string(number)).append(": ").append(what);
    };
    const std::string time{take_word(line)};
    Fault fault{.at = 0ns, .name = std::string(take_word(line)), .argument = std::string(line)};
    if (!drivers::parse_seconds(time, fault.at) || fault.at < 0ns) {
      wrong(time + " is no time in seconds" + std::string(kLineAllowed));
    } else if (fault.name.empty()) {
      wrong("the name of a fault is missing" + std::string(kLineAllowed));
    } else if (!faults.empty() && fault.at < faults.back().at) {
      wrong(time + " s is earlier than the line before; allowed: times that ascend");
    } else if (const auto mistake = kinds.empty() ? std::nullopt : mistake_in(fault, kinds)) {
      wrong(*mistake);
    } else {
      faults.push_back(std::move(fault));
    }
  }
  if (!mistakes.empty()) throw UsageError(mistakes);
  return faults;
}

std::vector<Fault> read_fault_script(const std::filesystem::path& file, std::span<const FaultKind> kinds) {
  std::ifstream stream(file);
  if (!stream) throw UsageError(file.string() + ": cannot be read; give --faults a file that you may read");
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return parse_fault_script(text, kinds, file.string());
}

std::string fault_help(std::span<const FaultKind> kinds) {
  std::string help =
      "Faults, from a script with a line SECONDS NAME [ARGUMENT] for each, ascending; # begins a comment:\n";
  const auto pad = [&help](std::size_t begin, std::size_t width) {
    help.resize(std::max(help.size() + 2, begin + width), ' ');
  };
  for (const auto& kind : kinds) {
    const auto begin = help.size();
    help += "  " + line_of(kind, words_for(kind.argument).placeholder);
    pad(begin, 22);
    help += kind.what_happens;
    pad(begin, 82);
    help += "20 " + line_of(kind, kind.example) + "\n";
  }
  return help;
}

}  // namespace propriod::tests
