#!/bin/sh
# mkdisk.sh OUTPUT: a disk with Debian 12 as its user would install it: GRUB for
# BIOS and UEFI, kernel, Xen 4.17 with its tools, systemd; for dom0.
#
# debootstrap makes the tree (as root, with the network), mke2fs the file system
# in a partition; then the disk is booted once, without any hypervisor, for what
# an installer does last: grub-install and update-grub, on the machine itself.
# So no loop device is needed, and nothing of the menu is ours.
#
# The disk: GPT with a partition for GRUB's core, one for UEFI, and ext4.
set -eu
out=${1:?usage: mkdisk.sh OUTPUT}
me=mkdisk
. "$(dirname "$0")/../linux/debian.sh"
packages=systemd-sysv,udev,dbus,kmod,iproute2,iputils-ping,initramfs-tools,$(
    )zstd,linux-image-amd64,grub2-common,grub-pc-bin,grub-efi-amd64-bin,$(
    )xen-hypervisor-4.17-amd64,xen-utils-4.17,xenstore-utils,$(
    )fio,iperf3,stress-ng
size=4096 # MiB, of which nearly all is a hole
efi=64    # MiB

debian_needs dom0-disk sfdisk:fdisk mkfs.vfat:dosfstools \
    qemu-system-x86_64:qemu-system-x86
[ -n "${MKDISK_APART:-}" ] || MKDISK_APART=1 exec unshare --mount "$0" "$@"
debian_tree "$packages"

# ---- as its administrator would set it up ----

debian_settle dom0
cat > "$root/etc/fstab" << 'END'
LABEL=dom0 / ext4 defaults 0 1
LABEL=EFI /boot/efi vfat defaults 0 2
END
# Nor does login's.
sed -i 's/^LOGIN_TIMEOUT.*/LOGIN_TIMEOUT 1800/' "$root/etc/login.defs"
# Xen's entry is the default; hypervisor, kernel and menu on the serial line.
mkdir -p "$root/etc/default/grub.d" "$root/boot/grub" "$root/boot/efi"
cat > "$root/etc/default/grub.d/dom0.cfg" << 'END'
GRUB_DISTRIBUTOR=Debian
GRUB_DEFAULT="Debian GNU/Linux, with Xen hypervisor"
GRUB_TIMEOUT=1
GRUB_TERMINAL="serial console"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0"
GRUB_CMDLINE_LINUX_XEN_REPLACE="console=hvc0"
GRUB_CMDLINE_XEN="console=com1 com1=115200,8n1 dom0_mem=768M"
END
cat > "$root/finish" << 'END'
#!/bin/sh
# Process 1 of the first boot: what an installer does last.
finish() {
    mount -o remount,rw / && mount -t vfat LABEL=EFI /boot/efi &&
        systemd-machine-id-setup &&
        grub-install --target=i386-pc /dev/vda &&
        grub-install --target=x86_64-efi --efi-directory=/boot/efi \
            --removable --no-nvram &&
        update-grub &&
        grep -q multiboot2.*xen-4.17-amd64.gz /boot/grub/grub.cfg
}
finish && rm /finish && umount /boot/efi && sync && echo "mkdisk: finished"
echo u > /proc/sysrq-trigger
sleep 5 # it is done in the background
echo o > /proc/sysrq-trigger
sleep 60
END
chmod +x "$root/finish"
cp "$root"/boot/vmlinuz-*-amd64 "$work/vmlinuz"
cp "$root"/boot/initrd.img-*-amd64 "$work/initrd"

# ---- the disk ----

rest=$((size - efi - 3))
truncate -s ${size}M "$work/disk"
printf '%s\n' "label: gpt" \
    "start=2048, size=1MiB, type=21686148-6449-6E6F-744E-656564454649" \
    "size=${efi}MiB, type=U" "size=${rest}MiB, type=L" |
    sfdisk -q "$work/disk"
truncate -s ${efi}M "$work/efi"
mkfs.vfat -F 32 -n EFI "$work/efi" > /dev/null
dd if="$work/efi" of="$work/disk" bs=1M seek=2 conv=notrunc,sparse \
    2> "$work/log"
mke2fs -q -t ext4 -L dom0 -d "$root" -E offset=$(((efi + 2) << 20)) \
    "$work/disk" ${rest}M

echo "mkdisk: its first boot (a minute or two)"
timeout 1200 qemu-system-x86_64 -M q35 -m 1G -cpu max -net none -no-reboot \
    -nographic -kernel "$work/vmlinuz" -initrd "$work/initrd" \
    -append "console=ttyS0 panic=-1 root=LABEL=dom0 rw init=/finish" \
    -drive "file=$work/disk,format=raw,if=virtio" \
    < /dev/null > "$work/log" 2>&1 || debian_fail "$work/log" "its first boot failed"
grep -q "mkdisk: finished" "$work/log" ||
    debian_fail "$work/log" "its first boot did not get to its end"
debugfs -R features "$work/disk?offset=$(((efi + 2) << 20))" > "$work/log" 2>&1
! grep -q needs_recovery "$work/log" ||
    debian_fail "$work/log" "its first boot left the file system open"
mv "$work/disk" "$out"
