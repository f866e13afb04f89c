# Instructions a call over the number of waiting vCPUs; three panels.
# Variables: kind, data, out, schedulers, and the numbers of those that have
# each callback: of_enqueue, of_pick, of_charge (run.py).
if (kind eq "pdf") set terminal pdfcairo size 8in,3.1in font "DejaVu Sans,9"
if (kind eq "svg") set terminal svg size 960,372 font "DejaVu Sans,11"
if (kind eq "png") set terminal pngcairo size 1280,496 font "DejaVu Sans,11"
set output out
set multiplot layout 1,3 margins 0.06,0.86,0.15,0.9 spacing 0.05,0
set logscale x 4
set xrange [12:5500]
set yrange [0:*]
set xtics (16, 256, 4096)
set xlabel "vCPUs waiting (log)"
set grid ytics lt 1 lw 0.5 lc rgb "#cccccc"
set border 3
set tics nomirror
colors = "#0072b2 #d55e00 #009e73 #cc79a7 #e69f00 #56b4e9 #000000 #999999 #8c564b"
color(i) = word(colors, i)
do for [panel=1:3] {
    callback = word("enqueue pick charge", panel)
    set title callback
    set ylabel (panel == 1 ? "instructions a call" : "")
    if (panel == 2) { # where all have a line
        set key at screen 0.99,0.85 right top
    } else {
        unset key
    }
    plot for [i in value("of_".callback)] \
        sprintf("%s/%s.%s", data, word(schedulers, int(i)), callback) \
        using 1:2 with linespoints lw 2 pt 4+int(i) ps 0.7 \
        lc rgb color(int(i)) title word(schedulers, int(i))
}
unset multiplot
