/*
 * draw.js - the time line on a canvas: an overview of everything, an axis,
 * the waits of one vCPU as points, a row for each CPU, for each vCPU, and for
 * the records.
 *
 * Where a row has more stays than pixels, each column of pixels shows the
 * shares of its time (prefix sums, so it is exact and costs the same at any
 * width); else each stay is drawn. What state it is can be seen without
 * colour: running is solid and full, runnable is hatched, blocked is a line.
 */
import { above, RUNNABLE, RUNNING, BLOCKED } from './model.js';
import { span } from './records.js';

export const GUTTER = 104, RIGHT = 10;
const OVERVIEW = 30, AXIS = 24, STRIP = 104, CPU_ROW = 28, ROW = 20, EVENTS = 26;
const TONES = ['#4477aa', '#88bbdd', '#22806f', '#99cc88', '#8a6d1c', '#ddcc77',
               '#774488', '#cc99bb', '#5f6bb0', '#b8b8b0', '#9a4a6c', '#6fb7b0'];

/* The colours of the page around it, for light and dark. */
export function palette(element) {
    const css = getComputedStyle(element);
    const get = name => css.getPropertyValue(name).trim();

    return { ink: get('--ink'), soft: get('--soft'), line: get('--line'),
             paper: get('--paper'), accent: get('--explore-accent'),
             band: get('--explore-band'),
             veil: get('--explore-veil'), font: '12px ' + css.fontFamily };
}

export function toneOf(v, track) {
    if (track.idle)
        return null;
    if (v.focus && track.dom === v.focus.dom)
        return v.colours.accent;
    return TONES[track.dom % TONES.length];
}

/* Rows from top to bottom: {kind, y, height, track or cpu}. */
export function layout(m) {
    const rows = [];
    let y = 0;
    const put = (kind, height, more) => {
        rows.push({ kind, y, height, ...more });
        y += height;
    };

    put('overview', OVERVIEW);
    put('axis', AXIS);
    put('strip', STRIP);
    for (const cpu of m.cpus)
        put('cpu', CPU_ROW, { cpu });
    for (const track of m.tracks)
        if (!track.idle)
            put('vcpu', ROW, { track });
    put('events', EVENTS);
    return { rows, height: y + 4 };
}

/* Diagonal lines of a colour: what waits. */
function hatch(colour, scale) {
    const tile = document.createElement('canvas');

    tile.width = tile.height = 6 * scale;
    const c = tile.getContext('2d');

    c.scale(scale, scale);
    c.strokeStyle = colour;
    c.lineWidth = 1.2;
    c.beginPath();
    for (const off of [-6, 0, 6]) {
        c.moveTo(off - 1, 7);
        c.lineTo(off + 7, -1);
    }
    c.stroke();
    return tile;
}

function hatchOf(c, v, colour) {
    const key = colour + v.scale;

    if (!v.hatches.has(key)) {
        const p = c.createPattern(hatch(colour, v.scale), 'repeat');

        p.setTransform(new DOMMatrix().scale(1 / v.scale));
        v.hatches.set(key, p);
    }
    return v.hatches.get(key);
}

function bar(c, x0, x1, y, height) {
    c.fillRect(x0, y, Math.max(x1 - x0, 1), height);
}

function drawAxis(c, v, row) {
    const ticks = v.x.ticks(Math.max(2, Math.floor(v.width / 130)));
    const step = ticks.length > 1 ? ticks[1] - ticks[0] : v.b - v.a;
    const digits = Math.min(9, Math.max(0, Math.ceil(9 - Math.log10(step))));

    c.fillStyle = v.colours.soft;
    c.textAlign = 'center';
    c.textBaseline = 'middle';
    let free = 0; // up to where there is text

    for (const t of ticks) {
        const x = v.px(t);

        c.fillRect(x, row.y + row.height - 5, 1, 5);
        c.globalAlpha = 0.25;
        c.fillRect(x, row.y + row.height, 1, v.height - row.y - row.height);
        c.globalAlpha = 1;
        const text = `${(t / 1e9).toFixed(digits)} s`;
        const half = c.measureText(text).width / 2;
        const middle = Math.min(Math.max(x, GUTTER + half), v.full - half);

        if (middle - half < free)
            continue;
        c.fillText(text, middle, row.y + 9);
        free = middle + half + 8;
    }
}

