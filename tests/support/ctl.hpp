// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/guard_daemon.hpp"
#include "support/launch.hpp"
#include "support/temp_tree.hpp"

namespace oomguard::test {

/// What a run of oom-guardctl gave.
struct CtlRun {
    int status = 0;  ///< the exit code, or minus the signal that killed it
    std::string out;
    std::string err;
};

/// The built oom-guardctl, on the bus of a test's daemon:
///     Ctl ctl(daemon);
///     CHECK(ctl.run({"list", "--no-legend"}).out == "...");
/// No terminal, no colours, and as wide as it gets, unless the environment says otherwise.
class Ctl {
  public:
    explicit Ctl(GuardDaemon& daemon) : Ctl(daemon.bus().address()) {}
    explicit Ctl(const std::string& bus_address);

    /// Of every run, added to the test's own; such as {"COLUMNS", "80"}.
    std::vector<std::pair<std::string, std::string>> environment;
    /// Of every run, see Launch.
    std::function<void()> prepare;

    /// stdin is empty.
    [[nodiscard]] CtlRun run(const std::vector<std::string>& arguments) const;

    /// Not waited for; its descriptors are those of the caller's choice, see Launch.
    [[nodiscard]] Child start(const std::vector<std::string>& arguments,
                              std::vector<std::pair<int, int>> descriptors = {}) const;
};

/// A run that goes on while the test does; its output goes to files.
class CtlInBackground {
  public:
    CtlInBackground(const Ctl& ctl, const std::vector<std::string>& arguments);

    [[nodiscard]] Child& process() { return child_; }
    [[nodiscard]] std::string out() const { return tree_.read("out"); }
    [[nodiscard]] std::string err() const { return tree_.read("err"); }
    /// Until it ends by itself.
    [[nodiscard]] CtlRun wait();

  private:
    TempTree tree_;
    Child child_;
};

}  // namespace oomguard::test
