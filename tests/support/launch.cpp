// SPDX-License-Identifier: MIT
#include "support/launch.hpp"

#include <algorithm>
#include <cstdlib>

namespace oomguard::test {

Child launch(Launch how) {
    std::vector<char*> argv;
    for (std::string& argument : how.arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    const auto run = [&] {
        // First out of the way of each other, then to their places.
        constexpr int kOutOfTheWay = 100;
        for (auto& [from, to] : how.descriptors)
            from = ::fcntl(from, F_DUPFD_CLOEXEC, kOutOfTheWay);
        for (const auto& [from, to] : how.descriptors)
            ::dup2(from, to);
        for (const auto& [name, value] : how.environment)
            ::setenv(name.c_str(), value.c_str(), 1);
        if (how.prepare)
            how.prepare();
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execv(argv.front(), argv.data());
        return 127;
    };
    return detail::fork_running(run, how.namespaces);
}

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    return {sys::UniqueFd(ends[0]), sys::UniqueFd(ends[1])};
}

}  // namespace oomguard::test