function drawStays(c, v, row) {
    const t = row.track, tone = toneOf(v, t);
    const first = Math.max(above(t.start, v.a) - 1, 0);

    for (let i = first; i < t.start.length && t.start[i] < v.b; i++) {
        const end = i + 1 < t.start.length ? t.start[i + 1] : v.m.trace.end;
        const x0 = v.px(Math.max(t.start[i], v.a));
        const x1 = v.px(Math.min(end, v.b));

        if (t.state[i] === RUNNING) {
            c.fillStyle = tone;
            bar(c, x0, x1, row.y + 2, row.height - 4);
        } else if (t.state[i] === RUNNABLE) {
            c.fillStyle = hatchOf(c, v, tone);
            bar(c, x0, x1, row.y + 4, row.height - 8);
        } else if (t.state[i] === BLOCKED) {
            c.fillStyle = v.colours.line;
            bar(c, x0, x1, row.y + row.height / 2, 1);
        }
    }
}

/* Columns above a line, each from `low` to `high` whole pixels; neighbours
 * that are alike become one rectangle. */
class Columns {
    constructor(c, bottom) {
        Object.assign(this, { c, bottom, x: 0, to: 0, low: 0, high: 0 });
    }

    add(x, low, high) {
        if (x !== this.to || low !== this.low || high !== this.high) {
            this.flush();
            Object.assign(this, { x, low, high });
        }
        this.to = x + 1;
    }

    flush() {
        if (this.high > this.low)
            this.c.fillRect(GUTTER + this.x, this.bottom - this.high,
                            this.to - this.x, this.high - this.low);
    }
}

/* Of each column, how many of `room` pixels the spans fill; what is there at
 * all has one. */
function heights(v, spans, room) {
    const out = new Uint8Array(v.width);

    for (let x = 0, had = spans.until(v.a); x < v.width; x++) {
        const now = spans.until(v.a + (x + 1) * v.step);

        out[x] = now > had ?
            Math.max(Math.round((now - had) / v.step * room), 1) : 0;
        had = now;
    }
    return out;
}

function drawShares(c, v, row) {
    const t = row.track, room = row.height - 4, bottom = row.y + row.height - 2;
    const runs = heights(v, t.running, room);
    const waits = heights(v, t.runnable, room);
    const solid = new Columns(c, bottom), pale = new Columns(c, bottom);

    c.fillStyle = toneOf(v, t);
    runs.forEach((h, x) => solid.add(x, 0, h));
    solid.flush();
    c.globalAlpha = 0.3; // hatching would be noise in single columns
    waits.forEach((h, x) => pale.add(x, runs[x], Math.min(runs[x] + h, room)));
    pale.flush();
    c.globalAlpha = 1;
}

/* More of them than pixels? Then shares are drawn. */
export function isDense(v, t) {
    return above(t.start, v.b) - above(t.start, v.a) > v.width / 2;
}

function cpuDense(v, cpu) {
    let n = 0;

    for (const { spans } of cpu.runs) {
        const [from, to] = spans.range(v.a, v.b);

        n += to - from;
    }
    return n > v.width / 2;
}

/* Stacked: each begins where the sum of those before is, to the pixel. */
function cpuShares(c, v, row, runs) {
    const room = row.height - 6, level = new Float64Array(v.width);

    for (const { track, spans } of runs) {
        const columns = new Columns(c, row.y + row.height - 3);

        c.fillStyle = toneOf(v, track);
        for (let x = 0, had = spans.until(v.a); x < v.width; x++) {
            const now = spans.until(v.a + (x + 1) * v.step);
            const low = Math.round(level[x]);

            level[x] += (now - had) / v.step * room;
            columns.add(x, low, Math.round(level[x]));
            had = now;
        }
        columns.flush();
    }
}

/* Is dark text to stand on it? The colour is #rrggbb. */
function isPale(colour) {
    const part = i => parseInt(colour.slice(i, i + 2), 16);

    return part(1) * 0.299 + part(3) * 0.587 + part(5) * 0.114 > 140;
}

