#!/bin/sh
# selftests.sh OUTPUT: the kernel's own self-tests, of Debian's package
# linux-source-6.1 (there is none with them built, and none of LTP): those that
# need no hardware and that a paravirtual kernel can pass: system calls, signals,
# segments, debug registers, I/O permissions, futexes, timers, memory. OUTPUT
# becomes a folder of programs, FOLDER-NAME each.
#
# Takes the package by apt-get download (140 MB, no root), once.
# METRONOME_LINUX_SOURCE=FILE.tar.xz names one that is there already.
set -eu
out=$(realpath -m "${1:?usage: selftests.sh OUTPUT}")
package=linux-source-6.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar=${METRONOME_LINUX_SOURCE:-}
if [ -z "$tar" ]; then
    (cd "$work" && apt-get download $package > log 2>&1) || {
        cat "$work/log" >&2
        echo "selftests: $package cannot be fetched: apt-get update, or" \
            "METRONOME_LINUX_SOURCE=FILE.tar.xz" >&2
        exit 1
    }
    dpkg-deb --fsys-tarfile "$work"/$package*.deb |
        tar xf - -C "$work" ./usr/src/$package.tar.xz
    tar=$work/usr/src/$package.tar.xz
fi
tar xJf "$tar" -C "$work" --strip-components=1 \
    $package/tools/testing/selftests \
    $package/arch/x86/include/asm/desc_defs.h
cd "$work/tools/testing/selftests"
mkdir -p "$work/out"
# build FOLDER NAME...
build() {
    folder=$1
    shift
    for name; do
        more=
        case $name in
        sysret_ss_attrs) more=x86/thunks.S ;;
        check_initial_reg_state) more="-static -Wl,-ereal_start" ;;
        esac
        gcc -O2 -std=gnu99 -D_GNU_SOURCE -DCAN_BUILD_64 -pthread -no-pie \
            -w -I"$folder" -I"$folder/../include" -I. \
            -o "$work/out/$(basename "$folder")-$name" \
            "$folder/$name.c" $more -lrt -ldl
    done
}
build x86 check_initial_reg_state corrupt_xstate_header fsgsbase \
    fsgsbase_restore ioperm iopl ldt_gdt mov_ss_trap ptrace_syscall \
    sigaltstack sigreturn sigtrap_loop single_step_syscall syscall_arg_fault \
    syscall_nt syscall_numbering sysret_rip sysret_ss_attrs test_mremap_vdso \
    test_vsyscall
build breakpoints breakpoint_test
build clone3 clone3
build futex/functional futex_requeue futex_requeue_pi \
    futex_requeue_pi_mismatched_ops futex_requeue_pi_signal_restart \
    futex_wait futex_wait_timeout futex_wait_uninitialized_heap \
    futex_wait_wouldblock
build kcmp kcmp_test
build membarrier membarrier_test_single_thread membarrier_test_multi_thread
build mincore mincore_selftest
build prctl disable-tsc-test disable-tsc-ctxt-sw-stress-test
build ptrace get_syscall_info peeksiginfo vmaccess
build sigaltstack sas
build timers inconsistency-check nanosleep posix_timers threadtest
build vm map_fixed_noreplace map_populate mremap_dontunmap mremap_test \
    on-fault-limit
rm -rf "$out"
mkdir -p "$out"
cp "$work"/out/* "$out/"
