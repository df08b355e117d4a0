// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "core/result.hpp"
#include "sys/unique_fd.hpp"

namespace oomguard::sys {

/// The kernel's log, /dev/kmsg, from its oldest record on.
class Kmsg {
  public:
    /// What one read gave: a record, that some were overwritten before they could be read, or
    /// that there is none at present.
    struct Reading {
        enum class Kind { Record, Lost, None };

        Kind kind{};
        std::string_view record;  ///< valid until the next read
    };

    /// Standard input if it is the kernel's log (systemd opens it for the unit, which may not: it
    /// would need CAP_SYSLOG where kernel.dmesg_restrict is set); else opens it. Non-blocking.
    static Result<Kmsg> open();

    /// Readable when there is a record.
    [[nodiscard]] int fd() const { return fd_.get(); }

    [[nodiscard]] Result<Reading> read();

  private:
    explicit Kmsg(UniqueFd fd) : fd_(std::move(fd)) {}

    /// The longest there is: PRINTK_MESSAGE_MAX in the kernel's kernel/printk/internal.h.
    static constexpr std::size_t kLongestRecord = 8192;

    UniqueFd fd_;
    std::array<char, kLongestRecord> buffer_{};
};

}  // namespace oomguard::sys
