// SPDX-License-Identifier: MIT
#include "core/process.hpp"

#include "builders.hpp"

namespace oomguard {
namespace {

TEST_CASE("a snapshot knows a field only once it was read") {
    for (std::size_t marked = 0; marked < kFieldCount; ++marked) {
        Snapshot snapshot;
        snapshot.mark(static_cast<Field>(marked));
        for (std::size_t asked = 0; asked < kFieldCount; ++asked) {
            CAPTURE(marked, asked);
            CHECK(snapshot.has(static_cast<Field>(asked)) == (asked == marked));
        }
    }
}

TEST_CASE("a pid used again is another process") {
    CHECK(ProcessId{5, 100} == ProcessId{5, 100});
    CHECK(ProcessId{5, 100} != ProcessId{5, 101});
    CHECK(ProcessId{5, 100} != ProcessId{6, 100});
}

TEST_CASE("arguments are joined by spaces") {
    struct Row {
        std::string bytes;
        std::string cmdline;
    };
    for (const auto& [bytes, cmdline] : {
             Row{argument_bytes({"python", "my_28.py"}), "python my_28.py"},
             Row{argument_bytes({"sh", "-c", "a b"}), "sh -c a b"},
             Row{argument_bytes({"grep", "", "x"}), "grep  x"},
             Row{argument_bytes({"", "x"}), " x"},
             Row{"no NUL at the end", "no NUL at the end"},
             Row{"postgres: writer" + std::string(40, '\0'), "postgres: writer"},
             Row{std::string(3, '\0'), ""},
             Row{"", ""},
             Row{argument_bytes({"two\nlines", "\xff"}), "two\nlines \xff"},
         }) {
        CAPTURE(cmdline);
        Snapshot snapshot = bare("x");
        CHECK_FALSE(snapshot.has(Field::Cmdline));
        set_cmdline(snapshot, bytes);
        CHECK(snapshot.has(Field::Cmdline));
        CHECK(snapshot.cmdline == cmdline);
        CHECK(snapshot.script_name.empty());
    }
}

TEST_CASE("a script whose comm was cut has its full name in one of three arguments") {
    const std::string script = "/usr/bin/unattended-upgrade";
    struct Row {
        std::vector<std::string> arguments;
        std::string name;
    };
    for (const auto& [arguments, name] : {
             Row{{script}, "unattended-upgrade"},
             Row{{"/usr/bin/python3", script}, "unattended-upgrade"},
             Row{{"/usr/bin/python3", "unattended-upgrade", "-v"}, "unattended-upgrade"},
             // "#!/usr/bin/perl -w": the kernel puts the option before the script
             Row{{"/usr/bin/perl", "-w", script}, "unattended-upgrade"},
             Row{{"/usr/bin/perl", "-w", "-T", script}, ""},
             Row{{"", script}, "unattended-upgrade"},
             Row{{"python3", "unattended-upgr"}, "unattended-upgr"},
             Row{{"python3", "unattended-upg"}, ""},
             Row{{"python3", "my-unattended-upgrade"}, ""},
             Row{{"python3", "/unattended-upgrade/x"}, ""},
             Row{{script + "-shutdown", script}, "unattended-upgrade-shutdown"},
             Row{{"python3"}, ""},
             Row{{}, ""},
         }) {
        CAPTURE(arguments);
        Snapshot snapshot = bare("unattended-upgr");
        set_arguments(snapshot, arguments);
        CHECK(snapshot.script_name == name);
    }
}

TEST_CASE("a comm that was not cut is the whole name, so arguments cannot lengthen it") {
    for (const std::string_view comm : {"unattended-upg", "unattended-upgra", ""}) {
        CAPTURE(comm);
        Snapshot snapshot = bare(comm);
        set_arguments(snapshot, {"python3", "/usr/bin/unattended-upgrade"});
        CHECK(snapshot.script_name.empty());
    }
}

TEST_CASE("arguments read again leave nothing of the ones before") {
    Snapshot snapshot = bare("unattended-upgr");
    set_arguments(snapshot, {"python3", "/usr/bin/unattended-upgrade"});
    set_arguments(snapshot, {"sh"});
    CHECK(snapshot.cmdline == "sh");
    CHECK(snapshot.script_name.empty());
}

TEST_CASE("an executable keeps its path and name after an upgrade replaced the file") {
    struct Row {
        std::string_view exe;
        std::string_view path;
        std::string_view name;
    };
    for (const auto& [exe, path, name] : {
             Row{"/usr/sbin/sshd", "/usr/sbin/sshd", "sshd"},
             Row{"/usr/sbin/sshd (deleted)", "/usr/sbin/sshd", "sshd"},
             Row{"/opt/a (deleted) b/x", "/opt/a (deleted) b/x", "x"},
             Row{"/opt/x(deleted)", "/opt/x(deleted)", "x(deleted)"},
             Row{"/memfd:x (deleted)", "/memfd:x", "memfd:x"},
             Row{"sshd", "sshd", "sshd"},
             Row{"", "", ""},
         }) {
        CAPTURE(exe);
        CHECK(executable_path(exe) == path);
        CHECK(executable_name(exe) == name);
    }
}

TEST_CASE("the system unit is the first component that is not a slice") {
    struct Row {
        std::string_view cgroup;
        std::string_view unit;
    };
    for (const auto& [cgroup, unit] : {
             Row{"/system.slice/nginx.service", "nginx.service"},
             Row{"/system.slice/system-postgresql.slice/postgresql@15-main.service",
                 "postgresql@15-main.service"},
             Row{"/init.scope", "init.scope"},
             Row{"/system.slice/dbus.socket", "dbus.socket"},
             Row{"/system.slice/mnt-data.mount", "mnt-data.mount"},
             Row{"/system.slice/swapfile.swap", "swapfile.swap"},
             Row{"/system.slice/nginx.service/workers", "nginx.service"},
             // whatever a user, a container or a delegated unit calls what is below it
             Row{"/user.slice/user-1000.slice/user@1000.service/app.slice/sshd.service",
                 "user@1000.service"},
             Row{"/user.slice/user-1000.slice/user@1000.service/system.slice/sshd.service",
                 "user@1000.service"},
             Row{"/user.slice/user-1000.slice/session-2.scope", "session-2.scope"},
             Row{"/system.slice/docker-4f2a.scope/system.slice/nginx.service", "docker-4f2a.scope"},
             Row{"/docker/4f2a/system.slice/nginx.service", ""},
             Row{"/docker/4f2a", ""},
             Row{"/kubepods/burstable/pod1/nginx.service", ""},
             Row{"/lxc.payload.web/system.slice/nginx.service", ""},
             // systemd's escape for names of cgroupfs's own
             Row{"/system.slice/_cpu.service", "cpu.service"},
             Row{"/system.slice/__x.service", "_x.service"},
             Row{"/_memory.slice/db.service", "db.service"},
             Row{"/system.slice/_.service", ""},
             // no unit
             Row{"/system.slice", ""},
             Row{"/user.slice/user-1000.slice", ""},
             Row{"/-.slice", ""},
             Row{"/", ""},
             Row{"", ""},
             Row{"//x.service", ""},
             Row{"x.service", "x.service"},
             Row{"/../x.service", ""},  // outside of our own cgroup namespace
             Row{"/system.slice/.service", ""},
             Row{"/system.slice/nginx.service.d", ""},
             Row{"/system.slice/nginx.timer", ""},
             Row{"/system.slice/service", ""},
             Row{"/system.slicex/nginx.service", ""},
         }) {
        CAPTURE(cgroup);
        CHECK(system_unit(cgroup) == unit);
    }
}

}  // namespace
}  // namespace oomguard
