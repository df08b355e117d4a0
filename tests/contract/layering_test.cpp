// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "command.hpp"
#include "support/catch.hpp"

// What each part of the sources may know. The libraries' links hold most of it; this holds the
// rest, and says so file by file.
namespace oomguard::test {
namespace {

using Strings = std::vector<std::string>;

struct Include {
    std::string file;
    std::string header;
    bool is_quoted = false;
};

/// The C++ files below a directory of the sources.
Strings sources_below(const std::string& directory) {
    const std::filesystem::path top = OOMGUARD_SOURCE_DIR;
    Strings files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top / directory)) {
        const auto extension = entry.path().extension();
        if (extension == ".cpp" || extension == ".hpp")
            files.push_back(std::filesystem::relative(entry.path(), top).string());
    }
    std::sort(files.begin(), files.end());
    REQUIRE_FALSE(files.empty());
    return files;
}

std::vector<Include> includes_below(const std::string& directory) {
    static const std::regex kInclude(R"re(\n[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+))re");
    std::vector<Include> includes;
    for (const auto& file : sources_below(directory)) {
        const std::string text = "\n" + source_text(file);
        for (std::sregex_iterator at(text.begin(), text.end(), kInclude), end; at != end; ++at)
            includes.push_back({file, (*at)[2], (*at)[1] == "\""});
    }
    REQUIRE_FALSE(includes.empty());
    return includes;
}

bool starts_with_any(const std::string& text, const Strings& beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [&](const auto& beginning) { return text.starts_with(beginning); });
}

/// <vector>, <cstdint>: a header of the C++ library.
bool is_standard(const Include& include) {
    return !include.is_quoted && include.header.find_first_of("./") == std::string::npos;
}

/// "FILE includes HEADER" for each that is not allowed.
template <typename Allowed>
Strings violations(const std::string& directory, Allowed allowed) {
    Strings found;
    for (const auto& include : includes_below(directory)) {
        if (!allowed(include))
            found.push_back(include.file + " includes " + include.header);
    }
    return found;
}

/// The code without its comments; texts in quotes stay.
std::string without_comments(const std::string& text) {
    static const std::regex kToken(
        R"re("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'|//[^\n]*|/\*[^]*?\*/)re",
        std::regex::ECMAScript | std::regex::optimize);
    std::string code;
    auto rest = text.cbegin();
    for (std::sregex_iterator at(text.begin(), text.end(), kToken), end; at != end; ++at) {
        code.append(rest, (*at)[0].first);
        if (at->str().front() != '/')
            code += at->str();
        rest = (*at)[0].second;
    }
    code.append(rest, text.cend());
    return code;
}

/// The files of these directories whose code, without comments, has a match.
Strings files_with(const Strings& directories, const std::string& expression) {
    const std::regex regex(expression);
    Strings found;
    for (const auto& directory : directories) {
        for (const auto& file : sources_below(directory)) {
            if (std::regex_search(without_comments(source_text(file)), regex))
                found.push_back(file);
        }
    }
    return found;
}

}  // namespace

TEST_CASE("core includes the standard library, RE2 and itself") {
    CHECK(violations("lib/core", [](const Include& include) {
              return is_standard(include) || include.header.starts_with("re2/") ||
                     (include.is_quoted && include.header.starts_with("core/"));
          }) == Strings{});
}

TEST_CASE("config includes core, and yaml-cpp in one place") {
    CHECK(violations("lib/config", [](const Include& include) {
              if (include.header.starts_with("yaml-cpp/"))
                  return include.file == "lib/config/yaml_tree.cpp";
              return is_standard(include) ||
                     (include.is_quoted && starts_with_any(include.header, {"config/", "core/"}));
          }) == Strings{});
}

TEST_CASE("sys includes core and headers of the system") {
    const Strings libraries = {"spdlog", "fmt", "yaml-cpp", "sdbus-c++", "re2", "CLI", "nlohmann"};
    CHECK(violations("lib/sys", [&](const Include& include) {
              if (include.is_quoted)
                  return starts_with_any(include.header, {"sys/", "core/"});
              return !starts_with_any(include.header, libraries) &&
                     !include.header.starts_with("systemd/");
          }) == Strings{});
}

