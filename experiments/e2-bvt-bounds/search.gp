# How near the bound each offset comes. Data: by_offset().
set datafile separator ","
file(name) = data.".".name.".csv"
names = "drivers media default background"
set logscale x
set xrange [0.008:120]
set yrange [0:1.05]
set xlabel "the sleeper wakes after the others by, ms"
set ylabel "worst latency / bound"
set key outside right center Left reverse samplen 2.5 spacing 1.3
set arrow from 0.008, 1 to 120, 1 nohead lw 1.5 dt 3 lc rgb "#404040"
plot for [i=1:4] file(word(names, i)) using 1:2 skip 1 with linespoints lw 2 \
    dt dash[i] pt mark[i] lc rgb colour[i] title word(names, i)
