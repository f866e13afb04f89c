# CPU time of the hogs against what their weights entitle them to. Data:
# data.".NAME": x, percent had, percent entitled to, label.
set xrange [0.4:hogs+0.6]
set yrange [0:*]
set ylabel "CPU time, % of one CPU"
set xlabel "hog, and its weight"
set grid noxtics
set key at screen 0.5, screen 0.05 center horizontal samplen 1 width -1 maxrows 1 font ",9" noenhanced
set bmargin at screen 0.24
set tmargin at screen 0.96
set lmargin at screen 0.08
set rmargin at screen 0.98
set xtics scale 0 font ",9" noenhanced
n = words(names)
set style fill solid 0.15 border lc rgb "#404040"
set boxwidth 0.84
plot data.".".word(names, n) using 1:3:xtic(4) with boxes lc rgb "#777777" \
    lw 1 title "entitled to", \
    for [i=1:n] data.".".word(names, i) using ($1+0.17*(i-(n+1)/2.0)):2 \
    with points pt mark[i] ps 1.1 lw 1.6 lc rgb colour[i] title labels[i]
