// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/top/rows.hpp"

namespace oomguard::ctl::top {

enum class View { Order, Held };

/// What the held view can be sorted by: the columns of `list`.
enum class SortKey { Pid, Name, User, Rule, Original, Wanted, Current, State, Memory };

inline constexpr std::array<std::string_view, 9> kSortKeys = {
    "pid", "name", "user", "rule", "original", "wanted", "current", "state", "memory"};

/// The rows of a view: which there are, in which order, which one is selected, and which is the
/// first one shown.
class Listing {
  public:
    void update(const Snapshot& snapshot);
    void show(View view);
    /// Part of the name, whatever its case; empty: all.
    void filter(std::string part);
    /// Empty: all.
    void only_user(std::string user);
    /// The same key again turns the order round.
    void sort(SortKey key);
    void turn_round();

    [[nodiscard]] View view() const { return view_; }
    [[nodiscard]] const std::string& filter() const { return filter_; }
    [[nodiscard]] const std::string& user() const { return user_; }
    [[nodiscard]] SortKey sort_key() const { return sort_key_; }
    [[nodiscard]] bool is_turned_round() const { return is_turned_round_; }

    /// What is left of the view, in its order.
    [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
    /// Of the whole view, sorted, each once.
    [[nodiscard]] std::vector<std::string> users() const;

    /// None if there is no row.
    [[nodiscard]] const Row* selected() const;
    [[nodiscard]] std::size_t index() const { return index_; }
    [[nodiscard]] std::size_t first_shown() const { return first_; }

    /// The selection stays with its process when rows come and go, but on the first row, which
    /// stays the first. Where its process has ended, the one at its place is selected.
    void move(std::ptrdiff_t rows);
    void move_to_first();
    void move_to_last();
    /// Selects the next row, from the selected one (`with_selected`) or behind it, and round the
    /// end, that has the text in its name or is the pid. False, and nothing changes, without one.
    bool find(std::string_view text, bool with_selected);

    /// So many rows can be shown: scrolls until the selected one is among them.
    void fit(std::size_t shown);
    /// As many as were last said to fit.
    [[nodiscard]] std::size_t page() const { return page_; }

  private:
    void rebuild();
    void select(std::size_t index);

    Snapshot snapshot_;
    std::vector<Row> all_;
    std::vector<Row> rows_;
    View view_ = View::Order;
    std::string filter_;
    std::string user_;
    SortKey sort_key_ = SortKey::Pid;
    bool is_turned_round_ = false;
    std::size_t index_ = 0;
    std::optional<Id> followed_;
    std::size_t first_ = 0;
    std::size_t page_ = 1;
};

}  // namespace oomguard::ctl::top
