# Allocation error against the window's length. Data: by_window().
set datafile separator ","
file(name) = data.".".name.".csv"
ids = "credit-2007 credit-exact credit2 sedf rtds"
array labels[5] = ["Credit, sampled (2007)", "Credit, exact", "Credit2", "SEDF", "RTDS"]
set logscale xy
set xrange [0.08:12.5]
set yrange [0.0007:100]
set xtics (0.1, 0.2, 0.5, 1, 2, 5, 10)
set ytics ("≤ 0.001" 0.001, 0.01, 0.1, 1, 10, 100)
set xlabel "length of a window, s"
set ylabel "mean error, % of the target"
set key outside right center Left reverse samplen 2.5 spacing 1.3 noenhanced
plot for [i=1:5] file(word(ids, i)."-sim") using 1:2 skip 1 with linespoints \
    lw 2 dt dash[i] pt mark[i] ps 1 lc rgb colour[i] title labels[i], \
    for [i=1:5] file(word(ids, i)."-qemu") using ($1*1.07):2 skip 1 \
    with points pt 2 ps 1.3 lw 2 lc rgb colour[i] \
    title (i == 1 ? "in the hypervisor" : "")
