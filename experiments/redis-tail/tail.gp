# The tail, to the left, and the shares, to the right, against the number of
# batch domains: the model in the simulator above, redis in the hypervisor
# below. Data: curves().
set datafile separator ","
file(host, i) = data.".".host."-".word(ids, i).".csv"
ids = "rr credit credit2 rtds sedf bvt-plain bvt-warp"
# In the quick sweep the simulator alone.
there = "for h in sim qemu; do [ ! -e ".data.".$h-alone.csv ] || echo $h; done"
hosts = system(there)
array labels[7] = ["round robin", "Credit", "Credit2", "RTDS", "SEDF", \
                   "BVT, no warp", "BVT, warp"]
title_of(host) = host eq "sim" ? "model, in the simulator" \
    : "redis, in the hypervisor"
array hue[7] = [7, 2, 3, 5, 4, 6, 1]
# Side by side: no two schedulers' bars hide one another.
at(n, i) = n * (1 + (i - 4) * 0.02)
set multiplot layout words(hosts),2 margins 0.1,0.985,0.18,0.95 spacing 0.12,0.09
set logscale xy
set xrange [0.8:12]
set xtics ("1" 1, "3" 3, "9" 9)
set nokey
do for [i=1:7] {
    x = 0.06 + ((i - 1) % 4) * 0.235
    y = i < 5 ? 0.065 : 0.025
    set arrow i from screen x, screen y to screen x+0.045, screen y \
        nohead lw 2 dt dash[hue[i]] lc rgb colour[hue[i]]
    set label i labels[i] noenhanced at screen x+0.07, screen y font ",9"
    set label 10+i "" at screen x+0.055, screen y \
        point pt mark[hue[i]] ps 1 lc rgb colour[hue[i]]
}
do for [h=1:words(hosts)] {
    host = word(hosts, h)
    set label 21 title_of(host) at graph 0.5, graph 1.04 center font ",9"
    if (h == words(hosts)) { set xlabel "batch domains" }
    set yrange [0.05:500]
    set ytics ("0.1" 0.1, "1" 1, "10" 10, "100" 100)
    set ylabel "99th percentile of latencies, ms" offset 0,0
    stats data.".".host."-alone.csv" using 2 skip 1 nooutput
    alone = STATS_mean / 1000
    plot alone with lines lw 7 lc rgb "#cccccc", \
        for [i=1:7] file(host, i) \
        using (at($1, i)):($2/1000):($3/1000):($4/1000) skip 1 \
        with yerrorbars lw 1 pt mark[hue[i]] ps 0.1 lc rgb colour[hue[i]], \
        for [i=1:7] file(host, i) using (at($1, i)):($2/1000) skip 1 \
        with linespoints lw 2 dt dash[hue[i]] pt mark[hue[i]] \
        lc rgb colour[hue[i]]
    do for [i=1:7] { unset arrow i; unset label i; unset label 10+i }
    set yrange [0.008:300]
    set ytics ("≤ 0.01" 0.01, "0.1" 0.1, "1" 1, "10" 10, "100" 100)
    set ylabel "worst error of a share, %" offset 0.5,0
    plot for [i=1:7] file(host, i) using (at($1, i)):5 skip 1 \
        with linespoints lw 2 dt dash[hue[i]] pt mark[hue[i]] \
        lc rgb colour[hue[i]]
}
unset multiplot
