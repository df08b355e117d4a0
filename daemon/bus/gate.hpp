// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/process.hpp"
#include "daemon/bus/access.hpp"
#include "daemon/bus/call_budget.hpp"
#include "daemon/bus/polkit.hpp"
#include "daemon/bus/sdbus_compat.hpp"
#include "daemon/log_limiter.hpp"
#include "sys/procfs.hpp"

namespace oomguard::daemon {

/// The one way to every method of the interface: who calls, whether kAccess lets him, and whether
/// he has asked too much already. Nothing here waits: the bus and polkit answer through the loop.
class Gate {
  public:
    struct Caller {
        Uid uid = 0;
        bool is_root = false;  ///< or has the daemon's own user, who could look for himself
        /// Known of calls that are Access::Kind::Read: whether /proc shows him all processes.
        bool sees_processes = false;
    };
    /// Does what was called for and replies. May throw sdbus::Error.
    using Serve = std::function<void(const Caller&)>;
    using Refuse = std::function<void(const sdbus::Error&)>;

    /// All must outlive this.
    Gate(sdbus::IConnection& connection, const sys::Procfs& procfs, CallBudget& budget);

    /// One of both is called, as a rule after this has returned; none if the connection goes first.
    /// `target`: the pid of the process that is to be changed. What polkit grants counts for the
    /// process only that has it when polkit is asked: another that has it by then is refused with
    /// NoSuchProcess.
    void admit(compat::Call call, std::optional<std::uint32_t> target, Serve serve,
               Refuse refusing);

    /// Whether /proc hides processes from users, so that not everyone may hear of them.
    [[nodiscard]] bool hides_processes() { return hiding().hides; }
    /// Those on the bus who have been told of processes while /proc hid them, by unique name.
    [[nodiscard]] const std::set<std::string>& listeners() const { return listeners_; }

  private:
    struct Request {
        compat::Call call;
        const Access* access;
        std::optional<std::uint32_t> target;
        Serve serve;
        Refuse refuse;
        Caller caller;
        std::optional<std::uint64_t> target_start;  // when polkit was asked
    };
    using Pending = std::shared_ptr<Request>;

    void identify(const Pending& request, std::function<void(Uid)> then,
                  std::function<void(const std::string&)> if_gone);
    void decide(const Pending& request);
    [[nodiscard]] bool may_see_processes(const Caller& caller);
    void ask_polkit(const Pending& request, Time start);
    void act_on(const Pending& request, const Polkit::Answer& answer);
    [[nodiscard]] std::optional<std::uint64_t> start_of_target(const Request& request) const;
    void run_granted(const Pending& request);
    void run(const Pending& request, Time start);
    void refuse_to_act(const Pending& request, const Polkit::Answer& answer);
    void note_listener(const std::string& name);
    const sys::ProcHiding& hiding();

    sdbus::IConnection& connection_;
    const sys::Procfs& procfs_;
    CallBudget& budget_;
    std::unique_ptr<sdbus::IProxy> bus_;
    std::unique_ptr<sdbus::IProxy> departures_;  // null until someone listens
    Polkit polkit_;
    std::map<Uid, unsigned> waiting_;  // for polkit's answer
    unsigned waiting_in_all_ = 0;
    std::set<std::string> listeners_;
    sys::ProcHiding hiding_;
    Time hiding_read_{};
    LogLimiter log_;
};

}  // namespace oomguard::daemon
