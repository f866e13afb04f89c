# Jobs of `make bench-toolstack`, in dom0: they make a guest, and say what it
# measured. guests/linux/init reads this file; see guests/toolstack/README.md.
. /toolstack.sh

LOG=/var/log/xen/console/guest-t.log

# config RAMDISK MIB JOBS LINE...: of the guest t. Its counter is the machine's:
# on a processor that does not promise an even one Xen would else emulate it,
# and count from the guest's creation.
config() {
    rm -f $LOG
    printf '%s\n' 'name="t"' 'kernel="/guests/vmlinuz"' "memory=$2" \
        "ramdisk=\"/guests/$1\"" "extra=\"console=hvc0 $3\"" \
        'tsc_mode="native"' > /tmp/t.cfg
    shift 3
    printf '%s\n' "$@" >> /tmp/t.cfg
}

# play: the guest to its end; what it said. `xl` waits for that end: to ask it
# every second would cost 16 ms each time, of a figure that has 240.
play() {
    xl create -qF /tmp/t.cfg > /tmp/t.log 2>&1
    if xl domid t > /dev/null 2>&1 || [ ! -s $LOG ]; then
        cat /tmp/t.log
        return 1
    fi
    tr -d '\r' < $LOG | grep -E '^(FIO|TSC|JOB END)|receiver|LATENCY|rror'
    ! grep -q 'JOB END [a-z_]* status=[^0]' $LOG
}

# create TIMES: the counter before `xl create`, and at the guest's first
# program.
run_create() {
    local i=0
    while [ $i -lt "$1" ]; do
        config domu.img 160 job=tsc
        echo "FROM $(tsc)"
        play || return 1
        i=$((i + 1))
    done
}

# disk FIO-JOB...: fio in the guest, on a disk of no content in dom0.
run_disk() {
    local jobs= job
    for job; do jobs="$jobs job=fio:xvda:$(echo "$job" | tr / :)"; done
    config benchdomu.img 384 "$jobs" 'disk=["phy:/dev/nullb0,xvda,w"]'
    play
}

# net SECONDS ROUNDS FLOWS: iperf3 to dom0 and back, so many times, then a byte
# to and fro.
run_net() {
    local jobs= i=0
    while [ $i -lt "$3" ]; do
        jobs="$jobs job=iperf_to:10.9.9.1:$1 job=iperf_to:10.9.9.1:$1:-R"
        i=$((i + 1))
    done
    ip link add br0 type bridge forward_delay 0
    ip addr add 10.9.9.1/24 dev br0
    ip link set br0 up
    iperf3 -s -D
    fio --name=answer --ioengine=net --protocol=tcp --listen --port=5300 \
        --rw=read --bs=1 --size="$2" --pingpong=1 --minimal > /dev/null &
    config benchdomu.img 384 "job=address:10.9.9.2$jobs \
job=answers:10.9.9.1:$2" 'vif=["bridge=br0"]'
    play
}
