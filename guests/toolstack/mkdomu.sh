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
me=mkdomu
. "$(dirname "$0")/../linux/debian.sh"
packages=systemd-sysv,udev,dbus,kmod,iproute2,iputils-ping,initramfs-tools,$(
    )zstd,linux-image-amd64,openssh-server,iperf3,fio,debsums
size=2048 # MiB, of which most is a hole

debian_needs domu-disk ssh-keygen:openssh-client
[ -n "${MKDOMU_APART:-}" ] || MKDOMU_APART=1 exec unshare --mount "$0" "$@"
debian_tree "$packages"
# One package stays, for the guest to install from its disk.
mkdir -p "$root/root/packages"
mv "$root"/var/cache/apt/archives/debsums_*.deb "$root/root/packages/"
# ... and dpkg and debsums know what is left out.
printf 'path-exclude=/usr/share/%s/*\n' doc man locale \
    > "$root/etc/dpkg/dpkg.cfg.d/small"

# ---- as its administrator would set it up ----

debian_settle domu
echo "/dev/xvda / ext4 defaults 0 1" > "$root/etc/fstab"
ssh-keygen -q -t ed25519 -N "" -C domu -f "$work/key"
mkdir -p "$root/root/.ssh"
cp "$work/key" "$root/root/.ssh/id_ed25519"
cp "$work/key.pub" "$root/root/.ssh/authorized_keys"
echo "StrictHostKeyChecking no" > "$root/root/.ssh/config"
chmod -R go-rwx "$root/root/.ssh"
mkdir -p "$root/etc/systemd/system/serial-getty@hvc0.service.d"
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
