# Jobs of a guest that the toolstack makes: its front-ends, and an end on
# request. guests/linux/init reads this file; see guests/toolstack/README.md.
mkdir -p /sbin
for name in poweroff reboot; do ln -sf "/bin/$name" "/sbin/$name"; done
load_modules

# serve: stay, until the toolstack says shutdown or reboot: the kernel runs
# /sbin/poweroff or /sbin/reboot, which signal process 1.
run_serve() {
    trap 'poweroff -f' USR2
    trap 'reboot -f' TERM
    echo "SERVING $(cat /sys/hypervisor/uuid 2> /dev/null)"
    while :; do
        sleep 1 &
        wait
    done
}

# disk NAME: the first half is somebody's: say its sum, copy it to the second.
run_disk() {
    local half
    wait_for "/dev/$1" || return 1
    half=$(($(cat "/sys/block/$1/size") / 2 / 8))
    echo "DISK $1 $(dd if="/dev/$1" bs=4k count=$half 2> /dev/null | sha256sum)"
    dd if="/dev/$1" of="/dev/$1" bs=4k count=$half seek=$half \
        conv=fsync,notrunc 2> /dev/null
}

# ping OWN OTHER: by eth0.
run_ping() {
    wait_for /sys/class/net/eth0 || return 1
    ip addr add "$1/24" dev eth0
    ip link set eth0 up
    ping -c 3 -W 20 "$2"
}

# churn DISK OWN OTHER: in the background and for ever, read and write the disk
# past the cache, and ping.
run_churn() {
    wait_for "/dev/$1" && wait_for /sys/class/net/eth0 || return 1
    ip addr add "$2/24" dev eth0
    ip link set eth0 up
    while :; do
        dd if="/dev/$1" of=/dev/null bs=64k count=32 iflag=direct
        dd if=/dev/zero of="/dev/$1" bs=64k count=8 oflag=direct
        usleep 1000
    done > /dev/null 2>&1 &
    ping -s 1400 -i 0.02 "$3" > /dev/null 2>&1 &
    echo CHURNING
}
