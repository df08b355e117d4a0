// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "guarding.hpp"
#include "support/catch.hpp"

namespace oomguard::daemon {

inline Rule job(Children children, int value = 500) {
    Rule made = rule("job", "train", exactly(value));
    made.children = children;
    return made;
}

/// A held process 10, called train, whose own score is 100.
struct Family : Guarding {
    explicit Family(Children children) : Family(std::vector<Rule>{job(children)}) {}
    explicit Family(std::vector<Rule> rules) : Guarding(std::move(rules)) {
        table.start(10, "train", 100);
        sweep();
        writer.take();
        seen.take();
    }

    void sweep() { REQUIRE(guard.sweep(now)); }

    /// A child as fork(2) and an exec make it.
    FakeProcess& fork(Pid parent, Pid pid, const std::string& comm = "worker") {
        FakeProcess& child = table.fork(parent, pid);
        child.comm = comm;
        return child;
    }

    /// The same, told by the kernel at once.
    FakeProcess& forked(Pid parent, Pid pid, const std::string& comm = "worker") {
        FakeProcess& child = fork(parent, pid, comm);
        guard.examine(pid, now, parent);
        return child;
    }
};

}  // namespace oomguard::daemon
