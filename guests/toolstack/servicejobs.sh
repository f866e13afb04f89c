# Jobs of experiments/dom0-weight, in dom0: a web server and its client, guests
# that have only dom0's bridge between them, and dom0's weight from time to time
# another. guests/linux/init reads this file; see guests/toolstack/README.md.
. /toolstack.sh

# guest NAME NUMBER CPU JOBS: with the address 10.9.9.NUMBER.
guest() {
    printf '%s\n' "name=\"$1\"" 'kernel="/guests/vmlinuz"' 'memory=192' 'vcpus=1' \
        'ramdisk="/guests/service.img"' "cpus=\"$3\"" \
        "vif=[\"bridge=br0,mac=00:16:3e:00:00:0$2\"]" \
        "extra=\"console=hvc0 quiet job=address:10.9.9.$2 $4\"" \
        > "/tmp/$1.cfg"
    xl create -q "/tmp/$1.cfg"
}

# ask CONNECTIONS: one window; what wrk says.
ask() {
    echo "$1" | nc 10.9.9.3 7000
}

# service SECONDS: guests web, on CPU 0, and client, on CPU 1, which asks it for
# so long each time that it is asked to.
run_service() {
    local i=0
    ip link add br0 type bridge forward_delay 0
    ip addr add 10.9.9.1/24 dev br0
    ip link set br0 up
    guest web 2 0 job=web || return 1
    guest client 3 1 "job=asks:10.9.9.2:$1" || return 1
    until ask 1 > /tmp/first 2> /dev/null && grep -q '^Requests/sec' /tmp/first; do
        i=$((i + 1))
        [ $i -lt 100 ] || { cat /tmp/first /var/log/xen/console/*; return 1; }
        sleep 0.1
    done
    echo "READY $(tsc) $(tail -n 2 /tmp/first | head -n 1)"
}

# at SECONDS: wait until dom0 is so old.
run_at() {
    local up rest
    read -r up rest < /proc/uptime
    sleep "$(dc -e "$1 $up - p" 2> /dev/null || echo 0)"
    echo "AT $(tsc)"
}

# weights CONNECTIONS NAME=WEIGHT...: a window for each, with this weight of
# dom0, which has had it for a while.
run_weights() {
    local each name connections=$1
    shift
    for each; do
        name="$connections ${each%=*}"
        metronomectl sched set -d 0 "weight=${each#*=}" || return 1
        sleep 0.2
        echo "WINDOW $name begin $(tsc)"
        ask "$connections" | sed -n "s/^  *\(99%\)/WINDOW $name \1/p
            s/^Requests.sec/WINDOW $name &/p"
        echo "WINDOW $name end $(tsc)"
    done
}
