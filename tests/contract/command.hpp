// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <sys/wait.h>

namespace oomguard::test {

struct Outcome {
    int status = 0;      ///< the exit code; -1 if a signal ended it
    std::string output;  ///< stdout and stderr
};

/// Runs a command of the shell.
inline Outcome run(const std::string& command) {
    std::FILE* const pipe = ::popen(("exec 2>&1; " + command).c_str(), "re");
    if (pipe == nullptr)
        throw std::runtime_error("cannot run " + command);
    Outcome outcome;
    for (int byte = std::fgetc(pipe); byte != EOF; byte = std::fgetc(pipe))
        outcome.output += static_cast<char>(byte);
    const int status = ::pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

inline bool is_program(const std::string& name) {
    return run("command -v " + name).status == 0;
}

/// A file below the top of the sources.
inline std::string source_text(const std::string& path) {
    std::ifstream stream(OOMGUARD_SOURCE_DIR "/" + path, std::ios::binary);
    if (!stream)
        throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace oomguard::test
