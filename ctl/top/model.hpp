// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ctl/bus/rows.hpp"
#include "ctl/top/key.hpp"
#include "ctl/top/listing.hpp"
#include "ctl/top/rows.hpp"

namespace oomguard::ctl::top {

/// What has the screen: the table, a pane or a menu in its place, or a question below it.
enum class Mode { Table, Help, Explain, SortMenu, UserMenu, Search, Filter, Delay };

/// What is to be done after a key.
enum class Outcome { Draw, Fetch, Quit };

inline constexpr std::chrono::milliseconds kLeastDelay{500};
inline constexpr std::chrono::milliseconds kMostDelay{3'600'000};

/// What the daemon said of one process.
struct Explained {
    Details details = {};
    std::vector<TrialRow> trials = {};
    std::string failure = {};  ///< why it could not be told; empty if it was
};

/// All that `top` knows and can be asked to show, without a screen and a bus.
class Model {
  public:
    explicit Model(std::chrono::milliseconds delay) : delay_(delay) {}

    void update(const Snapshot& snapshot);
    void explain(Explained explained) { explained_ = std::move(explained); }

    [[nodiscard]] Outcome press(const Key& key);

    [[nodiscard]] Mode mode() const { return mode_; }
    [[nodiscard]] bool is_asking() const { return mode_ >= Mode::Search; }
    [[nodiscard]] std::chrono::milliseconds delay() const { return delay_; }
    [[nodiscard]] const Listing& listing() const { return listing_; }
    [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }

    /// The process that the pane is about; none without the pane.
    [[nodiscard]] std::optional<Id> explained_id() const;
    /// None before explain().
    [[nodiscard]] const std::optional<Explained>& explained() const { return explained_; }

    /// What has been typed so far, to a question.
    [[nodiscard]] const std::string& typed() const { return typed_; }
    /// What the last key led to that the user should know; empty: nothing.
    [[nodiscard]] const std::string& notice() const { return notice_; }

    /// Of a menu.
    [[nodiscard]] const std::vector<std::string>& choices() const { return choices_; }
    [[nodiscard]] std::size_t choice() const { return choice_; }

    /// Of a pane, in lines.
    [[nodiscard]] std::size_t scrolled() const { return scrolled_; }

    // What a screen says of itself when it is drawn.
    void fit_table(std::size_t rows) { listing_.fit(rows); }
    void fit_pane(std::size_t lines, std::size_t rows);

  private:
    Outcome press_in_table(const Key& key);
    Outcome press_character(const std::string& character);
    Outcome press_in_pane(const Key& key);
    Outcome press_in_menu(const Key& key);
    Outcome press_in_question(const Key& key);
    Outcome open(Mode mode);
    Outcome open_explain();
    Outcome open_menu(Mode mode, std::vector<std::string> choices, std::size_t choice);
    Outcome open_sort_menu();
    Outcome open_user_menu();
    Outcome choose();
    void typed_changed();
    void answer_delay();
    Outcome switch_view();
    Outcome change_delay(std::chrono::milliseconds delay);
    void find_next();

    Mode mode_ = Mode::Table;
    std::chrono::milliseconds delay_;
    Snapshot snapshot_;
    Listing listing_;
    std::optional<Id> explained_id_;
    std::optional<Explained> explained_;
    std::string typed_;
    std::string searched_;
    std::string notice_;
    std::vector<std::string> choices_;
    std::size_t choice_ = 0;
    std::size_t scrolled_ = 0;
    std::size_t pane_page_ = 1;
};

}  // namespace oomguard::ctl::top
