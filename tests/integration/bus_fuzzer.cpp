// SPDX-License-Identifier: MIT
#include "bus_fuzzer.hpp"

#include <array>
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
    // Methods are answered in the order in which they came, so this answer comes last.
    constexpr std::uint64_t kDeadline = 60'000'000;
    sd_bus_message* last = nullptr;
    checked(sd_bus_message_new_method_call(bus, &last, daemon::kServiceName, daemon::kObjectPath,
                                           kInterface, "ListRules"),
            "make a call");
    const Message owned(last);
    sd_bus_error error = SD_BUS_ERROR_NULL;
    const int result = sd_bus_call(bus, last, kDeadline, &error, nullptr);
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

}  // namespace oomguard::test
