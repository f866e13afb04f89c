# The tail by scheduler. Data: bars().
set datafile separator ","
file(name) = data.".".name.".csv"
set logscale y
set yrange [0.0008:300]
set ytics ("1 µs" 0.001, "10 µs" 0.01, "0.1 ms" 0.1, "1 ms" 1, "10 ms" 10, "100 ms" 100)
set xrange [-0.6:10.6]
set xtics ("Credit\n30 ms" 0, "Credit\n10 ms" 1, "Credit\n5 ms" 2, "Credit\n1 ms" 3, \
    "SEDF\n5 in 20" 4, "RTDS\n5 in 20" 5, "table\n5 in 20" 6, \
    "SEDF\n1 in 4" 7, "table\n1 in 4" 8, "BVT" 9, "BVT\nwarp" 10) scale 0 font ",9"
set ylabel "wait of a request"
set grid noxtics
set bmargin at screen 0.26
set tmargin at screen 0.97
set lmargin at screen 0.125
set rmargin at screen 0.985
set key at screen 0.5, screen 0.085 center horizontal maxrows 2 samplen 1.5 width 1 font ",9"
stats file("busy-sim") using (($1 == 0) ? $3 : NaN) skip 1 nooutput
set arrow from -0.5, STATS_max/17 to 10.5, STATS_max/17 nohead dt 3 lw 1.3 lc rgb "#404040"
plot file("busy-sim") using 1:3 skip 1 with points pt 7 ps 1.2 lc rgb colour[1] title "computes meanwhile: longest", \
    file("busy-sim") using 1:2 skip 1 with points pt 6 ps 2 lw 1.6 lc rgb colour[1] title "99th percentile", \
    file("ping-sim") using ($1+0.18):3 skip 1 with points pt 9 ps 1.2 lc rgb colour[3] title "sleeps meanwhile: longest", \
    file("ping-sim") using ($1+0.18):2 skip 1 with points pt 8 ps 2 lw 1.6 lc rgb colour[3] title "99th percentile", \
    file("busy-qemu") using ($1-0.18):3 skip 1 with points pt 2 ps 1.3 lw 2 lc rgb colour[4] title "in the hypervisor, longest", \
    NaN with lines dt 3 lw 1.3 lc rgb "#404040" title "Credit / 17"
