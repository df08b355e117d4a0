// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ctl/bus/manager.hpp"
#include "ctl/output/json.hpp"
#include "ctl/output/pager.hpp"
#include "ctl/output/table.hpp"
#include "ctl/output/terminal.hpp"

namespace oomguard::ctl {

/// The global options.
struct Settings {
    std::string host;  ///< empty: this machine
    bool json = false;
    bool no_pager = false;
    bool no_legend = false;
    /// Of `run`: the command with its arguments, which are not looked at.
    std::vector<std::string> program;
};

/// What every command works with: the daemon, and the place where output goes.
class Session {
  public:
    /// `settings` must outlive the session; they are read when they are needed.
    explicit Session(const Settings& settings) : settings_(settings) {}

    [[nodiscard]] const Settings& settings() const { return settings_; }

    /// The daemon, connected to when it is first asked for. Throws Failure.
    [[nodiscard]] Manager& manager();
    /// For a long time without a call: what the daemon tells would heap up in the bus.
    void hang_up() { manager_.reset(); }

    /// Where stdout goes.
    [[nodiscard]] const Terminal& terminal();

    /// From now on stdout is read by a pager, if it is a terminal and that was not declined. It
    /// ends with the session, which waits for it.
    void start_pager();

    /// The table with its headings and, below it, the summary (may be empty), but for
    /// --no-legend.
    void print(const Table& table, const std::string& summary = {});

    /// As it is, with its newlines.
    static void print_text(const std::string& text);
    /// One value, over several lines.
    static void print(const Json& value);
    /// One value on one line, written out at once: for streams.
    static void print_line(const Json& value);

    /// Writes out what was printed. Throws Failure if that is not possible, but for the want of a
    /// reader.
    static void flush();

    /// Writes out what is left, and waits for the pager. Throws Failure if stdout cannot be
    /// written.
    void finish();

  private:
    const Settings& settings_;
    std::unique_ptr<Manager> manager_;
    std::unique_ptr<Terminal> terminal_;
    std::unique_ptr<Pager> pager_;
};

}  // namespace oomguard::ctl
