# Requests to a guest among hogs. Data: by_hogs().
set datafile separator ","
file(name) = data.".".name.".csv"
ids = "boost no-boost credit2 sedf bvt bvt-warp"
array labels[6] = ["Credit", "Credit, no boost", "Credit2", "SEDF", "BVT, no warp", "BVT, warp"]
set multiplot layout 1,2 margins 0.125,0.985,0.3,0.91 spacing 0.06
set logscale y
set yrange [0.0007:400]
set ytics ("≤ 1 µs" 0.001, "10 µs" 0.01, "0.1 ms" 0.1, "1 ms" 1, "10 ms" 10, "100 ms" 100)
set xrange [0.7:7.3]
set xtics 1
set nokey
do for [i=1:6] {
    x = 0.1 + ((i - 1) % 3) * 0.31
    y = i < 4 ? 0.115 : 0.045
    set arrow i from screen x, screen y to screen x+0.05, screen y \
        nohead lw 2 dt dash[i] lc rgb colour[i]
    set label i labels[i] noenhanced at screen x+0.06, screen y font ",9"
}
set xlabel "computing guests"
set ylabel "longest wait of a request" offset 0.3,0
set title "it only answers" font ",10" offset 0,-0.5
plot for [i=1:6] file("pure-".word(ids, i)."-sim") using 1:4 skip 1 \
    with linespoints lw 2 dt dash[i] pt mark[i] lc rgb colour[i], \
    for [i=1:6] file("pure-".word(ids, i)."-qemu") using ($1+0.15):4 skip 1 \
    with points pt 2 ps 1.3 lw 2 lc rgb colour[i]
unset arrow
unset label
set ylabel ""
set format y ""
set ytics ("" 0.001, "" 0.01, "" 0.1, "" 1, "" 10, "" 100)
set title "it computes meanwhile" font ",10" offset 0,-0.5
plot 30*x with lines lw 7 lc rgb "#cccccc", \
    for [i=1:6] file("mixed-".word(ids, i)."-sim") using 1:4 skip 1 \
    with linespoints lw 2 dt dash[i] pt mark[i] lc rgb colour[i], \
    for [i=1:6] file("mixed-".word(ids, i)."-qemu") using ($1+0.15):4 skip 1 \
    with points pt 2 ps 1.3 lw 2 lc rgb colour[i]
unset multiplot
