// SPDX-License-Identifier: MIT
#include "ctl/top/model.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/core.h>

namespace oomguard::ctl::top {
namespace {

constexpr const char* kAllUsers = "All users";
constexpr std::size_t kLongestTyped = 64;

/// Without its last character.
void cut_last(std::string& text) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U)
        text.pop_back();
    if (!text.empty())
        text.pop_back();
}

/// How far a key moves; none if it is no such key.
std::optional<std::ptrdiff_t> step_of(KeyCode code, std::size_t page) {
    switch (code) {
        case KeyCode::Up:
            return -1;
        case KeyCode::Down:
            return 1;
        case KeyCode::PageUp:
            return -static_cast<std::ptrdiff_t>(page);
        case KeyCode::PageDown:
            return static_cast<std::ptrdiff_t>(page);
        default:
            return std::nullopt;
    }
}

std::size_t moved(std::size_t index, std::ptrdiff_t step) {
    return static_cast<std::size_t>(
        std::max(std::ptrdiff_t{0}, static_cast<std::ptrdiff_t>(index) + step));
}

}  // namespace

void Model::update(const Snapshot& snapshot) {
    snapshot_ = snapshot;
    listing_.update(snapshot);
}

std::optional<Id> Model::explained_id() const {
    return mode_ == Mode::Explain ? explained_id_ : std::nullopt;
}

void Model::fit_pane(std::size_t lines, std::size_t rows) {
    pane_page_ = std::max<std::size_t>(rows, 1);
    scrolled_ = std::min(scrolled_, lines > rows ? lines - rows : 0);
    if (mode_ != Mode::SortMenu && mode_ != Mode::UserMenu)
        return;
    // The choice is always shown.
    scrolled_ = std::min(scrolled_, choice_);
    scrolled_ = std::max(scrolled_, choice_ + 1 > pane_page_ ? choice_ + 1 - pane_page_ : 0);
}

Outcome Model::press(const Key& key) {
    notice_.clear();
    if (key.code == KeyCode::Quit)
        return Outcome::Quit;
    switch (mode_) {
        case Mode::Table:
            return press_in_table(key);
        case Mode::Help:
        case Mode::Explain:
            return press_in_pane(key);
        case Mode::SortMenu:
        case Mode::UserMenu:
            return press_in_menu(key);
        case Mode::Search:
        case Mode::Filter:
        case Mode::Delay:
            break;
    }
    return press_in_question(key);
}

Outcome Model::press_in_table(const Key& key) {
    if (const auto step = step_of(key.code, listing_.page())) {
        listing_.move(*step);
        return Outcome::Draw;
    }
    switch (key.code) {
        case KeyCode::Home:
            listing_.move_to_first();
            return Outcome::Draw;
        case KeyCode::End:
            listing_.move_to_last();
            return Outcome::Draw;
        case KeyCode::Enter:
            return open_explain();
        case KeyCode::Help:
            return open(Mode::Help);
        case KeyCode::Search:
            return open(Mode::Search);
        case KeyCode::Filter:
            return open(Mode::Filter);
        case KeyCode::View:
            return switch_view();
        case KeyCode::Sort:
            return open_sort_menu();
        case KeyCode::Text:
            return press_character(key.text);
        default:
            return Outcome::Draw;
    }
}

Outcome Model::press_character(const std::string& character) {
    if (character == "q")
        return Outcome::Quit;
    if (character == "h" || character == "?")
        return open(Mode::Help);
    if (character == "/")
        return open(Mode::Search);
    if (character == "\\")
        return open(Mode::Filter);
    if (character == "t")
        return switch_view();
    if (character == ">")
        return open_sort_menu();
    if (character == "u")
        return open_user_menu();
    if (character == "d")
        return open(Mode::Delay);
    if (character == "e")
        return open_explain();
    if (character == "n")
        find_next();
    if (character == "I" && listing_.view() == View::Held)
        listing_.turn_round();
    if (character == "+")
        return change_delay(delay_ * 2);
    if (character == "-")
        return change_delay(delay_ / 2);
    return Outcome::Draw;
}

Outcome Model::press_in_pane(const Key& key) {
    const bool leaves =
        key.code == KeyCode::Escape || key.code == KeyCode::Enter || key.code == KeyCode::Help ||
        (key.code == KeyCode::Text &&
         (key.text == "q" || key.text == "e" || key.text == "h" || key.text == "?"));
    if (leaves)
        return open(Mode::Table);
    if (const auto step = step_of(key.code, pane_page_))
        scrolled_ = moved(scrolled_, *step);
    else if (key.code == KeyCode::Home)
        scrolled_ = 0;
    return Outcome::Draw;
}

