# Who has the CPU: a strip for each scheduler. Data for each: data.".NAME" with
# row, from ms, to ms, kind (0 another domain runs, 1 the Linux domain runs, 2 it
# waits, runnable: a thin bar, to be told in grey). rowlabels: the domains, from
# the top.
n = words(names)
rows = words(rowlabels)
set multiplot layout n,1 margins 0.10,0.98,0.10,0.95 spacing 0.055
set xrange [0:span]
set yrange [rows+0.7:0.3] noextend
# The border lets a stay that is narrower than a dot be seen.
set style fill solid 1.0 border
set ytics font ",7" scale 0
do for [r=1:rows] { set ytics add (word(rowlabels, r) r) }
set xtics out scale 0.4
set grid noytics xtics
set ytics noenhanced
set key off
half(kind) = kind == 2 ? 0.14 : 0.38
do for [i=1:n] {
    set title labels[i] noenhanced font ",10" offset 0,-0.8
    set format x (i < n ? "" : "%g")
    if (i == n) {
        set xlabel "ms of virtual time    (black: the Linux domain runs; \
thin: it is runnable and waits; grey: another domain runs)" font ",9"
    }
    plot data.".".word(names, i) \
        using (($2+$3)/2):1:2:3:($1-half($4)):($1+half($4)): \
        ($4 == 0 ? 0x8c98a4 : $4 == 1 ? 0x000000 : 0xe69f00) \
        with boxxyerror lw 0.4 lc rgb variable
}
unset multiplot
