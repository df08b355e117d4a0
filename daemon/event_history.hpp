// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/kill.hpp"
#include "daemon/observer.hpp"
#include "daemon/realtime.hpp"

namespace oomguard::daemon {

/// The latest of what the signals of the bus tell, whether there is a bus or not and however many
/// there are. Takes no more memory once it is full.
class EventHistory final : public Observer {
  public:
    static constexpr std::size_t kMostEvents = 64;

    /// Texts are as they came, not printable.
    struct Event {
        std::uint64_t usec = 0;
        std::string_view signal;  ///< such as "ProcessHeld"
        ProcessId id;             ///< zero if it is not about a process
        std::string name;
        std::string rule;
        int before = 0;
        int after = 0;
        std::string detail;

        friend bool operator==(const Event&, const Event&) = default;
    };

    explicit EventHistory(std::uint64_t (*clock)() = realtime_usec) : clock_(clock) {}

    void on_held(const Holding& holding) override;
    void on_dry_run(const Holding& holding) override;
    void on_released(const Holding& holding, ReleaseReason reason, int value) override;
    void on_drifted(const Holding& holding, int found, bool repaired) override;
    void on_refused(const Holding& holding, const Error& error) override;
    void on_unreadable(Pid pid, const Error& error) override;
    void process_killed(const Kill& kill);
    void rules_reloaded(std::uint64_t generation, std::size_t rules);
    void rules_rejected(std::uint64_t generation);

    /// The oldest first.
    [[nodiscard]] std::vector<Event> events() const;

  private:
    Event& next(std::string_view signal);
    Event& next(std::string_view signal, const Holding& holding);

    std::uint64_t (*clock_)();
    std::array<Event, kMostEvents> ring_;
    std::size_t count_ = 0;  // since the start
};

}  // namespace oomguard::daemon
