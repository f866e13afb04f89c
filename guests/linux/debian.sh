# debian.sh - for scripts that make a disk with Debian 12 (sourced by them): a
# tree of its packages, by debootstrap, as root, in a mount namespace of its own.
#
# me: the script's name in messages; out: what it makes.
# DEBIAN_MIRROR=URL: packages from there; by default from where this machine has
# its own. DEBIAN_CACHE=FOLDER (an absolute path): those that are there are not
# fetched again.

# debian_needs TARGET PROGRAM:PACKAGE... : they are there, and we are root.
# TARGET is what make calls it.
debian_needs() {
    target=$1
    shift
    for need in debootstrap:debootstrap mke2fs:e2fsprogs unshare:util-linux "$@"
    do
        command -v "${need%:*}" > /dev/null || {
            echo "$me: ${need%:*} not found: apt-get install ${need#*:}" >&2
            exit 1
        }
    done
    [ "$(id -u)" = 0 ] || {
        echo "$me: debootstrap wants root: run make $target as root" >&2
        exit 1
    }
}

debian_unmount() {
    for dir in proc sys dev/pts dev; do
        while mountpoint -q "$root/$dir"; do
            umount "$root/$dir"
        done
    done
}

# debian_fail LOG MESSAGE: its end, one line, and exit.
debian_fail() {
    tail -n 15 "$1" >&2
    echo "$me: $2" >&2
    exit 1
}

# debian_tree PACKAGE,PACKAGE... : the tree is $root, in $work, which goes at
# exit. To be called in a namespace of its own: what debootstrap mounts in the
# tree must not be there when that is copied or removed.
debian_tree() {
    mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' \
        'Codename: bookworm' 'Created-By: Packages' | head -n 1)}
    mkdir -p "$(dirname "$out")"
    work=$(mktemp -d -p "$(dirname "$out")" "$me".XXXXXX)
    root=$work/root
    trap 'debian_unmount && rm -rf "$work"' EXIT
    trap 'exit 1' INT TERM
    echo "$me: Debian's packages (some minutes)"
    debootstrap ${DEBIAN_CACHE:+--cache-dir="$DEBIAN_CACHE"} \
        --variant=minbase --include="$1" bookworm "$root" "$mirror" \
        > "$work/log" 2>&1 || debian_fail "$work/log" \
        "debootstrap failed ($mirror; another: DEBIAN_MIRROR=URL)"
    debian_unmount
}

# What nobody reads there; the host's name; root without a password; and no time
# limit of systemd's that decides anything, as an emulated machine on a busy host
# is slow. A login on the console hvc0.
debian_settle() {
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
        "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale
    echo "$1" > "$root/etc/hostname"
    echo "127.0.0.1 localhost $1" > "$root/etc/hosts"
    sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow"
    mkdir -p "$root/etc/systemd/system.conf.d" \
        "$root/etc/systemd/system/getty.target.wants"
    printf '%s\n' '[Manager]' DefaultTimeoutStartSec=30min \
        DefaultDeviceTimeoutSec=30min \
        > "$root/etc/systemd/system.conf.d/slow.conf"
    ln -s /lib/systemd/system/serial-getty@.service \
        "$root/etc/systemd/system/getty.target.wants/serial-getty@hvc0.service"
}
