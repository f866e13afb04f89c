# CPU time of the rogue against the number of hogs. Data: by_hogs().
set datafile separator ","
file(name) = data.".".name.".csv"
ids = "credit-2009 credit-exact credit2 sedf bvt"
array labels[5] = ["Credit, sampled (2009)", "Credit, exact", "Credit2", "SEDF", "BVT"]
set xlabel "honest hogs on the same CPU"
set ylabel "CPU time of the rogue, %"
set xrange [0.7:7.3]
set yrange [0:100]
set xtics 1
set key outside right center Left reverse samplen 2.5 spacing 1.25 noenhanced
set arrow from 0.7, 98 to 7.3, 98 nohead dt 3 lw 1.5 lc rgb "#404040"
set label "paper's abstract: up to 98 % (not checked)" at 7.2, 90 right font ",9"
plot file("entitled") using 1:2 skip 1 with lines lw 7 lc rgb "#cccccc" \
    title "entitled to", \
    for [i=1:5] file(word(ids, i)."-sim") using 1:2 skip 1 with linespoints \
    lw 2 dt dash[i] pt mark[i] ps 1 lc rgb colour[i] title labels[i], \
    for [i=1:5] file(word(ids, i)."-qemu") using ($1+0.12):2 skip 1 \
    with points pt 2 ps 1.3 lw 2 lc rgb colour[i] \
    title (i == 1 ? "in the hypervisor" : "")