Outcome Model::press_in_menu(const Key& key) {
    if (key.code == KeyCode::Escape || (key.code == KeyCode::Text && key.text == "q"))
        return open(Mode::Table);
    if (key.code == KeyCode::Enter)
        return choose();
    if (const auto step = step_of(key.code, pane_page_))
        choice_ = std::min(moved(choice_, *step), choices_.size() - 1);
    else if (key.code == KeyCode::Home)
        choice_ = 0;
    else if (key.code == KeyCode::End)
        choice_ = choices_.size() - 1;
    return Outcome::Draw;
}

Outcome Model::press_in_question(const Key& key) {
    switch (key.code) {
        case KeyCode::Text:
            if (typed_.size() < kLongestTyped)
                typed_ += key.text;
            typed_changed();
            return Outcome::Draw;
        case KeyCode::Backspace:
            cut_last(typed_);
            typed_changed();
            return Outcome::Draw;
        case KeyCode::Search:
            find_next();
            return Outcome::Draw;
        case KeyCode::Escape:
            if (mode_ == Mode::Filter)
                listing_.filter("");
            return open(Mode::Table);
        case KeyCode::Enter: {
            const bool is_delay = mode_ == Mode::Delay;
            if (is_delay)
                answer_delay();
            mode_ = Mode::Table;
            return is_delay ? Outcome::Fetch : Outcome::Draw;
        }
        default:
            // An arrow goes on in the table.
            if (const auto step = step_of(key.code, listing_.page()))
                listing_.move(*step);
            return Outcome::Draw;
    }
}

Outcome Model::open(Mode mode) {
    mode_ = mode;
    scrolled_ = 0;
    typed_ = mode == Mode::Filter ? listing_.filter() : "";
    return Outcome::Draw;
}

Outcome Model::open_explain() {
    const Row* row = listing_.selected();
    if (row == nullptr)
        return Outcome::Draw;
    explained_id_ = row->id;
    explained_.reset();
    (void)open(Mode::Explain);
    return Outcome::Fetch;
}

Outcome Model::open_menu(Mode mode, std::vector<std::string> choices, std::size_t choice) {
    (void)open(mode);
    choices_ = std::move(choices);
    choice_ = choice;
    return Outcome::Draw;
}

Outcome Model::open_sort_menu() {
    if (listing_.view() == View::Order) {
        notice_ = "The kill order has one order, the kernel's; F5 shows what is held.";
        return Outcome::Draw;
    }
    return open_menu(Mode::SortMenu, {kSortKeys.begin(), kSortKeys.end()},
                     static_cast<std::size_t>(listing_.sort_key()));
}

Outcome Model::open_user_menu() {
    auto choices = listing_.users();
    choices.insert(choices.begin(), kAllUsers);
    const auto current = std::find(choices.begin() + 1, choices.end(), listing_.user());
    const auto choice = current == choices.end() ? 0 : current - choices.begin();
    return open_menu(Mode::UserMenu, std::move(choices), static_cast<std::size_t>(choice));
}

Outcome Model::choose() {
    if (mode_ == Mode::SortMenu)
        listing_.sort(static_cast<SortKey>(choice_));
    else
        listing_.only_user(choice_ == 0 ? "" : choices_[choice_]);
    return open(Mode::Table);
}

void Model::typed_changed() {
    if (mode_ == Mode::Filter)
        listing_.filter(typed_);
    if (mode_ != Mode::Search)
        return;
    searched_ = typed_;
    if (!typed_.empty() && !listing_.find(typed_, true))
        notice_ = "not found";
}

void Model::find_next() {
    if (searched_.empty())
        notice_ = "F3 begins a search.";
    else if (!listing_.find(searched_, false))
        notice_ = fmt::format("not found: {}", searched_);
}

Outcome Model::switch_view() {
    listing_.show(listing_.view() == View::Order ? View::Held : View::Order);
    return Outcome::Fetch;
}

Outcome Model::change_delay(std::chrono::milliseconds delay) {
    delay_ = std::clamp(delay, kLeastDelay, kMostDelay);
    notice_ = fmt::format("Every {:g}s.", static_cast<double>(delay_.count()) / 1000.0);
    return Outcome::Fetch;
}

void Model::answer_delay() {
    double seconds = 0;
    const char* end = typed_.data() + typed_.size();
    const auto [rest, error] = std::from_chars(typed_.data(), end, seconds);
    const double least = static_cast<double>(kLeastDelay.count()) / 1000.0;
    const double most = static_cast<double>(kMostDelay.count()) / 1000.0;
    if (error != std::errc() || rest != end || !(seconds >= least && seconds <= most)) {
        notice_ = fmt::format("The delay is a number from {:g} to {:g}, in seconds.", least, most);
        return;
    }
    (void)change_delay(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
}

}  // namespace oomguard::ctl::top
