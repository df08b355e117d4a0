// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <limits>

#include "bus_fuzzer.hpp"

// What the calls are made with.
namespace oomguard::test {
namespace {

constexpr std::string_view kBasicTypes = "ybnqiuxtdsogh";

constexpr std::array kTexts = {"",
                               "org.oomguard1.Manager",
                               "Version",
                               "HeldCount",
                               "DryRun",
                               "/",
                               "/system.slice",
                               "/user.slice/../..",
                               "..",
                               "%s%n%d",
                               "a\nb\x1b[2J",
                               "\xc3\xa9\xe2\x80\xa8\xf0\x9f\x90\xa7",
                               "-1",
                               "\\x00",
                               "*"};

}  // namespace

std::size_t BusFuzzer::type_size(std::string_view signature) {
    std::size_t at = 0;
    while (signature[at] == 'a')
        ++at;
    unsigned open = 0;
    do {
        const char code = signature[at++];
        if (code == '(' || code == '{')
            ++open;
        else if (code == ')' || code == '}')
            --open;
    } while (open > 0);
    return at;
}

int BusFuzzer::checked(int result, const char* what) {
    if (result < 0)
        throw std::system_error(-result, std::generic_category(), what);
    return result;
}

std::string BusFuzzer::any_signature() {
    std::string signature;
    for (std::size_t count = below(4); count > 0; --count)
        signature += any_type(3);
    return signature;
}

std::string BusFuzzer::any_type(unsigned depth) {
    if (depth == 0 || !one_in(3))
        return {one_of(kBasicTypes)};
    switch (below(4)) {
        case 0:
            return "v";
        case 1:
            return "a" + any_type(depth - 1);
        case 2:
            return std::string("a{") + one_of(kBasicTypes.substr(0, 12)) + any_type(depth - 1) +
                   "}";
        default:
            return "(" + any_type(depth - 1) + any_type(depth - 1) + ")";
    }
}

void BusFuzzer::append(sd_bus_message* message, std::string_view type) {
    const std::string inside(type.substr(1, type.size() - (type.front() == 'a' ? 1 : 2)));
    if (type == "v") {
        const std::string held = any_type(2);
        checked(sd_bus_message_open_container(message, 'v', held.c_str()), "begin a variant");
        append(message, held);
    } else if (type.front() == '(') {
        const std::string members(type.substr(1, type.size() - 2));
        checked(sd_bus_message_open_container(message, 'r', members.c_str()), "begin a struct");
        for (std::string_view rest = members; !rest.empty(); rest.remove_prefix(type_size(rest)))
            append(message, rest.substr(0, type_size(rest)));
    } else if (type.front() == 'a') {
        append_array(message, std::string(type.substr(1)));
        return;
    } else {
        append_basic(message, type.front());
        return;
    }
    checked(sd_bus_message_close_container(message), "end a container");
}

void BusFuzzer::append_array(sd_bus_message* message, const std::string& element) {
    constexpr std::size_t kMany = 50'000;
    checked(sd_bus_message_open_container(message, 'a', element.c_str()), "begin an array");
    const bool is_small = std::string_view("ybnqiuxtd").find(element) != std::string_view::npos;
    std::size_t count = is_small && one_in(8) ? kMany : below(5);
    for (; count > 0; --count) {
        if (element.front() != '{') {
            append(message, element);
            continue;
        }
        const std::string value = element.substr(2, element.size() - 3);
        checked(sd_bus_message_open_container(message, 'e', (element.substr(1, 1) + value).c_str()),
                "begin an entry");
        append_basic(message, element[1]);
        append(message, value);
        checked(sd_bus_message_close_container(message), "end an entry");
    }
    checked(sd_bus_message_close_container(message), "end an array");
}

void BusFuzzer::append_basic(sd_bus_message* message, char type) {
    const std::uint64_t number = type == 'u' ? any_pid() : any_number();
    const std::string text = any_text();
    const int truth = static_cast<int>(number & 1U);
    const double fraction = static_cast<double>(number) / 7;
    const int descriptor = nothing_.get();
    const char* path = one_of(kPaths);
    const std::string signature = any_signature();
    const void* value = &number;  // of little-endian machines all smaller ones begin there
    switch (type) {
        case 'b':
            value = &truth;
            break;
        case 'd':
            value = &fraction;
            break;
        case 'h':
            value = &descriptor;
            break;
        case 's':
            value = text.c_str();
            break;
        case 'o':
            value = path;
            break;
        case 'g':
            value = signature.c_str();
            break;
        default:
            break;
    }
    checked(sd_bus_message_append_basic(message, type, value), "append a value");
}

std::string BusFuzzer::any_text() {
    constexpr std::size_t kHuge = std::size_t{1} << 20U;
    std::string text = one_of(kTexts);
    if (one_in(30))
        text.append(below(kHuge), one_in(2) ? '/' : 'x');
    else if (one_in(4))
        text.append(one_of(kTexts)).append(below(300), 'a');
    return text;
}

std::uint64_t BusFuzzer::any_number() {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    switch (below(4)) {
        case 0:
            return below(1001);
        case 1:
            return kMost - below(1002);
        case 2:
            return (kMost >> below(64)) + below(2);
        default:
            return (std::uint64_t{engine_()} << 32U) | engine_();
    }
}

std::uint32_t BusFuzzer::any_pid() {
    constexpr std::uint32_t kNoPid = 4'194'304;  // PID_MAX_LIMIT in the kernel's linux/threads.h
    if (one_in(2))
        return static_cast<std::uint32_t>(one_of(own_));
    if (one_in(6))
        return 0;
    return std::max(static_cast<std::uint32_t>(any_number()), kNoPid);
}

}  // namespace oomguard::test
