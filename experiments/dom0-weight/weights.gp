# Requests a second, and CPU time, against dom0's weight, over few connections
# and over many. Data: by_weight().
set datafile separator ","
file(i, c) = data.".".word(ids, i)."-".c.".csv"
ids = "credit credit2 bvt sedf"
array labels[4] = ["Credit", "Credit2", "BVT", "SEDF, extra time"]
array hue[4] = [2, 3, 1, 4]
set multiplot layout 2,3 margins 0.07,0.985,0.18,0.94 spacing 0.075,0.1
set logscale x 2
set xrange [0.11:9]
set xtics ("1/8" 0.125, "1/2" 0.5, "2" 2, "8" 8)
set nokey
do for [i=1:4] {
    x = 0.06 + (i - 1) * 0.235
    set arrow i from screen x, screen 0.03 to screen x+0.045, screen 0.03 \
        nohead lw 2 dt dash[hue[i]] lc rgb colour[hue[i]]
    set label i labels[i] noenhanced at screen x+0.07, screen 0.03 font ",9"
    set label 10+i "" at screen x+0.0225, screen 0.03 \
        point pt mark[hue[i]] ps 1 lc rgb colour[hue[i]]
}
array titles[3] = ["requests a second", "CPU time of dom0, %", \
                   "of the web server, %"]
do for [c=1:2] {
    connections = (c == 1 ? 4 : 64)
    if (c == 2) { set xlabel "weight of dom0, the others' is 1" offset 0,0.3 }
    do for [m=1:3] {
        set label 21 titles[m].", ".connections." connections" \
            at graph 0.5, graph 1.06 center font ",8"
        set yrange [0:*]
        n = (m == 1 ? 2 : m + 2)
        plot for [i=1:4] file(i, connections) using 1:n skip 1 \
            with linespoints lw 2 dt dash[hue[i]] pt mark[hue[i]] ps 1 \
            lc rgb colour[hue[i]]
        do for [i=1:4] { unset arrow i; unset label i; unset label 10+i }
    }
}
unset multiplot
