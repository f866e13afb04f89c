# A service against dom0's weight. Data: by_weight().
set datafile separator ","
file(name) = data.".".name.".csv"
ids = "credit-exact credit2 bvt sedf-extra"
array labels[4] = ["Credit", "Credit2", "BVT", "SEDF, extra time"]
array hue[4] = [2, 3, 1, 4]
set logscale x 2
set xrange [0.11:9]
set yrange [0:*]
set xtics ("1/8" 0.125, "1/4" 0.25, "1/2" 0.5, "1" 1, "2" 2, "4" 4, "8" 8)
set xlabel "weight of dom0, the others' is 1"
set ylabel "requests a second"
set key outside right center Left reverse samplen 2.5 spacing 1.3
plot for [i=1:4] file(word(ids, i)) using 1:2 skip 1 with linespoints \
    lw (i == 2 ? 4 : 2) dt dash[hue[i]] pt mark[hue[i]] ps 1 lc rgb colour[hue[i]] title labels[i]
