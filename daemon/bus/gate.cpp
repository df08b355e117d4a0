// SPDX-License-Identifier: MIT
#include "daemon/bus/gate.hpp"

#include <exception>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "core/text.hpp"
#include "daemon/bus/translation.hpp"
#include "sys/accounts.hpp"

namespace oomguard::daemon {
namespace {

/// Calls that wait for polkit: a dialogue can stand there for minutes.
constexpr unsigned kMostWaitingOfUser = 4;
constexpr unsigned kMostWaiting = 64;
/// How long it is taken that /proc is mounted as it was.
constexpr std::chrono::seconds kHidingLasts{1};

constexpr const char* kBusName = "org.freedesktop.DBus";

std::string user_text(Uid uid) {
    return "user '" + printable(sys::user_name(uid)) + "'";
}

/// For whom the method is.
std::string audience(const Access& access) {
    if (access.kind == Access::Kind::Processes)
        return fmt::format(
            "other users' processes are hidden in /proc (hidepid): {} is for root, the group that "
            "sees "
            "them, and whom polkit grants {}",
            access.method, access.action);
    return fmt::format("{} is for root, and whom polkit grants {}", access.method, access.action);
}

std::string refusal(const Polkit::Answer& answer, Uid uid) {
    using Kind = Polkit::Answer::Kind;
    const std::string who = user_text(uid);
    switch (answer.kind) {
        case Kind::AskingNotAllowed:
            return fmt::format(
                "{} would have to give a password, and the call does not allow to ask for it; call "
                "with ALLOW_INTERACTIVE_AUTHORIZATION",
                who);
        case Kind::NotProven:
            return fmt::format(
                "{} would have to give a password, and did not, or there is nobody to ask for it; "
                "in a terminal, run pkttyagent",
                who);
        case Kind::Missing:
            return fmt::format("there is no polkit to ask; install polkitd ({})", answer.why);
        case Kind::Silent:
            return fmt::format("polkit does not answer; see: systemctl status polkit ({})",
                               answer.why);
        case Kind::Failed:
            return fmt::format("polkit cannot tell; see: journalctl -u polkit ({})", answer.why);
        case Kind::Granted:
        case Kind::Denied:
            break;
    }
    return fmt::format("it does not grant it to {}; a rule in /etc/polkit-1/rules.d can", who);
}

sdbus::Error limits_exceeded(const std::string& message) {
    return make_error("LimitsExceeded", message);
}

/// A reply that cannot be sent is told by the connection, which is lost then.
void refuse(const Gate::Refuse& refuse, const sdbus::Error& why) {
    try {
        refuse(why);
    } catch (const sdbus::Error& error) {
        spdlog::debug("a refusal could not be sent: {}", error.getMessage());
    }
}

}  // namespace

Gate::Gate(sdbus::IConnection& connection, const sys::Procfs& procfs, CallBudget& budget)
    : connection_(connection),
      procfs_(procfs),
      budget_(budget),
      bus_(compat::proxy_of(connection, kBusName, "/org/freedesktop/DBus")),
      polkit_(connection) {}

void Gate::admit(compat::Call call, std::optional<std::uint32_t> target, Serve serve,
                 Refuse refusing) {
    const Access* access = find_access(call.method);
    const auto request = std::make_shared<Request>(Request{
        std::move(call), access, target, std::move(serve), std::move(refusing), {}, std::nullopt});
    if (access == nullptr) {
        refuse(request->refuse,
               make_error("NotPermitted",
                          request->call.method +
                              " is for nobody, because oom-guardd does not know for whom it is: a "
                              "fault of the program; report it"));
        return;
    }
    identify(
        request,
        [this, request](Uid uid) {
            request->caller = {.uid = uid, .is_root = uid == 0 || uid == ::geteuid()};
            decide(request);
        },
        [](const std::string& /*why*/) {});
}

/// The bus knows who is at the other end, and whether he is still there.
void Gate::identify(const Pending& request, std::function<void(Uid)> then,
                    std::function<void(const std::string&)> if_gone) {
    bus_->callMethodAsync("GetConnectionUnixUser")
        .onInterface(kBusName)
        .withArguments(request->call.sender)
        .uponReplyInvoke([request, then = std::move(then), if_gone = std::move(if_gone)](
                             compat::ReplyError error, const std::uint32_t& uid) {
            if (!error) {
                then(uid);
                return;
            }
            if_gone(error->getMessage());
            // He may be there still, with a bus that is slow to tell.
            refuse(request->refuse,
                   make_error("NotPermitted", "the bus does not tell who calls " +
                                                  request->call.method +
                                                  ", call again: " + error->getMessage()));
        });
}

void Gate::decide(const Pending& request) {
    Caller& caller = request->caller;
    const Access& access = *request->access;
    const Time start = Clock::now();
    if (!caller.is_root && !budget_.allow(caller.uid, start)) {
        budget_.charge_refusal(caller.uid);
        refuse(request->refuse,
               limits_exceeded(fmt::format(
                   "user {} has to wait: users may take a tenth of oom-guardd's time each, and "
                   "three together; ask less often, or as root",
                   caller.uid)));
        return;
    }
    caller.sees_processes =
        caller.is_root || (access.kind != Access::Kind::Change && may_see_processes(caller));
    const bool is_allowed = caller.is_root || access.kind == Access::Kind::Read ||
                            (access.kind == Access::Kind::Processes && caller.sees_processes);
    if (is_allowed)
        run(request, start);
    else
        ask_polkit(request, start);
}

bool Gate::may_see_processes(const Caller& caller) {
    const sys::ProcHiding& now = hiding();
    return !now.hides || (now.spared_group && sys::is_member(caller.uid, *now.spared_group));
}

void Gate::ask_polkit(const Pending& request, Time start) {
    const Uid uid = request->caller.uid;
    budget_.charge(uid, Clock::now() - start);
    if (waiting_[uid] >= kMostWaitingOfUser || waiting_in_all_ >= kMostWaiting) {
        refuse(request->refuse,
               limits_exceeded(fmt::format("{} calls of user {} wait for polkit already; answer "
                                           "its questions first",
                                           waiting_[uid], uid)));
        return;
    }
    ++waiting_[uid];
    ++waiting_in_all_;
    request->target_start = start_of_target(*request);
    polkit_.check(request->call.sender, request->access->action, request->call.may_ask,
                  [this, request, uid](const Polkit::Answer& answer) {
                      --waiting_in_all_;
                      if (--waiting_[uid] == 0)
                          waiting_.erase(uid);
                      act_on(request, answer);
                  });
}

void Gate::act_on(const Pending& request, const Polkit::Answer& answer) {
    if (answer.kind == Polkit::Answer::Kind::Granted) {
        // Who has gone meanwhile does not want it any more.
        identify(
            request, [this, request](Uid /*uid*/) { run_granted(request); },
            [request](const std::string& error) {
                spdlog::info("polkit has granted {} to {}, who has gone: nothing is done: {}",
                             request->call.method, user_text(request->caller.uid), error);
            });
        return;
    }
    const Time start = Clock::now();
    refuse_to_act(request, answer);
    budget_.charge(request->caller.uid, Clock::now() - start);
}

void Gate::refuse_to_act(const Pending& request, const Polkit::Answer& answer) {
    const std::string why = refusal(answer, request->caller.uid);
    using Kind = Polkit::Answer::Kind;
    if (answer.kind == Kind::Silent || answer.kind == Kind::Failed) {
        const auto grant = log_.ask(request->call.method, Clock::now());
        if (grant.may_log)
            spdlog::warn("{} is refused to {}: {}{}", request->call.method,
                         user_text(request->caller.uid), why,
                         grant.is_last ? "; more of this is not logged for a minute" : "");
    }
    refuse(request->refuse, make_error("NotPermitted", audience(*request->access) + ": " + why));
}

/// None if there is no target, or no such process.
std::optional<std::uint64_t> Gate::start_of_target(const Request& request) const {
    if (!request.target)
        return std::nullopt;
    const auto process = procfs_.glance(static_cast<Pid>(*request.target));
    return process ? std::optional(process->id.start_time) : std::nullopt;
}

/// A password takes its time: the process that was meant may have ended, and its pid be another's.
void Gate::run_granted(const Pending& request) {
    if (start_of_target(*request) == request->target_start) {
        run(request, Clock::now());
        return;
    }
    refuse(request->refuse,
           no_such_process(*request->target,
                           "it has ended while polkit was asked, or was not there before"));
}

/// `start`: when what it costs began.
void Gate::run(const Pending& request, Time start) {
    try {
        if (request->access->kind == Access::Kind::Processes && hides_processes())
            note_listener(request->call.sender);
        request->serve(request->caller);
    } catch (const sdbus::Error& error) {
        refuse(request->refuse, error);
    } catch (const std::exception& error) {
        spdlog::error("unexpected, going on: {}: {}", request->call.method, error.what());
        refuse(request->refuse,
               {compat::ErrorName{"org.freedesktop.DBus.Error.Failed"}, printable(error.what())});
    }
    if (!request->caller.is_root)
        budget_.charge(request->caller.uid, Clock::now() - start);
}

void Gate::note_listener(const std::string& name) {
    listeners_.insert(name);
    if (departures_)
        return;
    departures_ = compat::proxy_of(connection_, kBusName, "/org/freedesktop/DBus");
    departures_->uponSignal("NameOwnerChanged")
        .onInterface(kBusName)
        .call([this](const std::string& who, const std::string& /*old_owner*/,
                     const std::string& new_owner) {
            if (new_owner.empty())
                listeners_.erase(who);
        });
    compat::start_listening(*departures_);
}

/// Where it cannot be told, everything is taken to be hidden.
const sys::ProcHiding& Gate::hiding() {
    const Time now = Clock::now();
    if (hiding_read_ != Time{} && now - hiding_read_ < kHidingLasts)
        return hiding_;
    const auto read = procfs_.hiding();
    if (!read && (hiding_read_ == Time{} || !hiding_.hides))
        spdlog::warn(
            "whether /proc hides processes cannot be told, so users are told of none: {}; run the "
            "daemon by its unit oom-guardd.service",
            read.error().message());
    hiding_ = read ? *read : sys::ProcHiding{.hides = true, .spared_group = std::nullopt};
    hiding_read_ = now;
    return hiding_;
}

}  // namespace oomguard::daemon
