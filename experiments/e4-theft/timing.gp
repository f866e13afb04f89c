# What the rogue's timing gives it. Data: by_timing().
set datafile separator ","
file(name) = data.".".name.".csv"
ids = "credit-2009 credit-exact bvt"
array labels[3] = ["Credit, sampled (2009)", "Credit, exact", "BVT"]
set multiplot layout 1,2 margins 0.08,0.985,0.26,0.96 spacing 0.09
set yrange [0:100]
set ylabel "CPU time of the rogue, %" offset 1,0
set nokey
do for [i=1:3] { # a legend below both, which a key cannot be
    x = 0.17 + (i - 1) * 0.29
    set arrow i from screen x, screen 0.06 to screen x+0.05, screen 0.06 \
        nohead lw 2 dt dash[i] lc rgb colour[i]
    set label i labels[i] noenhanced at screen x+0.06, screen 0.06 font ",9"
}
set xlabel "computes for, ms of each 10"
set xrange [0:10]
plot for [i=1:3] file("work-".word(ids, i)) using 1:2 skip 1 with linespoints \
    lw 2 dt dash[i] pt mark[i] lc rgb colour[i]
unset arrow
unset label
set xlabel "begins after the tick by, ms"
plot for [i=1:3] file("phase-".word(ids, i)) using 1:2 skip 1 with linespoints \
    lw 2 dt dash[i] pt mark[i] lc rgb colour[i]
unset multiplot
