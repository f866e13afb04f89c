# The worst period against the cap. Data: errors().
set datafile separator ","
file(name) = data.".".name.".csv"
ids = "credit-2009 credit-exact credit2 sedf rtds"
array labels[5] = ["Credit, sampled (2009)", "Credit, exact", "Credit2", "SEDF", "RTDS"]
set xlabel "cap, %"
set ylabel "error of the worst period, % of a CPU"
set xrange [0:95]
set yrange [-1:*]
set key outside right center Left reverse samplen 2.5 spacing 1.3 noenhanced
plot for [i=1:5] file(word(ids, i)."-sim") using 1:2 skip 1 with linespoints \
    lw 2 dt dash[i] pt mark[i] lc rgb colour[i] title labels[i], \
    for [i=1:5] file(word(ids, i)."-qemu") using ($1+0.8):2 skip 1 \
    with points pt 2 ps 1.3 lw 2 lc rgb colour[i] \
    title (i == 1 ? "in the hypervisor" : "")
