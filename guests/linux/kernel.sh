#!/bin/sh
# kernel.sh OUTPUT: the newest kernel of Debian's package linux-image-amd64, as
# it is (a bzImage). METRONOME_KERNEL=FILE names another one.
set -eu
kernel=${METRONOME_KERNEL:-$(ls -v /boot/vmlinuz-*-amd64 2>/dev/null | tail -n 1)}
if [ -z "$kernel" ]; then
    echo "no /boot/vmlinuz-*-amd64: apt-get install linux-image-amd64" >&2
    exit 1
fi
if [ ! -r "$kernel" ]; then
    echo "$kernel cannot be read: set METRONOME_KERNEL to a copy" >&2
    exit 1
fi
cp "$kernel" "$1"
