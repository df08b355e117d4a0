// SPDX-License-Identifier: MIT
#include "bus_fuzzer.hpp"

#include <array>
#include <limits>
#include <regex>
#include <stdexcept>
#include <utility>

#include <fcntl.h>

#include "daemon/bus/names.hpp"

namespace oomguard::test {
namespace {

constexpr const char* kInterface = "org.oomguard1.Manager";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";
constexpr const char* kIntrospectable = "org.freedesktop.DBus.Introspectable";
constexpr std::string_view kBasicTypes = "ybnqiuxtdsogh";

constexpr std::array kPaths = {
    "/", "/org", "/org/oomguard1/Manager", "/org/oomguard1/1", "/a/_/B_9", "/org/freedesktop/DBus"};
constexpr std::array<const char*, 7> kInterfaces = {nullptr,
                                                    "org.oomguard1.Manage",
                                                    "org.oomguard2.Manager",
                                                    kProperties,
                                                    kIntrospectable,
                                                    "org.freedesktop.DBus.Peer",
                                                    "org.freedesktop.DBus.ObjectManager"};
constexpr std::array kMembers = {"Get",
                                 "Set",
                                 "GetAll",
                                 "Introspect",
                                 "Ping",
                                 "GetMachineId",
                                 "GetManagedObjects",
                                 "listProcesses",
                                 "Holds",
                                 "_",
                                 "PropertiesChanged",
                                 "Killed",
                                 "NameOwnerChanged"};
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

[[noreturn]] void fail(int result, const char* what) {
    throw std::system_error(-result, std::generic_category(), what);
}

int checked(int result, const char* what) {
    if (result < 0)
        fail(result, what);
    return result;
}

/// The length of the first complete type of a signature.
std::size_t type_size(std::string_view signature) {
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

}  // namespace

BusFuzzer::BusFuzzer(std::string address, unsigned seed, std::vector<pid_t> own)
    : address_(std::move(address)),
      engine_(seed),
      own_(std::move(own)),
      nothing_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
    learn_methods();
}

BusFuzzer::Bus BusFuzzer::connect() const {
    sd_bus* bus = nullptr;
    checked(sd_bus_new(&bus), "make a connection");
    Bus owned(bus);
    checked(sd_bus_set_address(bus, address_.c_str()), "set the address of the bus");
    checked(sd_bus_set_bus_client(bus, 1), "be a client of the bus");
    checked(sd_bus_start(bus), "connect to the bus");
    return owned;
}

void BusFuzzer::learn_methods() {
    const Bus bus = connect();
    sd_bus_message* reply = nullptr;
    checked(sd_bus_call_method(bus.get(), daemon::kServiceName, daemon::kObjectPath,
                               kIntrospectable, "Introspect", nullptr, &reply, ""),
            "introspect the daemon");
    const Message owned(reply);
    const char* text = nullptr;
    checked(sd_bus_message_read(reply, "s", &text), "read what the daemon has");
    std::string xml = text;
    xml.erase(0, xml.find(std::string("<interface name=\"") + kInterface));
    xml.resize(xml.find("</interface>"));
    static const std::regex kMethod("<method name=\"(\\w+)\"(?:/>|>([^]*?)</method>)");
    static const std::regex kArgument("<arg type=\"([^\"]+)\"[^>]*direction=\"in\"");
    for (std::sregex_iterator at(xml.begin(), xml.end(), kMethod), end; at != end; ++at) {
        Method method{(*at)[1], {}};
        const std::string arguments = (*at)[2];
        for (std::sregex_iterator in(arguments.begin(), arguments.end(), kArgument); in != end;
             ++in)
            method.signature += (*in)[1];
        methods_.push_back(std::move(method));
    }
    if (methods_.empty())
        throw std::runtime_error("the daemon tells of no methods:\n" + xml);
}

void BusFuzzer::call_once_or_more() {
    constexpr std::size_t kMostCalls = 24;
    const Bus bus = connect();
    for (std::size_t left = 1 + below(kMostCalls); left > 0; --left) {
        if (!send_one(bus.get()))
            return;
    }
    if (one_in(3))
        (void)sd_bus_flush(bus.get());
    else
        take_answers(bus.get());
}

bool BusFuzzer::send_one(sd_bus* bus) {
    ++calls_;
    const Message message = any_message(bus);
    (void)sd_bus_message_set_expect_reply(message.get(), one_in(5) ? 0 : 1);
    (void)sd_bus_message_set_allow_interactive_authorization(message.get(), one_in(2) ? 1 : 0);
    std::uint64_t cookie = 0;
    return sd_bus_send(bus, message.get(), &cookie) >= 0;
}

void BusFuzzer::take_answers(sd_bus* bus) {
    // Calls are answered in the order in which they came, so this answer comes last.
    constexpr std::uint64_t kDeadline = 60'000'000;
    sd_bus_message* ping = nullptr;
    checked(sd_bus_message_new_method_call(bus, &ping, daemon::kServiceName, daemon::kObjectPath,
                                           "org.freedesktop.DBus.Peer", "Ping"),
            "make a call");
    const Message owned(ping);
    sd_bus_error error = SD_BUS_ERROR_NULL;
    const int result = sd_bus_call(bus, ping, kDeadline, &error, nullptr);
    // The bus throws out who sends more descriptors, or deeper values, than it likes.
    const bool is_thrown_out = result == -ECONNRESET || result == -ENOTCONN || result == -EPIPE;
    const std::string why = error.message == nullptr ? "" : error.message;
    sd_bus_error_free(&error);
    if (result < 0 && !is_thrown_out)
        throw std::runtime_error("the daemon does not answer: " + why);
    for (;;) {
        sd_bus_message* message = nullptr;
        if (sd_bus_process(bus, &message) <= 0)
            return;
        const Message answer(message);
        if (message != nullptr && sd_bus_message_is_method_error(message, nullptr) == 0 &&
            sd_bus_message_is_signal(message, nullptr, nullptr) == 0)
            ++successes_;
    }
}

BusFuzzer::Message BusFuzzer::any_message(sd_bus* bus) {
    const Method& method = one_of(methods_);
    const char* path = one_in(8) ? one_of(kPaths) : daemon::kObjectPath;
    const char* interface = one_in(6) ? one_of(kInterfaces) : kInterface;
    const bool is_ours = !one_in(5);
    const std::string member = is_ours ? method.name : one_of(kMembers);
    sd_bus_message* message = nullptr;
    if (one_in(16)) {
        checked(sd_bus_message_new_signal(bus, &message, path, kInterface, member.c_str()),
                "make a signal");
        checked(sd_bus_message_set_destination(message, daemon::kServiceName), "address a signal");
    } else {
        if (!is_ours && interface != nullptr && one_in(2))
            interface = kProperties;
        checked(sd_bus_message_new_method_call(bus, &message, daemon::kServiceName, path, interface,
                                               member.c_str()),
                "make a call");
    }
    Message owned(message);
    std::string signature = is_ours && !one_in(4) ? method.signature : any_signature();
    if (!is_ours && one_in(2))
        signature = std::array{"ss", "s", "ssv"}.at(below(3));
    for (std::string_view rest = signature; !rest.empty();) {
        const std::size_t size = type_size(rest);
        append(message, rest.substr(0, size));
        rest.remove_prefix(size);
    }
    return owned;
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