TEST_CASE("the daemon leaves YAML, RE2, sd-event and the bus to the parts that are for them") {
    CHECK(violations("daemon", [](const Include& include) {
              const auto& header = include.header;
              if (header.starts_with("sdbus-c++/") || header.starts_with("org.oomguard1"))
                  return include.file.starts_with("daemon/bus/");
              if (header == "systemd/sd-event.h")
                  return include.file.starts_with("daemon/event_loop.");
              if (header == "systemd/sd-daemon.h")
                  return include.file == "daemon/notify.cpp";
              if (header == "systemd/sd-journal.h")
                  return include.file == "daemon/logging.cpp" ||
                         include.file.starts_with("daemon/sources/journal_source.");
              if (header == "systemd/sd-bus.h")
                  return include.file.starts_with("daemon/bus/bus_probe.") ||
                         include.file == "daemon/bus/sdbus_compat.hpp";
              if (include.is_quoted)
                  return starts_with_any(header, {"daemon/", "config/", "core/", "sys/"});
              return !starts_with_any(header, {"yaml-cpp/", "re2/", "fmt/", "systemd/"});
          }) == Strings{});
}

TEST_CASE("the guard knows core and three interfaces, no bus, no loop and no system") {
    const Strings guard = {"daemon/guard.",        "daemon/holding.", "daemon/observer.",
                           "daemon/oomd_wishes.",  "daemon/pins.",    "daemon/process_table.",
                           "daemon/score_writer.", "daemon/trial."};
    CHECK(violations("daemon", [&](const Include& include) {
              if (!starts_with_any(include.file, guard))
                  return true;
              return is_standard(include) || include.header.starts_with("core/") ||
                     starts_with_any(include.header, guard);
          }) == Strings{});
}

TEST_CASE("the client takes of the daemon its face on the bus, its guard and its loader") {
    const Strings parts = {"daemon/bus/names.hpp",     "daemon/bus/sdbus_compat.hpp",
                           "daemon/guard.hpp",         "daemon/cgroup_request.hpp",
                           "daemon/rule_loader.hpp",   "daemon/linux_process_table.hpp",
                           "daemon/process_table.hpp", "daemon/pins.hpp"};
    CHECK(violations("ctl", [&](const Include& include) {
              const auto& header = include.header;
              if (header.starts_with("sdbus-c++/") || header.starts_with("org.oomguard1") ||
                  header.starts_with("daemon/bus/"))
                  return include.file.starts_with("ctl/bus/") &&
                         (!include.is_quoted || starts_with_any(header, parts) ||
                          header.starts_with("org.oomguard1"));
              if (header.starts_with("CLI/"))
                  return include.file == "ctl/command.cpp";
              if (header.starts_with("daemon/"))
                  return starts_with_any(header, parts);
              if (include.is_quoted)
                  return starts_with_any(header, {"ctl/", "config/", "core/", "sys/"});
              return !starts_with_any(header, {"yaml-cpp/", "re2/", "spdlog/", "systemd/"});
          }) == Strings{});
}

TEST_CASE("only a rehearsal and what goes with it looks at processes without the daemon") {
    CHECK(
        violations("ctl", [](const Include& include) {
            if (!starts_with_any(include.header, {"daemon/guard.", "daemon/linux_process_table."}))
                return true;
            return starts_with_any(include.file, {"ctl/rehearsal.", "ctl/originals."});
        }) == Strings{});
}

TEST_CASE("no stream of the C++ library is used on files or terminals") {
    for (const std::string directory : {"lib", "daemon", "ctl"}) {
        CHECK(violations(directory, [](const Include& include) {
                  return include.header != "iostream" && include.header != "fstream";
              }) == Strings{});
    }
}

TEST_CASE("only sys knows where procfs is") {
    const std::string procfs = std::string("/") + "proc";
    Strings found = files_with({"lib", "daemon", "ctl"}, procfs + "/|\"" + procfs);
    found.erase(std::remove_if(found.begin(), found.end(),
                               [](const auto& file) { return file.starts_with("lib/sys/"); }),
                found.end());
    CHECK(found == Strings{});
}

TEST_CASE("only the compat header knows which sdbus-c++ it is") {
    const std::string macro = std::string("OOMGUARD_") + "SDBUSCPP_MAJOR";
    CHECK(files_with({"lib", "daemon", "ctl", "tests"}, macro) ==
          Strings{"daemon/bus/sdbus_compat.hpp"});
}

TEST_CASE("no test sleeps: they wait for what happens") {
    Strings found =
        files_with({"tests"}, R"re(\b(sleep_for|sleep_until|(u|nano|clock_nano)?sleep[ ]*\())re");
    // The actor and the benchmarks are no tests: they are a load on a machine, and have a pace.
    std::erase_if(found, [](const auto& file) {
        return file.starts_with("tests/bench/") || file == "tests/system/guest/actor.cpp";
    });
    CHECK(found == Strings{"tests/contract/layering_test.cpp"});
}

TEST_CASE("every source file begins with its licence") {
    for (const std::string directory : {"lib", "daemon", "ctl", "tests"}) {
        for (const auto& file : sources_below(directory)) {
            INFO(file);
            CHECK(source_text(file).starts_with("// SPDX-License-Identifier: MIT\n"));
        }
    }
}

}  // namespace oomguard::test
