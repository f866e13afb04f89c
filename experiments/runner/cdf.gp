# Wake-to-run latency: the distribution, and its tail. Data: one file for each
# scheduler, data.".NAME": latency in us, fraction at or below, fraction above.
set multiplot layout 1,2 margins 0.085,0.985,0.28,0.90 spacing 0.115
set logscale x
set xrange [xmin:xmax]
set format x "10^{%L}"
set xlabel "wake-up to running, µs of virtual time"
set yrange [0:1]
set ylabel "fraction of wake-ups" offset 1.2,0
set title "all wake-ups" font ",10" offset 0,-0.4
set nokey
do for [i=1:words(names)] { # a legend below both, which a key cannot be
    x = 0.5 + (i - (words(names) + 1) / 2.0) * 0.23 - 0.06
    set arrow i from screen x, screen 0.06 to screen x+0.05, screen 0.06 \
        nohead lw 2.2 dt dash[i] lc rgb colour[i]
    set label i labels[i] noenhanced at screen x+0.06, screen 0.06 font ",9"
}
plot for [i=1:words(names)] data.".".word(names, i) using 1:2 \
    with steps lw 2.2 dt dash[i] lc rgb colour[i] notitle
unset label
unset arrow
set logscale y
set yrange [1e-4:1]
set format y "10^{%L}"
set ylabel "fraction that waits longer" offset 0.4,0
set title "the tail" font ",10" offset 0,-0.4
plot for [i=1:words(names)] data.".".word(names, i) using 1:($3 > 0 ? $3 : 1/0) \
    with steps lw 2.2 dt dash[i] lc rgb colour[i] notitle, \
    for [i=1:words(names)] data.".".word(names, i).".max" using 1:2 \
    with points pt mark[i] ps 0.9 lc rgb colour[i] notitle
unset multiplot
