# Common to all figures: colours that differ in hue and in grey (Okabe and Ito),
# with dashes and marks for print. `kind` is pdf, svg or png; `wide`, `high` are
# the size in inches.
font = "DejaVu Sans,10"
if (kind eq "pdf") set terminal pdfcairo font font size wide,high
if (kind eq "svg") set terminal svg enhanced font "DejaVu Sans,12" \
    size 96*wide,96*high dynamic background "white"
if (kind eq "png") set terminal pngcairo font font \
    size 96*wide,96*high
set output out
set encoding utf8
set border 3 lc rgb "#404040"
set tics nomirror out scale 0.5 textcolor rgb "#202020"
set grid back lc rgb "#dddddd" lt 1 lw 0.5
# In the order of the manifest's schedulers.
array colour[8] = ["#d55e00", "#e69f00", "#0072b2", "#000000", \
                   "#009e73", "#cc79a7", "#56b4e9", "#999999"]
array dash[8] = [2, 4, 5, 1, 3, 2, 4, 5]
array mark[8] = [6, 4, 8, 7, 10, 12, 5, 9]
