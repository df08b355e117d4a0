// SPDX-License-Identifier: MIT
#include "support/polkit_stand_in.hpp"

#include <array>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "support/launch.hpp"
#include "support/stand_in.hpp"
#include "support/wait.hpp"

namespace oomguard::test {
namespace {

using Manner = PolkitStandIn::Manner;

constexpr std::uint32_t kMayAsk = 1;

struct Authority {
    Manner manner;
    int heard;
    std::vector<sd_bus_message*> waiting = {};

    void tell(const std::string& line) const {
        const std::string text = line + "\n";
        (void)!::write(heard, text.data(), text.size());
    }
};

int answer(sd_bus_message* call, bool is_granted, bool takes_password) {
    return sd_bus_reply_method_return(call, "(bba{ss})", is_granted, takes_password, 0);
}

int check_authorization(sd_bus_message* call, void* userdata, sd_bus_error* error) {
    auto& authority = *static_cast<Authority*>(userdata);
    const char* kind = nullptr;
    const char* action = nullptr;
    std::uint32_t flags = 0;
    checked_bus(sd_bus_message_enter_container(call, 'r', "sa{sv}"));
    checked_bus(sd_bus_message_read(call, "s", &kind));
    checked_bus(sd_bus_message_skip(call, "a{sv}"));
    checked_bus(sd_bus_message_exit_container(call));
    checked_bus(sd_bus_message_read(call, "s", &action));
    checked_bus(sd_bus_message_skip(call, "a{ss}"));
    checked_bus(sd_bus_message_read(call, "u", &flags));
    const bool may_ask = (flags & kMayAsk) != 0;
    if (std::string(kind) != "system-bus-name")
        return sd_bus_error_set(error, "org.freedesktop.PolicyKit1.Error.Failed", "who?");
    authority.tell(std::string(action) + (may_ask ? " may ask" : ""));
    switch (authority.manner) {
        case Manner::Grants:
            return answer(call, true, false);
        case Manner::Denies:
            return answer(call, false, false);
        case Manner::NeedsPassword:
            return answer(call, may_ask, !may_ask);
        case Manner::NeverProven:
            return answer(call, false, true);
        case Manner::Fails:
            return sd_bus_error_set(error, "org.freedesktop.PolicyKit1.Error.Failed",
                                    "no such action");
        case Manner::Waits:
            authority.waiting.push_back(sd_bus_message_ref(call));
            break;
    }
    return 1;
}

int cancel(sd_bus_message* call, void* userdata, sd_bus_error* /*error*/) {
    static_cast<Authority*>(userdata)->tell("cancelled");
    return sd_bus_reply_method_return(call, "");
}

/// Does not return while the bus is there. The first line of `heard` says that it has the name.
int serve(const std::string& address, Authority authority, int go) {
    static const std::array<sd_bus_vtable, 4> kVtable = {{
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", check_authorization,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("CancelCheckAuthorization", "s", "", cancel, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
    }};
    sd_bus* const bus =
        serve_as(address, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
                 "org.freedesktop.PolicyKit1.Authority", kVtable.data(), &authority);
    authority.tell("ready");
    for (;;) {
        while (checked_bus(sd_bus_process(bus, nullptr)) > 0)
            continue;
        std::array<pollfd, 2> polled = {
            {{sd_bus_get_fd(bus), static_cast<short>(sd_bus_get_events(bus)), 0}, {go, POLLIN, 0}}};
        (void)::poll(polled.data(), polled.size(), -1);
        char byte = 0;
        if (polled[1].revents == 0)
            continue;
        if (::read(go, &byte, 1) != 1)
            return 0;
        for (sd_bus_message* call : authority.waiting)
            checked_bus(answer(call, true, false));
        authority.waiting.clear();
    }
}

}  // namespace

PolkitStandIn::PolkitStandIn(const std::string& address, Manner manner) {
    Pipe heard = make_pipe();
    Pipe go = make_pipe();
    process_.emplace(detail::fork_running([&] {
        go.write_end = {};
        return serve(address, Authority{manner, heard.write_end.get()}, go.read_end.get());
    }));
    heard_ = std::move(heard.read_end);
    go_ = std::move(go.write_end);
    (void)::fcntl(heard_.get(), F_SETFL, O_NONBLOCK);
    heard.write_end = {};
    if (next_question() != "ready")
        throw std::runtime_error("the stand-in for polkit ended before it was ready");
}

std::string PolkitStandIn::next_question() {
    std::string line;
    (void)wait_until(heard_.get(), [&] {
        char byte = 0;
        while (::read(heard_.get(), &byte, 1) == 1) {
            if (byte == '\n')
                return true;
            line += byte;
        }
        return false;
    });
    return line;
}

std::string PolkitStandIn::questions() {
    std::string text;
    char byte = 0;
    while (::read(heard_.get(), &byte, 1) == 1)
        text += byte;
    return text;
}

void PolkitStandIn::let_go() const {
    (void)!::write(go_.get(), "", 1);
}

}  // namespace oomguard::test
