# Slices of two hogs against C. Data: slice_lengths().
set datafile separator ","
file(name) = data.".".name.".csv"
set xlabel "context-switch allowance C, ms"
set ylabel "length of a slice, ms"
set xrange [0:10.5]
set yrange [0:32]
set key outside right center Left reverse samplen 2.5 spacing 1.25
plot 3*x with lines lw 4 lc rgb "#cccccc" title "C (1 + 2/1)", \
    1.5*x with lines lw 4 dt 2 lc rgb "#cccccc" title "C (1 + 1/2)", \
    file("bvt-sim") using 1:2 skip 1 with points pt 7 ps 1.1 \
    lc rgb colour[1] title "BVT, weight 2", \
    file("bvt-sim") using 1:3 skip 1 with points pt 6 ps 1.1 \
    lc rgb colour[1] title "BVT, weight 1", \
    file("bvt-2006-sim") using 1:2 skip 1 with linespoints lw 1.5 dt 3 pt 9 \
    ps 1.1 lc rgb colour[3] title "Xen's, weight 2", \
    file("bvt-2006-sim") using 1:3 skip 1 with linespoints lw 1.5 dt 4 pt 8 \
    ps 1.1 lc rgb colour[3] title "Xen's, weight 1", \
    file("bvt-qemu") using 1:2 skip 1 with points pt 2 ps 1.6 lw 2 \
    lc rgb colour[4] title "in the hypervisor", \
    file("bvt-qemu") using 1:3 skip 1 with points pt 2 ps 1.6 lw 2 \
    lc rgb colour[4] notitle, \
    file("bvt-2006-qemu") using 1:2 skip 1 with points pt 2 ps 1.6 lw 2 \
    lc rgb colour[4] notitle, \
    file("bvt-2006-qemu") using 1:3 skip 1 with points pt 2 ps 1.6 lw 2 \
    lc rgb colour[4] notitle