function cpuStays(c, v, row, runs) {
    for (const { track, spans } of runs) {
        const [from, to] = spans.range(v.a, v.b);

        for (let i = from; i < to; i++) {
            const x0 = v.px(Math.max(spans.start[i], v.a));
            const x1 = v.px(Math.min(spans.end[i], v.b));

            c.fillStyle = toneOf(v, track);
            bar(c, x0, x1, row.y + 3, row.height - 6);
            if (x1 - x0 < c.measureText(track.name).width + 8)
                continue;
            c.fillStyle = isPale(c.fillStyle) ? '#111' : '#fff';
            c.textAlign = 'center';
            c.fillText(track.name, (x0 + x1) / 2, row.y + row.height / 2);
        }
    }
}

/* The focus' domain lies at the bottom, so that its share is read at once. */
function drawCpu(c, v, row) {
    const mine = r => v.focus && r.track.dom === v.focus.dom;
    const runs = row.cpu.runs.filter(r => !r.track.idle);
    const order = [...runs.filter(mine), ...runs.filter(r => !mine(r))];

    if (cpuDense(v, row.cpu))
        cpuShares(c, v, row, order);
    else
        cpuStays(c, v, row, order);
}

/* Where a wait's point is: time of its wake-up, length on a log scale. */
export function waitY(v, row, ns) {
    const part = (Math.log10(Math.max(ns, 1)) - v.low) / (v.high - v.low);

    return row.y + row.height - 8 - part * (row.height - 18);
}

function drawStrip(c, v, row) {
    c.textAlign = 'right';
    c.textBaseline = 'middle';
    const decades = v.high - v.low;

    for (let d = v.low; d <= v.high; d++) {
        const y = waitY(v, row, 10 ** d);

        c.fillStyle = v.colours.line;
        c.fillRect(GUTTER, y, v.width, 1);
        c.fillStyle = v.colours.soft;
        if (decades < 6 || (d - v.low) % 2 === 0)
            c.fillText(span(10 ** d), GUTTER - 6, y);
    }
    if (!v.focus)
        return;
    const { waits } = v.focus, from = v.focus.waitFrom;
    const taken = new Uint8Array((v.width + 8) * row.height);

    c.fillStyle = v.colours.accent;
    for (let i = above(from, v.a); i < waits.length && from[i] < v.b; i++) {
        const x = v.px(from[i]), y = waitY(v, row, waits[i].ns);
        const cell = (Math.floor((x - GUTTER) / 2) + 2) * row.height +
            Math.floor((y - row.y) / 2); // points are 3 pixels wide
        const long = v.px(waits[i].to) - x;

        if (long > 3)
            c.fillRect(x, y - 0.5, Math.min(long, v.full - x), 1);
        if (taken[cell])
            continue;
        taken[cell] = 1;
        c.fillRect(x - 1.5, y - 1.5, 3, 3);
    }
}

function drawEvents(c, v, row) {
    const { order } = v.m.trace, bottom = row.y + row.height - 4;
    const room = row.height - 8;
    const from = above(order, v.a), to = above(order, v.b);

    c.fillStyle = v.colours.soft;
    if (to - from < v.width) {
        for (let i = from; i < to; i++)
            c.fillRect(v.px(order[i]) - 0.5, bottom - room * 0.6, 1,
                       room * 0.6);
    } else {
        const most = Math.log1p(4 * (to - from) / v.width);
        let i = from;

        for (let x = 0; x < v.width; x++) {
            const next = above(order, v.a + (x + 1) * v.step);
            const h = Math.min(1, Math.log1p(next - i) / most) * room;

            c.fillRect(GUTTER + x, bottom - h, 1, h);
            i = next;
        }
    }
    c.fillStyle = v.colours.accent;
    const last = new Set();

    for (let i = above(v.hits, v.a); i < v.hits.length && v.hits[i] < v.b;
         i++) {
        const x = Math.round(v.px(v.hits[i]));

        if (!last.has(x))
            c.fillRect(x - 1, row.y + 2, 2, row.height - 4);
        last.add(x);
    }
}

/* The whole trace: how much of the focus' waits and of its running there is,
 * and which part is in view. */
