#!/bin/sh
# mkdisk.sh OUTPUT: a disk with a small Debian 12, systemd and all, for dom0.
#
# From Debian's packages by debootstrap; so it wants root, the network, and some
# minutes, once. The modules are those of the kernel that kernel.sh takes. root
# has no password. The disk is one ext4 file system; it boots by the initramfs
# dom0.img with job=root:DISK.
set -eu
out=${1:?usage: mkdisk.sh OUTPUT}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
packages=systemd-sysv,udev,dbus,kmod,iproute2,iputils-ping,fio,stress-ng
for need in debootstrap mke2fs; do
    command -v $need > /dev/null || {
        echo "mkdisk: $need not found: apt-get install debootstrap e2fsprogs" >&2
        exit 1
    }
done
[ "$(id -u)" = 0 ] || {
    echo "mkdisk: debootstrap wants root: run it as root, or by fakeroot" \
        "with fakechroot" >&2
    exit 1
}
kernel=$(ls -v /boot/vmlinuz-*-amd64 | tail -n 1)
version=${kernel#/boot/vmlinuz-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
debootstrap --variant=minbase --include=$packages bookworm "$root" "$mirror" \
    > "$work/log" 2>&1 || {
    tail "$work/log" >&2
    echo "mkdisk: debootstrap failed ($mirror; another: DEBIAN_MIRROR=URL)" >&2
    exit 1
}
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
    "$root"/usr/share/doc "$root"/usr/share/man
mkdir -p "$root/lib/modules"
cp -r "/lib/modules/$version" "$root/lib/modules/"
echo dom0 > "$root/etc/hostname"
echo "/dev/root / ext4 defaults 0 1" > "$root/etc/fstab"
sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow"
mkdir -p "$(dirname "$out")"
truncate -s 1536M "$work/disk"
mke2fs -q -t ext4 -L dom0 -d "$root" "$work/disk"
cp --sparse=always "$work/disk" "$out"
