// SPDX-License-Identifier: MIT
#include "ctl/top/listing.hpp"

#include <algorithm>
#include <set>

#include "core/text.hpp"

namespace oomguard::ctl::top {
namespace {

bool contains(const std::string& text, const std::string& small_letters) {
    return in_lower_case(text).find(small_letters) != std::string::npos;
}

/// Of memory the most comes first.
bool comes_before(const Row& a, const Row& b, SortKey key) {
    switch (key) {
        case SortKey::Name:
            return a.name < b.name;
        case SortKey::User:
            return a.user < b.user;
        case SortKey::Rule:
            return a.rule < b.rule;
        case SortKey::Original:
            return a.unruled_score < b.unruled_score;
        case SortKey::Wanted:
            return a.wanted < b.wanted;
        case SortKey::Current:
            return a.score < b.score;
        case SortKey::State:
            return a.state < b.state;
        case SortKey::Memory:
            return a.memory.value_or(0) > b.memory.value_or(0);
        case SortKey::Pid:
            break;
    }
    return a.id < b.id;
}

}  // namespace

void Listing::update(const Snapshot& snapshot) {
    snapshot_ = snapshot;
    rebuild();
}

void Listing::show(View view) {
    view_ = view;
    rebuild();
}

void Listing::filter(std::string part) {
    filter_ = std::move(part);
    rebuild();
}

void Listing::only_user(std::string user) {
    user_ = std::move(user);
    rebuild();
}

void Listing::sort(SortKey key) {
    is_turned_round_ = key == sort_key_ && !is_turned_round_;
    sort_key_ = key;
    rebuild();
}

void Listing::turn_round() {
    is_turned_round_ = !is_turned_round_;
    rebuild();
}

std::vector<std::string> Listing::users() const {
    std::set<std::string> users;
    for (const Row& row : all_)
        users.insert(row.user);
    return {users.begin(), users.end()};
}

void Listing::rebuild() {
    all_ = view_ == View::Order ? order_rows(snapshot_) : held_rows(snapshot_);
    rows_.clear();
    const std::string part = in_lower_case(filter_);
    std::copy_if(all_.begin(), all_.end(), std::back_inserter(rows_), [&](const Row& row) {
        return (user_.empty() || row.user == user_) && (part.empty() || contains(row.name, part));
    });
    if (view_ == View::Held)
        std::stable_sort(rows_.begin(), rows_.end(), [this](const Row& a, const Row& b) {
            return is_turned_round_ ? comes_before(b, a, sort_key_) : comes_before(a, b, sort_key_);
        });
    std::size_t index = followed_ ? index_ : 0;
    for (std::size_t at = 0; followed_ && at < rows_.size(); ++at) {
        if (rows_[at].id == *followed_)
            index = at;
    }
    const bool was_followed = followed_.has_value();
    select(std::min(index, rows_.empty() ? 0 : rows_.size() - 1));
    if (was_followed && !rows_.empty())
        followed_ = rows_[index_].id;
    fit(page_);
}

const Row* Listing::selected() const {
    return index_ < rows_.size() ? &rows_[index_] : nullptr;
}

void Listing::select(std::size_t index) {
    index_ = index;
    followed_ = index == 0 || index >= rows_.size() ? std::nullopt : std::optional(rows_[index].id);
}

void Listing::move(std::ptrdiff_t rows) {
    const auto last = static_cast<std::ptrdiff_t>(rows_.size()) - 1;
    const auto wanted = static_cast<std::ptrdiff_t>(index_) + rows;
    select(static_cast<std::size_t>(std::max(std::ptrdiff_t{0}, std::min(wanted, last))));
    fit(page_);
}

void Listing::move_to_first() {
    select(0);
    fit(page_);
}

void Listing::move_to_last() {
    select(rows_.empty() ? 0 : rows_.size() - 1);
    fit(page_);
}

bool Listing::find(std::string_view text, bool with_selected) {
    const std::string part = in_lower_case(text);
    for (std::size_t step = with_selected ? 0 : 1; step <= rows_.size() && !part.empty(); ++step) {
        if (rows_.empty())
            return false;
        const std::size_t at = (index_ + step) % rows_.size();
        if (contains(rows_[at].name, part) || std::to_string(rows_[at].id.first) == part) {
            select(at);
            followed_ = rows_[at].id;
            fit(page_);
            return true;
        }
    }
    return false;
}

void Listing::fit(std::size_t shown) {
    page_ = std::max<std::size_t>(shown, 1);
    const std::size_t most = rows_.size() > page_ ? rows_.size() - page_ : 0;
    const std::size_t least = index_ + 1 > page_ ? index_ + 1 - page_ : 0;
    first_ = std::min({std::max(first_, least), index_, most});
}

}  // namespace oomguard::ctl::top
