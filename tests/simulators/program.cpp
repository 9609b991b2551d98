#include "tests/simulators/program.hpp"

#include <cstdio>

#include "tests/simulators/usage_error.hpp"

namespace propriod::tests {
namespace {

int refuse_extra(const CLI::App& app) {
  const std::string extra = app.remaining().front();
  const bool is_option = extra.starts_with('-');
  std::fprintf(stderr, "%s %s; see %s --help\n", is_option ? "there is no option" : "there is no use for",
               extra.c_str(), app.get_name().c_str());
  return kUsage;
}

}  // namespace

int run_program(CLI::App& app, int argc, const char* const* argv, const std::function<int()>& work) {
  try {
    app.parse(argc, argv);
    return work();
  } catch (const CLI::ExtrasError&) {
    return refuse_extra(app);
  } catch (const CLI::RequiredError& error) {
    // CLI11 looks for what is missing before it looks for what is too much: a misspelt option would go unnamed.
    if (app.remaining_size() > 0) return refuse_extra(app);
    app.exit(error);
    return kUsage;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSuccess : kUsage;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return kUsage;
  }
}

}  // namespace propriod::tests
