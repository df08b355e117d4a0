// SPDX-License-Identifier: MIT
#include "support/screen_reader.hpp"

#include <algorithm>
#include <cwchar>

namespace oomguard::test {
namespace {

std::vector<std::size_t> numbers_of(std::string_view parameters) {
    std::vector<std::size_t> numbers(1, 0);
    for (const char byte : parameters) {
        if (byte == ';')
            numbers.push_back(0);
        else if (byte >= '0' && byte <= '9')
            numbers.back() = numbers.back() * 10 + static_cast<std::size_t>(byte - '0');
    }
    return numbers;
}

}  // namespace

ScreenReader::ScreenReader(std::size_t rows, std::size_t columns)
    : cells_(rows, std::vector<Cell>(columns)), columns_(columns), bottom_(rows - 1) {}

void ScreenReader::resize(std::size_t rows, std::size_t columns) {
    cells_.resize(rows);
    for (auto& line : cells_)
        line.resize(columns);
    columns_ = columns;
    top_ = 0;
    bottom_ = rows - 1;
    move_to(row_, column_);
}

void ScreenReader::feed(std::string_view bytes) {
    rest_ += bytes;
    std::size_t done = 0;
    while (done < rest_.size()) {
        const std::size_t used = consume(std::string_view(rest_).substr(done));
        if (used == 0)
            break;
        done += used;
    }
    rest_.erase(0, done);
}

std::string ScreenReader::line(std::size_t row) const {
    std::string text;
    for (const Cell& cell : cells_.at(row))
        text += cell.text;
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

std::string ScreenReader::text() const {
    std::string text;
    for (std::size_t row = 0; row < cells_.size(); ++row)
        text += line(row) + "\n";
    return text;
}

std::size_t ScreenReader::row_of(std::string_view text) const {
    std::size_t row = 0;
    while (row < cells_.size() && line(row).find(text) == std::string::npos)
        ++row;
    return row;
}

/// How many bytes were one whole thing; 0 if its end is missing.
std::size_t ScreenReader::consume(std::string_view bytes) {
    if (bytes[0] == '\x1b')
        return consume_escape(bytes);
    if (static_cast<unsigned char>(bytes[0]) >= 0x20U)
        return consume_character(bytes);
    control(bytes[0]);
    return 1;
}

std::size_t ScreenReader::consume_escape(std::string_view bytes) {
    if (bytes.size() < 2)
        return 0;
    if (bytes[1] == '[') {
        const std::size_t end = bytes.find_first_not_of("0123456789;?", 2);
        if (end == std::string_view::npos)
            return 0;
        sequence(bytes.substr(2, end - 2), bytes[end]);
        return end + 1;
    }
    if (bytes[1] == '(' || bytes[1] == ')')
        return bytes.size() < 3 ? 0 : 3;
    if (bytes[1] == 'M')
        scroll(false);
    else if (bytes[1] != '=' && bytes[1] != '>')
        unknown_.emplace_back(bytes.substr(0, 2));
    return 2;
}

std::size_t ScreenReader::consume_character(std::string_view bytes) {
    wchar_t wide = 0;
    std::mbstate_t state{};
    const std::size_t length = std::mbrtowc(&wide, bytes.data(), bytes.size(), &state);
    if (length == static_cast<std::size_t>(-2))
        return 0;
    if (length == static_cast<std::size_t>(-1) || length == 0) {
        unknown_.emplace_back(bytes.substr(0, 1));
        return 1;
    }
    const int width = ::wcwidth(wide);
    put(std::string(bytes.substr(0, length)), width < 0 ? 1 : static_cast<std::size_t>(width));
    return length;
}

void ScreenReader::control(char byte) {
    switch (byte) {
        case '\r':
            move_to(row_, 0);
            break;
        case '\b':
            move_to(row_, column_ == 0 ? 0 : column_ - 1);
            break;
        case '\t':
            move_to(row_, (column_ / 8 + 1) * 8);
            break;
        case '\n':
            if (row_ == bottom_)
                scroll(true);
            else
                move_to(row_ + 1, column_);
            break;
        default:
            // A bell, fill characters, and the change of character sets.
            break;
    }
}

void ScreenReader::put(const std::string& character, std::size_t width) {
    if (width == 0) {
        auto& before = cells_[row_][column_ == 0 ? 0 : column_ - 1];
        before.text += character;
        return;
    }
    if (must_wrap_ || column_ + width > columns_) {
        control('\n');
        move_to(row_, 0);
    }
    for (std::size_t part = 0; part < std::min(width, columns_); ++part) {
        cells_[row_][column_ + part] = pen_;
        cells_[row_][column_ + part].text = part == 0 ? character : "";
    }
    last_ = character;
    const bool is_full = column_ + width >= columns_;
    move_to(row_, column_ + width);
    must_wrap_ = is_full;
}

void ScreenReader::move_to(std::size_t row, std::size_t column) {
    row_ = std::min(row, cells_.size() - 1);
    column_ = std::min(column, columns_ - 1);
    must_wrap_ = false;
}

void ScreenReader::scroll(bool is_up) {
    const auto first = cells_.begin() + static_cast<std::ptrdiff_t>(top_);
    const auto end = cells_.begin() + static_cast<std::ptrdiff_t>(bottom_) + 1;
    if (is_up)
        std::rotate(first, first + 1, end);
    else
        std::rotate(first, end - 1, end);
    cells_[is_up ? bottom_ : top_].assign(columns_, Cell{});
}

void ScreenReader::erase_line(std::size_t from, std::size_t to) {
    for (std::size_t column = from; column < std::min(to, columns_); ++column)
        cells_[row_][column] = Cell{};
}

void ScreenReader::erase_screen(std::size_t mode) {
    for (std::size_t row = 0; row < cells_.size(); ++row) {
        if (mode == 2 || (mode == 0 && row > row_) || (mode == 1 && row < row_))
            cells_[row].assign(columns_, Cell{});
    }
    if (mode != 2)
        erase_line(mode == 0 ? column_ : 0, mode == 0 ? columns_ : column_ + 1);
}

void ScreenReader::edit(char final, std::size_t count) {
    auto& line = cells_[row_];
    const auto here = line.begin() + static_cast<std::ptrdiff_t>(column_);
    const auto many = static_cast<std::ptrdiff_t>(std::min(count, columns_ - column_));
    if (final == '@') {
        line.insert(here, static_cast<std::size_t>(many), Cell{});
        line.resize(columns_);
    } else if (final == 'P') {
        line.erase(here, here + many);
        line.resize(columns_);
    } else if (final == 'X') {
        erase_line(column_, column_ + count);
    } else {
        const std::size_t top = top_;
        if (final == 'L' || final == 'M')
            top_ = row_;
        for (; count > 0; --count)
            scroll(final == 'M' || final == 'S');
        top_ = top;
    }
}

void ScreenReader::attributes(const std::vector<std::size_t>& numbers) {
    for (const std::size_t number : numbers) {
        if (number == 0)
            pen_ = Cell{};
        else if (number == 1)
            pen_.is_bold = true;
        else if (number == 7 || number == 27)
            pen_.is_reversed = number == 7;
        else if (number >= 30 && number <= 39)
            pen_.colour = static_cast<int>(number - 30);
    }
}

void ScreenReader::modes(std::string_view parameters, bool is_set) {
    if (parameters == "?1049")
        is_alternate_ = is_set;
    else if (parameters.ends_with("25"))
        has_cursor_ = is_set;
}

void ScreenReader::sequence(std::string_view parameters, char final) {
    const auto numbers = numbers_of(parameters);
    const std::size_t count = std::max<std::size_t>(numbers[0], 1);
    const std::string before = final == 'b' ? last_ : "";
    switch (final) {
        case 'H':
            return move_to(count - 1,
                           numbers.size() > 1 ? std::max<std::size_t>(numbers[1], 1) - 1 : 0);
        case 'A':
            return move_to(row_ - std::min(row_, count), column_);
        case 'B':
            return move_to(row_ + count, column_);
        case 'C':
            return move_to(row_, column_ + count);
        case 'D':
            return move_to(row_, column_ - std::min(column_, count));
        case 'G':
            return move_to(row_, count - 1);
        case 'd':
            return move_to(count - 1, column_);
        case 'J':
            return erase_screen(numbers[0]);
        case 'K':
            return erase_line(numbers[0] == 0 ? column_ : 0,
                              numbers[0] == 1 ? column_ + 1 : columns_);
        case '@':
        case 'P':
        case 'X':
        case 'L':
        case 'M':
        case 'S':
        case 'T':
            return edit(final, count);
        case 'b':
            for (std::size_t index = 0; index < count; ++index)
                put(before, 1);
            return;
        case 'm':
            return attributes(numbers);
        case 'r':
            top_ = count - 1;
            bottom_ = (numbers.size() > 1 && numbers[1] > 0 ? numbers[1] : cells_.size()) - 1;
            return move_to(0, 0);
        case 'h':
        case 'l':
            return modes(parameters, final == 'h');
        case 't':
            return;
        default:
            unknown_.push_back("CSI " + std::string(parameters) + final);
    }
}

}  // namespace oomguard::test
