# The longest wait against the number of hogs, a line a scheduler.
set datafile separator ","
set xlabel "hogs"
set ylabel "longest wait, ms of virtual time"
set xrange [0.8:3.2]
set yrange [-1:35]
set key top left
array names[2] = ["rr", "warped"]
plot for [i=1:2] data.".".names[i].".csv" using 1:2 skip 1 with linespoints \
    lw 2 dt dash[i] pt mark[i] lc rgb colour[i] title names[i]
