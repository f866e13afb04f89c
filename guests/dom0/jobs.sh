# Jobs of the dom0 initramfs: its drivers, and work on the machine's devices.
# guests/linux/init reads this file; see guests/dom0/README.md.

load_modules
mount -t xenfs xenfs /proc/xen 2> /dev/null

# disk NAME...: the disk's first half is the test's: say what it holds; the
# second half becomes a copy of it, for the test to compare.
run_disk() {
    local name half sum
    for name; do
        wait_for "/dev/$name" || return 1
        half=$(($(cat "/sys/block/$name/size") / 2 / 2048))
        sum=$(dd if="/dev/$name" bs=1M count=$half 2> /dev/null | sha256sum)
        echo "DISK $name ${sum%% *} $half MiB"
        dd if="/dev/$name" of="/dev/$name" bs=1M count=$half seek=$half \
            conv=fsync,notrunc 2> /dev/null || return 1
        echo 3 > /proc/sys/vm/drop_caches
        sum=$(dd if="/dev/$name" bs=1M count=$half skip=$half 2> /dev/null |
            sha256sum)
        echo "DISK $name ${sum%% *} copied"
    done
}

# net INTERFACE FILE: QEMU's user network at the other end.
run_net() {
    wait_for "/sys/class/net/$1" || return 1
    ip addr add 10.0.2.15/24 dev "$1"
    ip link set "$1" up
    sleep 1
    ping -c 3 -W 5 10.0.2.2 || return 1
    if [ -n "$2" ]; then
        tftp -g -l /tmp/file -r "$2" -b 1468 10.0.2.2 || return 1
        sum=$(sha256sum < /tmp/file)
        echo "NET $1 ${sum%% *}"
    fi
    ip addr flush dev "$1"
    ip link set "$1" down
}

# busy LOAD SECOND DISK INTERFACE FILE: until the kernel is that old, keep the
# processor busy, always (full), in bursts or not (light), beside disk and
# network.
run_busy() {
    wait_for "/dev/$3" && wait_for "/sys/class/net/$4" || return 1
    ip addr add 10.0.2.15/24 dev "$4"
    ip link set "$4" up
    while :; do
        dd if="/dev/$3" of=/dev/null bs=4k count=16 iflag=direct 2> /dev/null
        usleep 40000
    done &
    while :; do
        tftp -g -l /dev/null -r "$5" -b 512 10.0.2.2
        usleep 60000
    done &
    case $1 in
    full) while :; do :; done & ;;
    light) ;;
    *) while :; do
        i=0
        while [ $i -lt 200 ]; do i=$((i + 1)); done
        usleep 20000
    done & ;;
    esac
    while [ "$(cut -d. -f1 /proc/uptime)" -lt "$2" ]; do
        sleep 0.2
    done
    cat /proc/interrupts
    kill $(jobs -p)
}

# What the hypervisor's CPUs have done so far; in devices.img.
cpu_time() {
    [ ! -x /bin/cputime ] || cputime
}

# fio DISK RW BLOCK DEPTH BYTES: transfers past the cache, and fio's
# terse line of them.
run_fio() {
    wait_for "/dev/$1" || return 1
    cpu_time
    echo "FIO $(fio --minimal --name="$1" --filename="/dev/$1" --rw="$2" \
        --bs="$3" --iodepth="$4" --io_size="$5" --ioengine=libaio \
        --direct=1 --randseed=1 --norandommap)"
    cpu_time
}

