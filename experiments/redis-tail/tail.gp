# The tail, and the shares. Data: curves().
set datafile separator ","
file(name) = data.".".name.".csv"
ids = "credit credit2 rtds sedf bvt-plain bvt-warp"
array labels[6] = ["Credit", "Credit2", "RTDS", "SEDF", "BVT, no warp", "BVT, warp"]
array hue[6] = [2, 3, 5, 4, 6, 1]
set multiplot layout 1,2 margins 0.1,0.985,0.28,0.96 spacing 0.11
set xrange [0.5:9.5]
set xtics 1
set logscale y
set nokey
do for [i=1:6] {
    x = 0.1 + ((i - 1) % 3) * 0.31
    y = i < 4 ? 0.11 : 0.045
    set arrow i from screen x, screen y to screen x+0.05, screen y \
        nohead lw 2 dt dash[hue[i]] lc rgb colour[hue[i]]
    set label i labels[i] noenhanced at screen x+0.06, screen y font ",9"
}
set xlabel "batch domains"
set yrange [0.1:*]
set ylabel "99th percentile of latencies, ms" offset 1,0
stats file("alone") using 2 skip 1 nooutput
alone = STATS_mean / 1000
plot alone with lines lw 7 lc rgb "#cccccc", \
    for [i=1:6] file(word(ids, i)) using ($1+(i-3.5)*0.06):($2/1000):($3/1000):($4/1000) skip 1 \
    with yerrorbars lw 1 pt mark[hue[i]] ps 0.1 lc rgb colour[hue[i]], \
    for [i=1:6] file(word(ids, i)) using 1:($2/1000) skip 1 with linespoints lw 2 \
    dt dash[hue[i]] pt mark[hue[i]] lc rgb colour[hue[i]]
unset arrow
unset label
set yrange [0.008:300]
set ytics ("≤ 0.01" 0.01, 0.1, 1, 10, 100)
set ylabel "worst error of a share, %" offset 0.5,0
plot for [i=1:6] file(word(ids, i)) using 1:5 skip 1 with linespoints lw 2 \
    dt dash[hue[i]] pt mark[hue[i]] lc rgb colour[hue[i]]
unset multiplot
