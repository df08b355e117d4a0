// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/child.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::test {

/// How to start a program that is not waited for.
struct Launch {
    std::vector<std::string> arguments;  ///< the program's path first
    std::vector<std::pair<std::string, std::string>> environment = {};  ///< added to the test's own
    std::vector<std::pair<int, int>> descriptors = {};  ///< {the test's, the program's}
    unsigned long namespaces = 0;             ///< it gets new ones: CLONE_NEW... of clone(2)
    std::function<void()> prepare = nullptr;  ///< called in its process, before the program
};

/// Starts it; it dies with the test. Its output is the test's unless a descriptor says otherwise.
[[nodiscard]] Child launch(Launch how);

struct Pipe {
    sys::UniqueFd read_end;
    sys::UniqueFd write_end;
};

/// Both ends are closed on exec.
[[nodiscard]] Pipe make_pipe();

}  // namespace oomguard::test
