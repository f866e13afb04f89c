# Jobs of the guests of experiments/dom0-weight: nginx, and who asks it.
# guests/linux/init reads this file; see guests/toolstack/README.md.
. /domu.sh

run_address() {
    wait_for /sys/class/net/eth0 || return 1
    ip addr add "$1/24" dev eth0
    ip link set eth0 up
}

# web: until the end.
run_web() {
    nginx
}

# asks SERVER SECONDS: whoever connects to port 7000, and says over how many
# connections, has the server asked for so long, as fast as it answers, and gets
# what wrk says.
run_asks() {
    printf '#!/bin/sh\nread -r c\nexec wrk -t 1 -c $c -d %s --latency %s\n' \
        "$2" "http://$1/" > /tmp/ask
    chmod +x /tmp/ask
    nc -ll -p 7000 -e /tmp/ask
}
