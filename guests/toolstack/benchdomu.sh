# Jobs of the guest of `make bench-toolstack`; guests/linux/init reads this file.
. /domu.sh

# fio DISK RW BLOCK DEPTH BYTES: transfers past the cache, and fio's terse line.
run_fio() {
    wait_for "/dev/$1" || return 1
    echo "FIO $(fio --minimal --name="$1" --filename="/dev/$1" --rw="$2" \
        --bs="$3" --iodepth="$4" --io_size="$5" --ioengine=libaio \
        --direct=1 --randseed=1 --norandommap)"
}

run_address() {
    wait_for /sys/class/net/eth0 || return 1
    ip addr add "$1/24" dev eth0
    ip link set eth0 up
    ping -c 1 -W 20 10.9.9.1 > /dev/null
}

# iperf_to SERVER SECONDS [OPTION...]: the server, which has just ended a test,
# may turn the next one away.
run_iperf_to() {
    local server=$1 seconds=$2 i=0
    shift 2
    until iperf3 -c "$server" -t "$seconds" -f k -i 0 "$@"; do
        i=$((i + 1))
        [ $i -lt 10 ] || return 1
        sleep 1
    done
}

# answers SERVER ROUNDS: one byte to and fro.
run_answers() {
    echo "FIO $(fio --minimal --name=ask --ioengine=net --protocol=tcp \
        --hostname="$1" --port=5300 --rw=write --bs=1 --size="$2" --pingpong=1)"
}
