// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "sys/unique_fd.hpp"

namespace oomguard::test {

/// Callers of the daemon on its bus that say anything: its methods with arguments that fit or do
/// not, others on other paths and interfaces, signals. The same seed and processes, the same calls.
class BusFuzzer {
  public:
    /// `own`: the processes that may be held. No other that can exist is ever named, because the
    /// daemon would do as it is told.
    BusFuzzer(std::string address, unsigned seed, std::vector<pid_t> own);

    /// One caller comes, calls some times and waits for its answers, or vanishes without.
    void call_once_or_more();

    [[nodiscard]] std::size_t calls() const { return calls_; }
    /// Of them, those that were answered with no error.
    [[nodiscard]] std::size_t successes() const { return successes_; }

  private:
    struct Method {
        std::string name;
        std::string signature;
    };
    struct Close {
        void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
    };
    struct Unref {
        void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
    };
    using Bus = std::unique_ptr<sd_bus, Close>;
    using Message = std::unique_ptr<sd_bus_message, Unref>;

    [[nodiscard]] Bus connect() const;
    /// What the daemon says it has: so the interface is not written here.
    void learn_methods();
    /// False if the bus has thrown the caller out.
    bool send_one(sd_bus* bus);
    void take_answers(sd_bus* bus);

    [[nodiscard]] Message any_message(sd_bus* bus);
    // bus_fuzzer_values.cpp
    /// The result; throws if it is a negative errno.
    static int checked(int result, const char* what);
    /// The length of the first complete type of a signature.
    [[nodiscard]] static std::size_t type_size(std::string_view signature);
    void append(sd_bus_message* message, std::string_view type);
    void append_basic(sd_bus_message* message, char type);
    void append_array(sd_bus_message* message, const std::string& element);
    [[nodiscard]] std::string any_signature();
    [[nodiscard]] std::string any_type(unsigned depth);
    [[nodiscard]] std::string any_text();
    [[nodiscard]] std::uint64_t any_number();
    [[nodiscard]] std::uint32_t any_pid();

    [[nodiscard]] std::size_t below(std::size_t count) { return engine_() % count; }
    [[nodiscard]] bool one_in(std::size_t count) { return below(count) == 0; }
    template <typename Items>
    [[nodiscard]] const auto& one_of(const Items& items) {
        return items[below(std::size(items))];
    }

    static constexpr std::array kPaths = {"/",
                                          "/org",
                                          "/org/oomguard1/Manager",
                                          "/org/oomguard1/1",
                                          "/a/_/B_9",
                                          "/org/freedesktop/DBus"};

    std::string address_;
    std::mt19937 engine_;
    std::vector<pid_t> own_;
    std::vector<Method> methods_;
    sys::UniqueFd nothing_;  // to send as a descriptor
    std::size_t calls_ = 0;
    std::size_t successes_ = 0;
};

}  // namespace oomguard::test
