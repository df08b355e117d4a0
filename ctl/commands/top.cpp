// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include <langinfo.h>
#include <unistd.h>

#include "ctl/commands/commands.hpp"
#include "ctl/failure.hpp"
#include "ctl/output/units.hpp"
#include "ctl/top/layout.hpp"
#include "ctl/top/model.hpp"
#include "ctl/top/screen.hpp"
#include "ctl/top/wakeup.hpp"
#include "sys/machine_memory.hpp"

namespace oomguard::ctl {
namespace {

using Clock = std::chrono::steady_clock;

struct TopOptions {
    double delay = 2;
};

std::optional<sys::MemoryInfo> memory_info() {
    const auto info = sys::read_memory_info();
    return info ? std::optional(*info) : std::nullopt;
}

/// The live table, from its first screen to its last.
class Top {
  public:
    Top(Session& session, std::chrono::milliseconds delay)
        : session_(session), manager_(session.manager()), model_(delay) {
        // What the signals say is in the next refresh; asked for to be told that the daemon goes.
        manager_.on_event([](const Event& /*event*/) {});
        fetch();
    }

    /// The signal that ended it; none: the user did.
    std::optional<int> run() {
        const top::Wakeup wakeup(STDIN_FILENO);
        top::Screen screen(session_.terminal().has_colour);
        for (;;) {
            screen.draw(top::frame_of(model_, screen.size(), session_.terminal().is_utf8));
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ - Clock::now());
            const bool is_readable =
                manager_.wait(std::max(left, std::chrono::milliseconds(0)), wakeup.descriptor());
            while (const auto signal = wakeup.next_signal()) {
                if (*signal == SIGINT)
                    return std::nullopt;
                if (*signal != SIGWINCH)
                    return signal;
                screen.resize();
            }
            bool must_fetch = Clock::now() >= next_;
            while (const auto key = screen.next_key()) {
                const auto outcome = model_.press(*key);
                if (outcome == top::Outcome::Quit)
                    return std::nullopt;
                must_fetch = must_fetch || outcome == top::Outcome::Fetch;
            }
            if (is_readable && wakeup.has_hung_up())
                return SIGHUP;
            if (must_fetch)
                fetch();
        }
    }

  private:
    void fetch() {
        top::Snapshot snapshot;
        snapshot.daemon = manager_.state();
        snapshot.held = manager_.processes();
        // The costly one only where it is shown.
        if (model_.listing().view() == top::View::Order)
            snapshot.order = manager_.rank(0);
        else
            snapshot.memory = manager_.memory();
        if (session_.settings().host.empty())
            snapshot.machine = memory_info();
        snapshot.time = now_usec();
        snapshot.page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        model_.update(snapshot);
        explain();
        next_ = Clock::now() + model_.delay();
    }

    void explain() {
        const auto id = model_.explained_id();
        if (!id)
            return;
        top::Explained explained;
        try {
            explained.details = manager_.details(id->first);
            explained.trials = manager_.explain(id->first);
        } catch (const Failure& failure) {
            if (failure.exit_code() != static_cast<int>(ExitCode::NoSuch))
                throw;
            explained.failure = failure.what();
        }
        if (explained.failure.empty() && explained.details.start_time != id->second)
            explained.failure = "it has ended, and its pid is another process's now";
        model_.explain(std::move(explained));
    }

    Session& session_;
    Manager& manager_;
    top::Model model_;
    Clock::time_point next_;
};

int top_command(Session& session, const TopOptions& options) {
    if (session.settings().json)
        throw Failure(ExitCode::Failed,
                      "top is for people; for programs there are: oom-guardctl rank --json, and "
                      "oom-guardctl watch --json");
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0)
        throw Failure(ExitCode::Failed,
                      "top needs a terminal for its keys and its screen; try: oom-guardctl rank");
    const std::chrono::duration<double> delay(options.delay);
    const auto signal =
        Top(session, std::chrono::duration_cast<std::chrono::milliseconds>(delay)).run();
    if (signal) {
        // The parent sees what ended this, as if nothing had been restored first.
        (void)std::signal(*signal, SIG_DFL);
        (void)std::raise(*signal);
    }
    return 0;
}

}  // namespace

void add_top(Commands& commands, Session& session) {
    const auto options = std::make_shared<TopOptions>();
    auto command =
        commands.add("top", "Show the kill order and what is held, live, on the full screen");
    command.add_number({"-d,--delay", "SECONDS", "Seconds between two looks, 0.5 to 3600"}, 0.5,
                       3600.0, options->delay);
    command.set_action([options, &session] { return top_command(session, *options); });
}

}  // namespace oomguard::ctl
