// SPDX-License-Identifier: MIT
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "ctl/command_line.hpp"

int main(int argc, char** argv) {
    // Names of processes are UTF-8 whatever the locale; how wide they are is asked of it.
    if (std::setlocale(LC_CTYPE, "") == nullptr)
        (void)std::setlocale(LC_CTYPE, "C.UTF-8");
    try {
        return oomguard::ctl::run(argc, argv);
    } catch (const std::exception& error) {
        (void)std::fprintf(stderr, "oom-guardctl: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
