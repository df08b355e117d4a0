// SPDX-License-Identifier: MIT
#include "support/ctl.hpp"

#include <fcntl.h>

namespace oomguard::test {

Ctl::Ctl(const std::string& bus_address)
    : environment({{"DBUS_SYSTEM_BUS_ADDRESS", bus_address},
                   {"LC_ALL", "C.UTF-8"},
                   {"TZ", "UTC"},
                   {"COLUMNS", ""},
                   {"NO_COLOR", ""},
                   {"SYSTEMD_COLORS", ""}}) {}

Child Ctl::start(const std::vector<std::string>& arguments,
                 std::vector<std::pair<int, int>> descriptors) const {
    std::vector<std::string> command = {OOM_GUARDCTL};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return launch({.arguments = std::move(command),
                   .environment = environment,
                   .descriptors = std::move(descriptors),
                   .prepare = prepare});
}

CtlRun Ctl::run(const std::vector<std::string>& arguments) const {
    return CtlInBackground(*this, arguments).wait();
}

namespace {

Child start_on_files(const Ctl& ctl, const std::vector<std::string>& arguments,
                     const TempTree& tree) {
    const auto open = [&tree](const char* name, int flags) {
        tree.write(name, "");
        return sys::UniqueFd(::open(tree.path(name).c_str(), flags | O_CLOEXEC));
    };
    const sys::UniqueFd in = open("in", O_RDONLY);
    const sys::UniqueFd out = open("out", O_WRONLY | O_APPEND);
    const sys::UniqueFd err = open("err", O_WRONLY | O_APPEND);
    return ctl.start(
        arguments,
        {{in.get(), STDIN_FILENO}, {out.get(), STDOUT_FILENO}, {err.get(), STDERR_FILENO}});
}

}  // namespace

CtlInBackground::CtlInBackground(const Ctl& ctl, const std::vector<std::string>& arguments)
    : child_(start_on_files(ctl, arguments, tree_)) {}

CtlRun CtlInBackground::wait() {
    const int status = child_.wait();
    return {status, out(), err()};
}

}  // namespace oomguard::test
