# Usage around the steps of a cap. Data: curves().
set datafile separator ","
file(name) = data.".".name.".csv"
ids = "credit-2009 credit-exact credit2 sedf rtds"
array labels[5] = ["Credit, sampled (2009)", "Credit, exact", "Credit2", "SEDF", "RTDS"]
set multiplot layout 1,2 margins 0.08,0.985,0.29,0.91 spacing 0.08
set yrange [0:105]
set xrange [-5:15]
set nokey
do for [i=1:5] {
    x = 0.1 + ((i - 1) % 3) * 0.31
    y = i < 4 ? 0.1 : 0.035
    set arrow i from screen x, screen y to screen x+0.05, screen y \
        nohead lw 2 dt dash[i] lc rgb colour[i]
    set label i labels[i] noenhanced at screen x+0.06, screen y font ",9"
}
set xlabel "accounting periods since the step"
set ylabel "CPU time, %" offset 1,0
set title "cap from 10 to 80 %" font ",10" offset 0,-0.5
plot for [i=1:5] file(word(ids, i)) using 1:2 skip 1 with histeps \
    lw 2 dt dash[i] lc rgb colour[i]
unset arrow
unset label
set ylabel ""
set title "cap from 80 to 20 %" font ",10" offset 0,-0.5
plot for [i=1:5] file(word(ids, i)) using 1:3 skip 1 with histeps \
    lw 2 dt dash[i] lc rgb colour[i]
unset multiplot
