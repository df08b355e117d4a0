// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/child.hpp"
#include "support/manager_client.hpp"
#include "support/notify_socket.hpp"
#include "support/private_bus.hpp"
#include "support/temp_tree.hpp"

namespace oomguard::test {

/// The built oom-guardd with directories and a bus of its own:
///     GuardDaemon daemon;
///     daemon.write_rules("10-test.yaml", "rules: ...");
///     daemon.start();                    // returns when it is READY
///     daemon.client()->ListProcesses();
/// At the end it is stopped, and it must then exit with 0 and without a finding of a sanitizer.
class GuardDaemon {
  public:
    /// Of the three rule directories.
    enum class Directory { Etc, Run, Usr };

    GuardDaemon();
    GuardDaemon(const GuardDaemon&) = delete;
    GuardDaemon& operator=(const GuardDaemon&) = delete;
    ~GuardDaemon();

    // Files. All of them can be written before the start and while it runs.
    /// But for the kernel's log, which is off: who was killed on this machine is no part of a test.
    void write_settings(const std::string& text);
    void write_rules(const std::string& file, const std::string& text,
                     Directory directory = Directory::Etc);
    void remove_rules(const std::string& file, Directory directory = Directory::Etc);
    [[nodiscard]] std::string rules_path(const std::string& file = "",
                                         Directory directory = Directory::Etc) const;
    [[nodiscard]] std::string settings_path() const { return tree_.path("oom-guardd.yaml"); }
    [[nodiscard]] std::string runtime_directory() const { return tree_.path("run"); }
    [[nodiscard]] std::string state_directory() const { return tree_.path("state"); }
    [[nodiscard]] std::string ledger_path() const { return tree_.path("run/ledger"); }
    [[nodiscard]] const TempTree& tree() const { return tree_; }

    /// Arguments added to the command line of the next start, such as "--dry-run".
    std::vector<std::string> extra_arguments;
    /// The value of --bus; empty for the private bus.
    std::string bus_argument;
    /// Of the next start, added to the test's own.
    std::vector<std::pair<std::string, std::string>> extra_environment;
    /// Of the next start, see Launch.
    unsigned long namespaces = 0;
    std::function<void()> prepare;

    /// Returns when it is ready; throws, with its log, if it ends instead.
    void start();
    /// SIGTERM; the exit code, or minus the signal that killed it.
    int stop();
    void kill9();
    void restart() {
        (void)stop();
        start();
    }
    [[nodiscard]] bool is_running() const { return process_.has_value(); }
    [[nodiscard]] pid_t pid() const { return process_->pid(); }
    void send_signal(int signal) const { ::kill(pid(), signal); }

    PrivateBus& bus() { return bus_; }
    /// Connected at the latest start; every signal since just before it is there.
    ManagerClient& client() { return *client_; }
    /// Connects again, after the bus has been started again.
    void connect() { client_ = std::make_unique<ManagerClient>(bus_.address()); }
    NotifySocket& notifications() { return notify_; }

    /// Returns when the daemon has loaded what was written before `since` messages of READY=1:
    ///     const auto loads = daemon.loads();
    ///     daemon.write_rules(...);
    ///     daemon.wait_for_load(loads);
    [[nodiscard]] std::size_t loads() { return notify_.count("READY=1"); }
    [[nodiscard]] bool wait_for_load(std::size_t since);
    /// True once the status, as systemctl shows it, contains the text.
    [[nodiscard]] bool wait_for_status(std::string_view text);

    /// All that it wrote to stderr, over all starts.
    [[nodiscard]] std::string log() const { return tree_.read("log"); }
    [[nodiscard]] std::vector<std::string> log_lines() const;
    /// The lines without their times that contain the text: "info: holding ..."
    [[nodiscard]] std::vector<std::string> logged(std::string_view text) const;
    [[nodiscard]] bool wait_for_log(std::string_view text) const;

  private:
    [[nodiscard]] std::vector<std::string> command_line() const;

    TempTree tree_;
    PrivateBus bus_;
    NotifySocket notify_;
    std::unique_ptr<ManagerClient> client_;
    std::optional<Child> process_;
    int exceptions_ = std::uncaught_exceptions();
};

}  // namespace oomguard::test
