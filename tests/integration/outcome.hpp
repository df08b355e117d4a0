// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/launch.hpp"
#include "support/temp_tree.hpp"

namespace oomguard::test {

struct Outcome {
    int status = 0;
    std::string output;
    std::string errors;
};

/// Runs the built oom-guardd with these arguments until it ends by itself.
inline Outcome run_guardd(std::vector<std::string> arguments) {
    const TempTree tree{{"output", ""}, {"errors", ""}};
    const auto open = [&](const char* name) {
        return sys::UniqueFd(::open(tree.path(name).c_str(), O_WRONLY | O_CLOEXEC));
    };
    const auto output = open("output");
    const auto errors = open("errors");
    arguments.insert(arguments.begin(), OOM_GUARDD);
    Child process =
        launch({.arguments = std::move(arguments),
                .descriptors = {{output.get(), STDOUT_FILENO}, {errors.get(), STDERR_FILENO}}});
    const int status = process.wait();
    return {status, tree.read("output"), tree.read("errors")};
}

}  // namespace oomguard::test
