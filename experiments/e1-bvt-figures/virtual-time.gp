# Virtual time against time: six cases. Data: curves().
set datafile separator ","
file(name) = data.".".name.".csv"
cases = "hogs sleep player runaway limited rearmed"
array titles[6] = ["gcc (w = 2) and bigsim (w = 1)", "one sleeps: no credit saved", \
    "a warped player", "it hangs: W = 50 ms", "L = 20 ms, U = 150 ms", \
    "L = 20 ms, U = 30 ms"]
# The first columns are the third domain's; "hogs" has none.
set multiplot layout 3,2 margins 0.08,0.97,0.15,0.955 spacing 0.085,0.085
set nokey
array names[4] = ["gcc (w = 2)", "bigsim (w = 1)", "sleeper (w = 2)", "player (w = 1)"]
array hue[4] = [3, 4, 5, 1]
array width[5] = [3.4, 1, 2.4, 1.2, 3.4]
array line[5] = [1, 1, 4, 1, 3]
do for [i=1:4] {
    x = 0.09 + (i - 1) * 0.235
    set arrow i from screen x, screen 0.04 to screen x+0.045, screen 0.04 \
        nohead lw width[hue[i]] dt line[hue[i]] lc rgb colour[hue[i]]
    set label i names[i] at screen x+0.053, screen 0.04 font ",9"
}
do for [k=1:6] {
    case = word(cases, k)
    third = (case eq "sleep") ? 5 : 1
    first = (case eq "hogs") ? 2 : 3
    set title titles[k] font ",10" offset 0,-0.6
    set xlabel (k > 4 ? "time, ms" : "")
    set ylabel (k % 2 ? "A, ms" : "") offset 1.5,0
    stats file(case) using 1 skip 1 nooutput
    set xrange [0:STATS_max]
    plot file(case) using 1:first skip 1 with lines lw width[3] dt line[3] lc rgb colour[3], \
        file(case) using 1:first+1 skip 1 with lines lw width[4] dt line[4] lc rgb colour[4], \
        file(case) using 1:(case eq "hogs" ? NaN : column(2)) skip 1 \
        with lines lw width[third] dt line[third] lc rgb colour[third]
    unset arrow
    unset label
}
unset multiplot
