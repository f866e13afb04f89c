# Who had each CPU, in the hypervisor and, below it, in the simulator. Data: rows
# of strip, from ms, to ms, domain (1...). Variables besides style.gp's: data,
# names (of the domains), from and until (ms), title_.
unset grid
set title title_
set xrange [from:until]
set yrange [3.6:-0.6] # the first strip on top
set xlabel "ms from the begin of the window"
set ytics ("CPU 0: hypervisor" 0, "simulator" 1, "CPU 1: hypervisor" 2, \
           "simulator" 3) scale 0
set style fill solid 1.0 noborder
set key outside right center
plot for [d=1:words(names)] data \
        using ($4 == d ? ($2+$3)/2 : NaN):1:2:3:($1-0.4):($1+0.4) \
        with boxxyerror lc rgb colour[d] title word(names, d)
