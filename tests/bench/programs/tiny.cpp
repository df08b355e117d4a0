// SPDX-License-Identifier: MIT
// The least a program can be. With an argument it stays, for as long as its parent does.
#include <csignal>

#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char** /*argv*/) {
    if (argc < 2)
        return 0;
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    return ::pause();
}