# iperf HERE THERE SECONDS [OPTION...]: two networks of one hub, THERE in a name
# space of its own with the server: so packets go by the devices. What iperf3
# says is JSON, for that has the bytes.
run_iperf() {
    local here=$1 there=$2 seconds=$3 far status
    shift 3
    wait_for "/sys/class/net/$here" && wait_for "/sys/class/net/$there" ||
        return 1
    unshare -n sleep 1000000 &
    far=$!
    sleep 1
    ip link set "$there" netns $far &&
        nsenter -t $far -n ip addr add 10.9.0.2/24 dev "$there" &&
        nsenter -t $far -n ip link set "$there" up &&
        ip addr add 10.9.0.1/24 dev "$here" && ip link set "$here" up ||
        return 1
    nsenter -t $far -n iperf3 -s -1 -D
    sleep 2
    ping -c 1 -W 5 10.9.0.2 > /dev/null
    cpu_time
    iperf3 -c 10.9.0.2 -t "$seconds" -J -i 0 "$@"
    status=$?
    cpu_time
    ip addr flush dev "$here"
    kill $far
    return $status
}

# iperf_out BYTES PORT INTERFACE [OPTION...]: with a server on QEMU's host.
run_iperf_out() {
    local bytes=$1 port=$2 interface=$3 status
    shift 3
    wait_for "/sys/class/net/$interface" || return 1
    ip addr add 10.0.2.15/24 dev "$interface"
    ip link set "$interface" up
    sleep 1
    iperf3 -c 10.0.2.2 -p "$port" -n "$bytes" -f k -i 0 "$@"
    status=$?
    ip addr flush dev "$interface"
    ip link set "$interface" down
    return $status
}

# balloon MIB: dom0's memory by its own balloon, as xl mem-set has it.
run_balloon() {
    local dir=/sys/devices/system/xen_memory/xen_memory0 now i=0
    echo $(($1 << 10)) > $dir/target_kb || return 1
    while [ $i -lt 300 ]; do
        now=$(($(cat $dir/info/current_kb) >> 10))
        [ $now = "$1" ] && break
        sleep 0.1
        i=$((i + 1))
    done
    echo "BALLOON $now of $1 MiB"
    [ $now = "$1" ]
}

# each_cpu: a program on each of them at once, that finds itself there; then
# all but the first go away and come back, one after the other.
run_each_cpu() {
    local cpu cpus status=0
    cpus=$(ls -d /sys/devices/system/cpu/cpu[0-9]* | sed 's/.*cpu//')
    for cpu in $cpus; do
        taskset -c "$cpu" sh -c 'i=0; while [ $i -lt 3000 ]; do i=$((i + 1))
            done; echo "CPU $(cut -d" " -f39 /proc/self/stat)"' &
    done
    wait
    for cpu in $cpus; do
        [ -w /sys/devices/system/cpu/cpu$cpu/online ] || continue
        for i in 0 1; do
            echo $i > /sys/devices/system/cpu/cpu$cpu/online || status=1
        done
        taskset -c "$cpu" sh -c 'echo "BACK $0"' "$cpu" || status=1
    done
    return $status
}

# show FILE...: what the kernel says there.
run_show() {
    local file
    for file; do
        echo "SHOW $file"
        cat "$file"
    done
}

# root DISK: go on with the system on that disk.
run_root() {
    wait_for "/dev/$1" || return 1
    mkdir -p /root
    mount -t ext4 "/dev/$1" /root || return 1
    umount /proc/xen /proc /sys /dev/shm /tmp 2> /dev/null
    exec switch_root /root /sbin/init
}

# xenfs: what the kernel shows of its hypervisor.
run_xenfs() {
    local file
    for file in /proc/xen/capabilities /proc/xen/xsd_port \
        $(find /sys/hypervisor -type f | sort); do
        echo "XENFS $file: $(cat "$file" 2>&1 | tr '\n' ' ')"
    done
    echo "XENFS symbols: $(wc -l < /proc/xen/xensyms)"
    grep -w -m 1 -e "$1" /proc/xen/xensyms
    ls /proc/xen | tr '\n' ' '
    echo
}

run_dmesg() {
    dmesg
}

# end WAY: poweroff, reboot, halt or crash, instead of the usual power-off.
run_end() {
    case $1 in
    crash)
        echo 1 > /proc/sys/kernel/sysrq
        echo c > /proc/sysrq-trigger ;;
    *)
        "$1" -f ;;
    esac
    sleep 60
}
