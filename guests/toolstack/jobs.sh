# Jobs of the toolstack's initramfs: Debian's xenstored, xenconsoled and xl, as
# they are; guests/linux/init reads this file. See guests/toolstack/README.md.

export PATH=/usr/lib/xen-4.17/bin:/usr/sbin:/usr/bin:/bin HOME=/ TERM=dumb
export LD_LIBRARY_PATH=/lib/x86_64-linux-gnu
mkdir -p /run/xen /var/run /var/log/xen/console /var/lib/xen/save /var/lock /sbin /tmp
mount -t tmpfs tmpfs /run
mkdir -p /run/xen /run/xenstored /run/lock
ln -sfn /run /var/run 2> /dev/null || { rmdir /var/run; ln -s /run /var/run; }

load_modules
mount -t xenfs xenfs /proc/xen 2> /dev/null
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
ln -sfn /proc/self/fd /dev/fd && ln -sfn fd/0 /dev/stdin

# What udev and Debian's /etc/init.d/xen do: the two daemons, and what dom0
# says of itself in the store.
run_daemons() {
    local i=0
    /usr/lib/xen-4.17/bin/"${1:-oxenstored}" --pid-file /run/xenstored.pid ||
        return 1
    until xenstore-read -s / > /dev/null 2>&1; do
        i=$((i + 1))
        [ $i -lt 100 ] || { echo "the store does not answer"; return 1; }
        sleep 0.1
    done
    xen-init-dom0 > /dev/null || return 1
    xenconsoled --pid-file /run/xenconsoled.pid --log=all
}

# xl ARG...: one command.
run_xl() {
    xl "$@"
}

# session: commands from the console, without echo; for tests/toolstack.
run_session() {
    stty -echo < /dev/console
    echo "SESSION"
    setsid cttyhack sh
}
