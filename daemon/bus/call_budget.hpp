// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <map>

#include "core/process.hpp"
#include "daemon/holding.hpp"

namespace oomguard::daemon {

/// How much of the daemon's time may go into answering users. Each earns a tenth of the time that
/// passes, and all together three tenths, because one person can have many user ids; so much of it
/// as half a second is kept. Whoever has any left may call once more, however long that takes, and
/// owes what it has not. Refusals cost too: who goes on calling stays refused until he has been
/// quiet for a while, five seconds at most.
class CallBudget {
  public:
    using Duration = std::chrono::nanoseconds;

    /// What reading a call and sending its reply are taken to cost, whatever is done in between.
    static constexpr Duration kOfEachCall = std::chrono::microseconds(100);

    [[nodiscard]] bool allow(Uid user, Time now);
    /// After each call that was allowed. The cost of each call comes on top.
    void charge(Uid user, Duration spent);
    /// After each that was not. Nobody else pays for these: or one could keep all others out.
    void charge_refusal(Uid user);

  private:
    static constexpr Duration kMost = std::chrono::milliseconds(500);
    static constexpr Duration kMostOwedForRefusals = std::chrono::milliseconds(500);
    static constexpr int kPartOfUser = 10;     ///< one tenth
    static constexpr int kPartOfEveryone = 3;  ///< about three tenths
    static constexpr std::size_t kMostUsers = 1024;

    struct Account {
        Duration left = kMost;
        Time since{};
    };

    static void earn(Account& account, int part, Time now);
    void forget_those_who_owe_nothing(Time now);

    std::map<Uid, Account> users_;
    Account everyone_;
};

}  // namespace oomguard::daemon
