// SPDX-License-Identifier: MIT
#include "core/kernel_kills.hpp"

#include <utility>

#include "core/text.hpp"

namespace oomguard {
namespace {

/// The rest of a group comes at once, but a slow console takes time for each line.
constexpr std::uint64_t kGroupPauseUsec = 1'000'000;

}  // namespace

void leave_group(KernelKill& kill) {
    kill.batch = kill.sequence;
    kill.cgroup.clear();
    kill.limit.clear();
    kill.group.clear();
    kill.is_on_request = false;
    kill.situation.clear();
}

std::optional<Pid> KernelKills::read(const KernelRecord& record) {
    const auto message = parse_oom_message(record.text);
    if (!message)
        return std::nullopt;
    switch (message->kind) {
        case OomMessage::Kind::Invoked:
            inquiry_ = {};
            group_.reset();
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
            // There is one in each: the beginning of this one was overwritten before it was read.
            if (inquiry_.summary.pid != 0)
                inquiry_ = {};
            group_.reset();
            inquiry_.summary = *message;
            break;
        case OomMessage::Kind::Group:
            note_group(message->cgroup);
            break;
        case OomMessage::Kind::Killed:
            return add_killed(record, *message);
    }
    return std::nullopt;
}

std::vector<KernelKill> KernelKills::take() {
    return std::exchange(kills_, {});
}

std::optional<Pid> KernelKills::add_killed(const KernelRecord& record, const OomMessage& message) {
    if (group_ && !is_of_group(record, message))
        group_.reset();
    last_ = Last{message, record.sequence, record.usec};
    if (group_ && group_->first == message.pid) {
        if (!kills_.empty())
            kills_.back().last_sequence = record.sequence;
        return std::nullopt;
    }
    KernelKill kill;
    kill.sequence = kill.last_sequence = record.sequence;
    kill.usec = record.usec;
    kill.batch = record.sequence;
    kill.pid = message.pid;
    kill.name = message.name;
    kill.uid = message.uid;
    kill.score = message.score;
    kill.memory = message.bytes;
    kill.is_cgroup = message.is_cgroup;
    kill.is_of_allocator = message.is_of_allocator;
    // Else the kernel has left out the beginning of its inquiry, and what is known is of another.
    if (inquiry_.summary.pid == message.pid || (group_ && group_->is_of_inquiry)) {
        kill.cgroup = cgroup_of(inquiry_.summary.victim, message.name);
        kill.limit = inquiry_.summary.cgroup;
        kill.is_on_request = inquiry_.is_on_request;
        kill.situation = situation(kill);
    }
    if (group_) {
        kill.batch = group_->batch;
        kill.cgroup = group_->cgroup;
        kill.group = group_->cgroup;
    }
    kills_.push_back(std::move(kill));
    return message.pid;
}

/// The process before it was the first.
void KernelKills::note_group(const std::string& cgroup) {
    if (!last_)
        return;
    if (!kills_.empty()) {
        if (group_)
            leave_group(kills_.back());
        kills_.back().group = cgroup;
    }
    const Pid first = last_->message.pid;
    group_ = Group{cgroup, first, last_->sequence, inquiry_.summary.pid == first};
}

bool KernelKills::is_of_group(const KernelRecord& record, const OomMessage& message) const {
    return last_->message.is_cgroup == message.is_cgroup &&
           last_->message.is_of_allocator == message.is_of_allocator &&
           record.usec < last_->usec + kGroupPauseUsec;
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
