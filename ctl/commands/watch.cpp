// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ctl/arguments.hpp"
#include "ctl/commands/commands.hpp"
#include "ctl/output/units.hpp"
#include "ctl/rule_names.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::ctl {
namespace {

struct WatchOptions {
    std::vector<std::string> rules;
    std::vector<std::string> pids;
};

/// Readable when it is time to end: the user has interrupted, or nobody reads stdout any more.
class End {
  public:
    End() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        sigset_t interrupt;
        sigemptyset(&interrupt);
        sigaddset(&interrupt, SIGINT);
        (void)::sigprocmask(SIG_BLOCK, &interrupt, nullptr);
        signals_ = sys::UniqueFd(::signalfd(-1, &interrupt, SFD_CLOEXEC));
        // A file cannot be waited for, and always has its reader.
        const bool is_done =
            add(signals_.get(), EPOLLIN) && (add(STDOUT_FILENO, 0) || errno == EPERM);
        if (!is_done)
            throw std::system_error(errno, std::generic_category(), "epoll");
    }

    [[nodiscard]] int fd() const { return epoll_.get(); }

  private:
    [[nodiscard]] bool add(int fd, std::uint32_t events) const {
        epoll_event event{};
        event.events = events;
        return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
    }

    sys::UniqueFd epoll_;
    sys::UniqueFd signals_;
};

void tell(Session& session, const Event& event) {
    if (session.settings().json) {
        Session::print_line(event_json(event));
        return;
    }
    const Terminal& terminal = session.terminal();
    const Style style = is_bad_news(event) ? Style::Bad : Style::Plain;
    Session::print_text(terminal.styled(clock_text(event.when), Style::Faint) + " " +
                        terminal.styled(event_text(event), style) + "\n");
    Session::flush();
}

int watch(Session& session, const WatchOptions& options) {
    std::vector<std::uint32_t> pids;
    std::transform(options.pids.begin(), options.pids.end(), std::back_inserter(pids), pid_of);
    require_rules(session.manager(), options.rules);
    const End end;
    session.manager().on_event([&](const Event& event) {
        if (is_one_of(options.rules, event.rule) && is_one_of(pids, event.pid))
            tell(session, event);
    });
    while (!session.manager().wait(std::chrono::hours(1), end.fd()))
        continue;
    session.finish();
    return 0;
}

}  // namespace

void add_watch(Commands& commands, Session& session) {
    const auto options = std::make_shared<WatchOptions>();
    auto command = commands.add("watch", "Tell what happens, as it happens, until ^C");
    command.add_texts({"--rule", "RULE", "Only of this rule; may be repeated"}, options->rules);
    command.add_texts({"--pid", "PID", "Only of this process; may be repeated"}, options->pids);
    command.set_action([options, &session] { return watch(session, *options); });
}

}  // namespace oomguard::ctl
