// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/kernel_log.hpp"
#include "core/process.hpp"

namespace oomguard {

/// What the kernel says of one process that it has killed. Texts are as they came.
struct KernelKill {
    std::uint64_t sequence = 0;  ///< of the record
    /// Of the last record about it, or about the first of its group, which may be named again.
    std::uint64_t last_sequence = 0;
    std::uint64_t usec = 0;   ///< since boot
    std::uint64_t batch = 0;  ///< the sequence of the first that was killed with it
    Pid pid = 0;
    std::string name;
    Uid uid = 0;
    int score = 0;
    std::uint64_t memory = 0;  ///< resident, in bytes
    std::string cgroup;        ///< of the process, or its group; empty if the kernel left it out
    std::string limit;       ///< the cgroup that ran out; empty if it was the machine, or left out
    bool is_cgroup = false;  ///< a cgroup ran out
    std::string group;       ///< the cgroup of which all were killed; empty if only this one was
    bool is_on_request = false;
    bool is_of_allocator = false;
    std::string situation;  ///< of memory; printable; may be empty

    friend bool operator==(const KernelKill&, const KernelKill&) = default;
};

/// One that only seemed to be killed with a group: what it has of that goes.
void leave_group(KernelKill& kill);

/// Puts together what the kernel says in several records of its log. In a burst it leaves out all
/// but the line of each process and that of each group (oom_rs in mm/oom_kill.c).
class KernelKills {
  public:
    /// `page_size` in bytes: free memory is told in pages.
    explicit KernelKills(std::uint64_t page_size) : page_size_(page_size) {}

    /// In the order of the log. If it tells of a process that was killed, its pid; but the first
    /// of a group may be named again with the rest of it, which is nothing new.
    std::optional<Pid> read(const KernelRecord& record);

    /// Those that were found since the last call. What the kernel says of a group comes after its
    /// first process: so leave it some time.
    [[nodiscard]] std::vector<KernelKill> take();

    [[nodiscard]] bool has_any() const { return !kills_.empty(); }

  private:
    /// What is known since the kernel began to look for someone to kill.
    struct Inquiry {
        bool is_on_request = false;
        std::optional<std::uint64_t> usage;  ///< of the cgroup, in bytes
        std::uint64_t limit = 0;
        std::optional<std::uint64_t> free;  ///< of the machine, in bytes
        std::optional<std::uint64_t> swap_free;
        std::uint64_t swap_total = 0;
        OomMessage summary;
    };

    /// The kill that was read last, as far as a group goes by it.
    struct Last {
        OomMessage message;
        std::uint64_t sequence = 0;
        std::uint64_t usec = 0;
    };

    /// That is being killed.
    struct Group {
        std::string cgroup;
        Pid first = 0;
        std::uint64_t batch = 0;
        bool is_of_inquiry = false;  ///< what is known is of it
    };

    std::optional<Pid> add_killed(const KernelRecord& record, const OomMessage& message);
    void note_group(const std::string& cgroup);
    [[nodiscard]] bool is_of_group(const KernelRecord& record, const OomMessage& message) const;
    [[nodiscard]] std::string situation(const KernelKill& kill) const;

    std::uint64_t page_size_;
    Inquiry inquiry_;
    std::optional<Last> last_;
    std::optional<Group> group_;
    std::vector<KernelKill> kills_;
};

}  // namespace oomguard
