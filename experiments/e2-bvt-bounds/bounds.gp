# The worst latency of each group, and the bound. Data: by_group().
set datafile separator ","
file(name) = data.".".name.".csv"
set xrange [-0.5:3.5]
set yrange [0:100]
set xtics ("drivers\nw = 10, W = 4.5 ms" 0, "media\n5, 4 ms" 1, \
    "default\n5, 2 ms" 2, "background\n1, 0" 3) scale 0
set ylabel "wake-up to running, ms"
set key outside right center Left reverse samplen 2.5 spacing 1.3
set bmargin 3.5
set boxwidth 0.6
set style fill solid 0.2 border lc rgb "#707070"
plot file("bound") using 1:2 skip 1 with boxes lc rgb "#707070" title "bound", \
    file("bursts-sim") using 1:2 skip 1 with points pt 7 ps 1.2 \
    lc rgb colour[1] title "all wake at once", \
    file("hogs-sim") using 1:2 skip 1 with points pt 6 ps 1.2 lw 2 \
    lc rgb colour[3] title "among hogs", \
    file("bursts-qemu") using ($1+0.15):2 skip 1 with points pt 2 ps 1.4 lw 2 \
    lc rgb colour[4] title "in the hypervisor"
