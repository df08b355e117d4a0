// SPDX-License-Identifier: MIT
#include "core/kernel_kills.hpp"

#include <utility>

#include "core/text.hpp"

namespace oomguard {

std::optional<Pid> KernelKills::read(const KernelRecord& record) {
    const auto message = parse_oom_message(record.text);
    if (!message)
        return std::nullopt;
    switch (message->kind) {
        case OomMessage::Kind::Invoked:
            inquiry_ = {};
            group_.clear();
            inquiry_.is_on_request = message->is_on_request;
            break;
        case OomMessage::Kind::Usage:
            inquiry_.usage = message->bytes;
            inquiry_.limit = message->limit;
            break;
        case OomMessage::Kind::Free:
            inquiry_.free = message->pages * page_size_;
            break;
        case OomMessage::Kind::Swap:
            if (message->swap_free)
                inquiry_.swap_free = message->swap_free;
            inquiry_.swap_total = message->swap_total.value_or(inquiry_.swap_total);
            break;
        case OomMessage::Kind::Summary:
            inquiry_.summary = *message;
            break;
        case OomMessage::Kind::Group:
            note_group(message->cgroup);
            break;
        case OomMessage::Kind::Killed:
            add_killed(record, *message);
            return message->pid;
    }
    return std::nullopt;
}

std::vector<KernelKill> KernelKills::take() {
    return std::exchange(kills_, {});
}

void KernelKills::add_killed(const KernelRecord& record, const OomMessage& message) {
    KernelKill kill;
    kill.sequence = record.sequence;
    kill.usec = record.usec;
    kill.pid = message.pid;
    kill.name = message.name;
    kill.uid = message.uid;
    kill.score = message.score;
    kill.memory = message.bytes;
    kill.is_cgroup = message.is_cgroup;
    kill.is_of_allocator = message.is_of_allocator;
    kill.is_group = !group_.empty();
    kill.batch = kill.is_group ? group_batch_ : record.sequence;
    if (inquiry_.summary.pid == message.pid) {
        kill.cgroup = cgroup_of(inquiry_.summary.victim, message.name);
        // What follows may belong to another inquiry, whose beginning the kernel has left out; but
        // for the rest of a group.
        kill.limit = inquiry_.summary.cgroup;
        kill.is_on_request = inquiry_.is_on_request;
        kill.situation = situation(kill);
    } else if (kill.is_group) {
        kill.cgroup = group_;
        kill.limit = message.is_cgroup ? inquiry_.summary.cgroup : "";
        kill.situation = situation(kill);
    }
    kills_.push_back(std::move(kill));
}

/// The process before it was the first.
void KernelKills::note_group(const std::string& cgroup) {
    if (kills_.empty())
        return;
    group_ = cgroup;
    group_batch_ = kills_.back().batch;
    kills_.back().is_group = true;
}

std::string KernelKills::situation(const KernelKill& kill) const {
    if (kill.is_cgroup) {
        if (!inquiry_.usage || kill.limit.empty())
            return {};
        return "cgroup " + printable(kill.limit) + " had " + bytes_text(*inquiry_.usage) +
               " of memory, and its memory.max is " + bytes_text(inquiry_.limit);
    }
    if (!inquiry_.free)
        return {};
    std::string text = "the machine had " + bytes_text(*inquiry_.free) + " of memory free";
    if (inquiry_.swap_total == 0)
        return text + " and no swap";
    return text + " and " + bytes_text(inquiry_.swap_free.value_or(0)) + " of " +
           bytes_text(inquiry_.swap_total) + " of swap";
}

}  // namespace oomguard
