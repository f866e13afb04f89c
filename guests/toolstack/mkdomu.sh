#!/bin/sh
# mkdomu.sh OUTPUT: the disk of a paravirtual guest with Debian 12 as its user
# would install it: one ext4 file system, from whose /boot GRUB's own binary
# for Xen takes kernel and initramfs; systemd, dpkg, apt, sshd, iperf3, fio.
#
# debootstrap makes the tree (as root, with the network), mke2fs the disk: no
# loop device, nothing is booted. Root has no password and is logged in on the
# console; two such guests reach each other by a key that both have.
set -eu
out=${1:?usage: mkdomu.sh OUTPUT}
# By default from where this machine has its packages; DEBIAN_MIRROR=URL: there.
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' \
    'Codename: bookworm' 'Created-By: Packages' | head -n 1)}
packages=systemd-sysv,udev,dbus,kmod,iproute2,iputils-ping,initramfs-tools,$(
    )zstd,linux-image-amd64,openssh-server,iperf3,fio,debsums
size=2048 # MiB, of which most is a hole

for need in debootstrap:debootstrap mke2fs:e2fsprogs unshare:util-linux \
    ssh-keygen:openssh-client; do
    command -v "${need%:*}" > /dev/null || {
        echo "mkdomu: ${need%:*} not found: apt-get install ${need#*:}" >&2
        exit 1
    }
done
[ "$(id -u)" = 0 ] || {
    echo "mkdomu: debootstrap wants root: run make domu-disk as root" >&2
    exit 1
}
# What debootstrap mounts in the tree must not be there when that is copied or
# removed: a mount namespace of our own.
[ -n "${MKDOMU_APART:-}" ] || MKDOMU_APART=1 exec unshare --mount "$0" "$@"

mkdir -p "$(dirname "$out")"
work=$(mktemp -d -p "$(dirname "$out")" mkdomu.XXXXXX)
root=$work/root
unmount() {
    for dir in proc sys dev/pts dev; do
        while mountpoint -q "$root/$dir"; do
            umount "$root/$dir"
        done
    done
}
trap 'unmount && rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

echo "mkdomu: Debian's packages (some minutes)"
debootstrap --variant=minbase --include="$packages" bookworm "$root" "$mirror" \
    > "$work/log" 2>&1 || {
    tail -n 15 "$work/log" >&2
    echo "mkdomu: debootstrap failed ($mirror; another: DEBIAN_MIRROR=URL)" >&2
    exit 1
}
unmount
# One package stays, for the guest to install from its disk.
mkdir -p "$root/root/packages"
mv "$root"/var/cache/apt/archives/debsums_*.deb "$root/root/packages/"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
    "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale

# ... and dpkg and debsums know what is left out.
printf 'path-exclude=/usr/share/%s/*\n' doc man locale \
    > "$root/etc/dpkg/dpkg.cfg.d/small"

# ---- as its administrator would set it up ----

echo domu > "$root/etc/hostname"
echo "127.0.0.1 localhost domu" > "$root/etc/hosts"
echo "/dev/xvda / ext4 defaults 0 1" > "$root/etc/fstab"
sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow" # no password
ssh-keygen -q -t ed25519 -N "" -C domu -f "$work/key"
mkdir -p "$root/root/.ssh"
cp "$work/key" "$root/root/.ssh/id_ed25519"
cp "$work/key.pub" "$root/root/.ssh/authorized_keys"
echo "StrictHostKeyChecking no" > "$root/root/.ssh/config"
chmod -R go-rwx "$root/root/.ssh"
# An emulated machine on a busy host is slow: no time limit decides anything.
mkdir -p "$root/etc/systemd/system.conf.d" \
    "$root/etc/systemd/system/getty.target.wants" \
    "$root/etc/systemd/system/serial-getty@hvc0.service.d"
cat > "$root/etc/systemd/system.conf.d/slow.conf" << 'END'
[Manager]
DefaultTimeoutStartSec=30min
DefaultDeviceTimeoutSec=30min
END
ln -s /lib/systemd/system/serial-getty@.service \
    "$root/etc/systemd/system/getty.target.wants/serial-getty@hvc0.service"
cat > "$root/etc/systemd/system/serial-getty@hvc0.service.d/login.conf" << 'END'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --keep-baud 115200 - linux
END
mkdir -p "$root/boot/grub"
cat > "$root/boot/grub/grub.cfg" << 'END'
set timeout=0
menuentry Debian {
    linux /vmlinuz root=/dev/xvda ro console=hvc0
    initrd /initrd.img
}
END

truncate -s ${size}M "$work/disk"
mke2fs -q -t ext4 -L domu -d "$root" "$work/disk"
mv "$work/disk" "$out"