function drawOverview(c, v, row) {
    const { begin, end } = v.m.trace, step = (end - begin) / v.width;
    const t = v.focus, y = row.y + row.height - 4, room = row.height - 8;

    c.fillStyle = v.colours.accent;
    for (let x = 0, i = 0; t && x < v.width; x++) {
        let longest = 0;

        for (; i < t.waits.length && t.waits[i].from < begin + (x + 1) * step;
             i++)
            longest = Math.max(longest, t.waits[i].ns);
        if (longest) {
            const h = (Math.log10(Math.max(longest, 1)) - v.low) /
                (v.high - v.low) * room;

            c.fillRect(GUTTER + x, y - h, 1, Math.max(h, 1));
        }
    }
    const x0 = GUTTER + (v.a - begin) / step;
    const x1 = GUTTER + (v.b - begin) / step;

    c.fillStyle = v.colours.veil;
    c.fillRect(GUTTER, row.y + 1, x0 - GUTTER, row.height - 2);
    c.fillRect(x1, row.y + 1, v.full - x1, row.height - 2);
    c.strokeStyle = v.colours.ink;
    c.lineWidth = 1;
    c.strokeRect(x0 + 0.5, row.y + 1.5, Math.max(x1 - x0 - 1, 2),
                 row.height - 3);
}

function drawLabel(c, v, row) {
    const text = { overview: 'whole trace', axis: '', events: 'records',
                   strip: '' }[row.kind];
    const t = row.track, on = t && t === v.focus;
    const name = text !== undefined ? text : t ?
        t.name + (v.names.get(t.name) > 1 ? ` v${t.vcpu}` : '') :
        `CPU ${row.cpu.cpu}`;

    c.fillStyle = on ? v.colours.accent : v.colours.ink;
    c.font = (on ? 'bold ' : '') + v.colours.font;
    c.textAlign = 'right';
    c.textBaseline = 'middle';
    c.fillText(name, GUTTER - 8, row.y + row.height / 2, GUTTER - 12);
    c.font = v.colours.font;
}

/* Behind the rows: the time of the wait that was chosen. */
function drawBand(c, v) {
    const w = v.wait, top = v.rows[2].y;

    if (!w || w.from > v.b || w.to < v.a)
        return;
    c.fillStyle = v.colours.band;
    bar(c, Math.max(v.px(w.from), GUTTER), Math.min(v.px(w.to), v.full), top,
        v.height - top);
}

function upright(c, v, ns) {
    const x = v.px(ns), top = v.rows[2].y;

    if (x >= GUTTER && x <= v.full)
        c.fillRect(x - 0.5, top, 1, v.height - top);
}

/* Above the rows: where it begins and ends. */
function drawSelection(c, v) {
    const w = v.wait;

    c.fillStyle = v.colours.ink;
    if (v.record >= 0)
        upright(c, v, v.m.trace.ns[v.record]);
    if (!w)
        return;
    upright(c, v, w.from);
    upright(c, v, w.to);
    if (w.track !== v.focus || w.from < v.a || w.from > v.b)
        return;
    c.strokeStyle = v.colours.ink;
    c.lineWidth = 1.5;
    c.beginPath();
    c.arc(v.px(w.from), waitY(v, v.rows[2], w.ns), 5, 0, 7);
    c.stroke();
}

function drawGaps(c, v) {
    c.fillStyle = hatchOf(c, v, v.colours.soft);
    for (const [, from, to] of v.m.trace.gaps)
        if (from < v.b && to > v.a)
            bar(c, v.px(Math.max(from, v.a)), v.px(Math.min(to, v.b)),
                v.rows[3].y, v.height - v.rows[3].y);
}

export function draw(c, v) {
    c.setTransform(v.scale, 0, 0, v.scale, 0, 0);
    c.clearRect(0, 0, v.full + RIGHT, v.height);
    c.font = v.colours.font;
    drawBand(c, v);
    for (const row of v.rows) {
        drawLabel(c, v, row);
        if (row.kind === 'overview')
            drawOverview(c, v, row);
        else if (row.kind === 'axis')
            drawAxis(c, v, row);
        else if (row.kind === 'strip')
            drawStrip(c, v, row);
        else if (row.kind === 'cpu')
            drawCpu(c, v, row);
        else if (row.kind === 'events')
            drawEvents(c, v, row);
        else if (isDense(v, row.track))
            drawShares(c, v, row);
        else
            drawStays(c, v, row);
    }
    drawGaps(c, v);
    drawSelection(c, v);
}
