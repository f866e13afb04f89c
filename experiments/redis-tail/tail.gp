# The tail, and the shares: the model in the simulator beside 1, 3, 9 batch
# domains, redis in the hypervisor beside 9, to the right. Data: curves().
set datafile separator ","
file(host, i) = data.".".host."-".word(ids, i).".csv"
ids = "rr credit credit2 rtds sedf bvt-plain bvt-warp"
array labels[7] = ["round robin", "Credit", "Credit2", "RTDS", "SEDF", \
                   "BVT, no warp", "BVT, warp"]
array hue[7] = [7, 2, 3, 5, 4, 6, 1]
at(i) = 11.5 + (i - 4) * 0.3
set multiplot layout 1,2 margins 0.085,0.985,0.3,0.94 spacing 0.1
set xrange [0:13]
set xtics ("1" 1, "3" 3, "9" 9, "9, redis" 11.5)
set logscale y
set nokey
do for [i=1:7] {
    x = 0.06 + ((i - 1) % 4) * 0.235
    y = i < 5 ? 0.115 : 0.045
    set arrow i from screen x, screen y to screen x+0.045, screen y \
        nohead lw 2 dt dash[hue[i]] lc rgb colour[hue[i]]
    set label i labels[i] noenhanced at screen x+0.07, screen y font ",9"
    set label 10+i "" at screen x+0.055, screen y \
        point pt mark[hue[i]] ps 1 lc rgb colour[hue[i]]
}
set arrow 20 from 10.1, graph 0 to 10.1, graph 1 nohead lc rgb "#aaaaaa"
set xlabel "batch domains"
set label 21 "simulator" at 5, graph 1.03 center font ",9"
set label 22 "hypervisor" at 11.5, graph 1.03 center font ",9"
set yrange [0.05:500]
set ytics ("0.1" 0.1, "1" 1, "10" 10, "100" 100)
set ylabel "99th percentile of latencies, ms" offset 1,0
stats data.".sim-alone.csv" using 2 skip 1 nooutput
sim = STATS_mean / 1000
stats data.".qemu-alone.csv" using 2 skip 1 nooutput
real = STATS_mean / 1000
plot x < 10.1 ? sim : real with lines lw 7 lc rgb "#cccccc", \
    for [i=1:7] file("sim", i) \
    using ($1+(i-4)*0.08):($2/1000):($3/1000):($4/1000) skip 1 \
    with yerrorbars lw 1 pt mark[hue[i]] ps 0.1 lc rgb colour[hue[i]], \
    for [i=1:7] file("sim", i) using ($1+(i-4)*0.08):($2/1000) skip 1 \
    with linespoints lw 2 dt dash[hue[i]] pt mark[hue[i]] \
    lc rgb colour[hue[i]], \
    for [i=1:7] file("qemu", i) \
    using (at(i)):($2/1000):($3/1000):($4/1000) skip 1 \
    with yerrorbars lw 2 pt mark[hue[i]] ps 1 lc rgb colour[hue[i]]
do for [i=1:7] { unset arrow i; unset label i; unset label 10+i }
set yrange [0.008:300]
set ytics ("≤ 0.01" 0.01, "0.1" 0.1, "1" 1, "10" 10, "100" 100)
set ylabel "worst error of a share, %" offset 0.5,0
plot for [i=1:7] file("sim", i) using ($1+(i-4)*0.08):5 skip 1 \
    with linespoints lw 2 dt dash[hue[i]] pt mark[hue[i]] \
    lc rgb colour[hue[i]], \
    for [i=1:7] file("qemu", i) using (at(i)):5 skip 1 \
    with points lw 2 pt mark[hue[i]] ps 1 lc rgb colour[hue[i]]
unset multiplot
