/*
 * cdf.js - the tail of the waits of one vCPU: which fraction waited longer,
 * of all and of those in view. Drawn by uPlot.
 */
import uPlot from 'uplot';
import { span } from './records.js';

const POINTS = 600;

/* [ns], [fraction that waited longer], thinned where points are dense. */
export function tail(lengths) {
    const sorted = Float64Array.from(lengths).sort(), n = sorted.length;
    const x = [], y = [];
    let place = -Infinity;

    for (let i = 0; i < n; i++) {
        const at = Math.log10(Math.max(sorted[i], 1)) * POINTS / 8;

        if (i + 50 < n && at - place < 1)
            continue;
        place = at;
        x.push(Math.max(sorted[i], 1));
        y.push(i === n - 1 ? 1 / n : (n - 1 - i) / n);
    }
    const once = x.map((value, i) => i + 1 === x.length || x[i + 1] > value);

    return [x.filter((_, i) => once[i]), y.filter((_, i) => once[i])];
}

/* Whole decades around what there is: uPlot's log scales like them. */
function decades(low, high) {
    return [10 ** Math.floor(Math.log10(low)),
            10 ** Math.max(Math.ceil(Math.log10(high)),
                           Math.floor(Math.log10(low)) + 1)];
}

function options(width, colours, marks) {
    const axis = { stroke: colours.soft, font: colours.font,
                   grid: { stroke: colours.line, width: 1 },
                   ticks: { stroke: colours.line, width: 1 } };
    return {
        width, height: 250, legend: { live: true },
        cursor: { drag: { x: false, y: false } },
        scales: {
            x: { time: false, distr: 3, range: (u, a, b) => decades(a, b) },
            y: { distr: 3, range: (u, a) => [10 ** Math.floor(
                Math.log10(Math.min(a || 0.1, 0.1))), 1] },
        },
        series: [
            { label: 'wait', value: (u, v) => v == null ? '–' : span(v) },
            { label: 'in view', stroke: colours.accent, width: 2.5,
              spanGaps: true, points: { show: marks[0], size: 7 }, value: fraction },
            { label: 'whole trace', stroke: colours.soft, width: 1.5,
              dash: [6, 4], spanGaps: true,
              points: { show: marks[1], size: 12 },
              value: fraction },
        ],
        axes: [
            { ...axis, splits: tens, values: (u, ticks) => ticks.map(span) },
            { ...axis, splits: tens, size: 68,
              values: (u, ticks) => ticks.map(percent) },
        ],
    };
}

/* Ticks at whole decades only. */
function tens(u, axis, low, high) {
    const ticks = [];

    for (let d = Math.ceil(Math.log10(low) - 1e-6); 10 ** d <= high * 1.01;
         d++)
        ticks.push(10 ** d);
    return ticks;
}

function percent(v) {
    return `${+(v * 100).toPrecision(3)} %`;
}

function fraction(u, v) {
    return v == null ? '–' : percent(v);
}

/* Draw into the element; what was there before goes. */
export function drawTail(element, colours, all, seen) {
    element.replaceChildren();
    if (!all.length) {
        element.textContent = 'It never waited after a wake-up.';
        return null;
    }
    const [ax, ay] = tail(all), [sx, sy] = tail(seen);
    const data = uPlot.join([[sx, sy], [ax, ay]]);

    // Few points are marked: a single one makes no line.
    return new uPlot(options(element.clientWidth, colours,
                             [sx.length < 30, ax.length < 2]), data, element);
}
