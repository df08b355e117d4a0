// SPDX-License-Identifier: MIT
#include "support/guard_daemon.hpp"

#include <sstream>
#include <stdexcept>

#include <sys/resource.h>
#include <sys/syscall.h>

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/launch.hpp"
#include "support/wait.hpp"

namespace oomguard::test {
namespace {

constexpr std::chrono::seconds kStopWait{30};
constexpr std::chrono::seconds kStartWait{60};
/// As its unit has it, where that may be set: other tests must not starve it.
constexpr int kNice = -19;

const char* directory_name(GuardDaemon::Directory directory) {
    constexpr std::array<const char*, 3> kNames = {"etc.d", "run.d", "usr.d"};
    return kNames.at(static_cast<std::size_t>(directory));
}

sys::UniqueFd pidfd_of(pid_t pid) {
    return sys::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool has_ended(const sys::UniqueFd& pidfd, std::chrono::milliseconds within) {
    pollfd waiting{pidfd.get(), POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(within.count())) == 1;
}

/// "2026-11-21 04:05:06.789 info: text" without its time.
std::string without_time(const std::string& line) {
    constexpr std::size_t kTimeSize = 24;
    const bool has_time = line.size() > kTimeSize && line[4] == '-' && line[10] == ' ';
    return has_time ? line.substr(kTimeSize) : line;
}

bool is_sanitizer_finding(const std::string& line) {
    return line.find("Sanitizer") != std::string::npos ||
           line.find("runtime error:") != std::string::npos;
}

}  // namespace

GuardDaemon::GuardDaemon()
    : tree_({{"etc.d/", ""},
             {"run.d/", ""},
             {"usr.d/", ""},
             {"oom-guardd.yaml", "sources: {kernel_log: false}\n"},
             {"log", ""}}),
      notify_(tree_.path("notify")) {}

GuardDaemon::~GuardDaemon() {
    // CHECK does not throw.
    if (is_running())
        CHECK(stop() == 0);
    bool clean = true;
    for (const auto& line : log_lines())
        clean = clean && !is_sanitizer_finding(line);
    CHECK(clean);
    if (!clean || std::uncaught_exceptions() > exceptions_)
        WARN("the daemon's log:\n" << log());
}

void GuardDaemon::write_settings(const std::string& text) {
    const std::string sources = "sources: {";
    std::string settings = text;
    if (const std::size_t at = settings.find(sources); at != std::string::npos)
        settings.insert(at + sources.size(), "kernel_log: false, ");
    else if (settings.find("sources:") == std::string::npos)
        settings += sources + "kernel_log: false}\n";
    tree_.write("oom-guardd.yaml", settings);
}

void GuardDaemon::write_rules(const std::string& file, const std::string& text,
                              Directory directory) {
    tree_.write(std::string(directory_name(directory)) + "/" + file, text);
}

void GuardDaemon::remove_rules(const std::string& file, Directory directory) {
    tree_.remove(std::string(directory_name(directory)) + "/" + file);
}

std::string GuardDaemon::rules_path(const std::string& file, Directory directory) const {
    const std::string path = tree_.path(directory_name(directory));
    return file.empty() ? path : path + "/" + file;
}

std::vector<std::string> GuardDaemon::command_line() const {
    std::vector<std::string> arguments = {OOM_GUARDD, "--config", settings_path()};
    for (const auto directory : {Directory::Etc, Directory::Run, Directory::Usr}) {
        arguments.emplace_back("--rules");
        arguments.push_back(rules_path("", directory));
    }
    arguments.insert(arguments.end(),
                     {"--runtime-dir", runtime_directory(), "--state-dir", state_directory(),
                      "--bus", bus_argument.empty() ? bus_.address() : bus_argument});
    arguments.insert(arguments.end(), extra_arguments.begin(), extra_arguments.end());
    return arguments;
}

void GuardDaemon::start() {
    client_ = std::make_unique<ManagerClient>(bus_.address());
    const std::size_t before = loads();
    const sys::UniqueFd log(
        ::open(tree_.path("log").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    auto environment = extra_environment;
    environment.emplace_back("NOTIFY_SOCKET", notify_.path());
    process_.emplace(launch({.arguments = command_line(),
                             .environment = std::move(environment),
                             .descriptors = {{log.get(), STDERR_FILENO}},
                             .namespaces = namespaces,
                             .prepare = [this] {
                                 (void)::setpriority(PRIO_PROCESS, 0, kNice);
                                 if (prepare)
                                     prepare();
                             }}));
    const sys::UniqueFd pidfd = pidfd_of(pid());
    const bool is_ready = eventually(
        [&] {
            std::array<pollfd, 2> waiting{{{notify_.fd(), POLLIN, 0}, {pidfd.get(), POLLIN, 0}}};
            constexpr int kAtMost = 100;
            (void)::poll(waiting.data(), waiting.size(), kAtMost);
            if ((waiting[1].revents & POLLIN) != 0) {
                const int code = process_->wait();
                process_.reset();
                throw std::runtime_error("oom-guardd ended with " + std::to_string(code) + ":\n" +
                                         this->log());
            }
            return loads() > before;
        },
        kStartWait);
    if (!is_ready)
        throw std::runtime_error("oom-guardd does not get ready:\n" + this->log());
}

int GuardDaemon::stop() {
    if (!is_running())
        throw std::logic_error("the daemon does not run");
    ::kill(pid(), SIGCONT);
    ::kill(pid(), SIGTERM);
    if (!has_ended(pidfd_of(pid()), kStopWait))
        ::kill(pid(), SIGKILL);
    const int code = process_->wait();
    process_.reset();
    return code;
}

void GuardDaemon::kill9() {
    process_.reset();
}

bool GuardDaemon::wait_for_load(std::size_t since) {
    return wait_until(
        notify_.fd(), [&] { return loads() > since; }, std::chrono::seconds(20));
}

bool GuardDaemon::wait_for_status(std::string_view text) {
    return wait_until(
        notify_.fd(), [&] { return notify_.status().find(text) != std::string::npos; },
        std::chrono::seconds(20));
}

std::vector<std::string> GuardDaemon::log_lines() const {
    std::vector<std::string> lines;
    std::istringstream stream(log());
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

std::vector<std::string> GuardDaemon::logged(std::string_view text) const {
    std::vector<std::string> lines;
    for (const auto& line : log_lines()) {
        if (line.find(text) != std::string::npos)
            lines.push_back(without_time(line));
    }
    return lines;
}

bool GuardDaemon::wait_for_log(std::string_view text) const {
    return eventually([&] { return !logged(text).empty(); });
}

}  // namespace oomguard::test
