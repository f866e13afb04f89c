# Missed deadlines against load. Data: by_load().
set datafile separator ","
file(name) = data.".".name.".csv"
ids = "deferrable sporadic polling periodic cbs"
array labels[5] = ["deferrable", "sporadic", "polling", "periodic", "SEDF (CBS)"]
array hue[5] = [3, 5, 2, 1, 4]
set xlabel "utilisation of all tasks"
set ylabel "deadlines missed, % of jobs"
set xrange [0.15:1.25]
set yrange [0:*]
set key outside right center Left reverse samplen 2.5 spacing 1.3
plot for [i=1:5] file(word(ids, i)."-sim") using ($1+(i-3)*0.006):2:3:4 skip 1 \
    with yerrorbars lw 1 pt mark[hue[i]] ps 0.1 lc rgb colour[hue[i]] notitle, \
    for [i=1:5] file(word(ids, i)."-sim") using 1:2 skip 1 with linespoints \
    lw 2 dt dash[hue[i]] pt mark[hue[i]] ps 1 lc rgb colour[hue[i]] \
    title labels[i], \
    for [i=1:5] file(word(ids, i)."-qemu") using ($1+0.012):2 skip 1 \
    with points pt 2 ps 1.3 lw 2 lc rgb colour[hue[i]] \
    title (i == 1 ? "in the hypervisor" : "")
