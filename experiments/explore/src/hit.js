/*
 * hit.js - what lies under the pointer: a wait, a stay, a record.
 */
import { above, BLOCKED, RUNNABLE, RUNNING, STATES } from './model.js';
import { causeName, moment, nearest, recordText, span } from './records.js';
import { GUTTER, isDense, waitY } from './draw.js';
import { trackName } from './panel.js';

const REACH = 7; /* pixels */

export function rowAt(v, y) {
    return v.rows.find(r => y >= r.y && y < r.y + r.height);
}

/* The wait whose point or line is nearest. */
function waitAt(v, row, x, y) {
    const t = v.focus;
    let best = null, off = REACH * REACH;

    if (!t)
        return null;
    for (let i = above(t.waitFrom, v.at(x - REACH));
         i < t.waits.length && t.waitFrom[i] <= v.at(x + REACH); i++) {
        const w = t.waits[i], dx = v.px(w.from) - x;
        const dy = waitY(v, row, w.ns) - y, far = dx * dx + dy * dy;

        if (far <= off) {
            best = w;
            off = far;
        }
    }
    return best;
}

function stayAt(t, ns, end) {
    const i = above(t.start, ns) - 1;

    return i < 0 ? null : {
        track: t, i, state: t.state[i], from: t.start[i], record: t.record[i],
        to: i + 1 < t.start.length ? t.start[i + 1] : end };
}

/* A stay in `runnable` as a wait, whatever it came from. */
function asWait(t, s) {
    if (s.state !== RUNNABLE || t.state[s.i + 1] !== RUNNING)
        return null;
    return t.waits.find(w => w.from === s.from && w.to === s.to) ||
        { track: t, from: s.from, to: s.to, ns: s.to - s.from,
          cpu: t.cpu[s.i + 1], record: s.record,
          cause: t.came[s.i] === BLOCKED ? -1 : null };
}

function runAt(cpu, ns, end) {
    for (const { track, spans } of cpu.runs) {
        const i = above(spans.start, ns) - 1;

        if (i >= 0 && spans.end[i] > ns)
            return stayAt(track, ns, end);
    }
    return null;
}

function recordAt(v, x) {
    const ns = v.at(x);

    if (v.hits.length && v.found.records) {
        let i = above(v.hits, ns);

        if (i > 0 && (i === v.hits.length ||
                      ns - v.hits[i - 1] < v.hits[i] - ns))
            i--;
        if (Math.abs(v.px(v.hits[i]) - x) <= REACH)
            return v.found.records[i];
    }
    return nearest(v.m, ns, REACH * v.step, () => true);
}

/* {wait} or {stay, wait?} or {record} or {}; with the row. */
export function hit(v, x, y) {
    const row = rowAt(v, y), ns = v.at(x);

    if (!row || x < GUTTER || x > v.full)
        return { row };
    if (row.kind === 'strip')
        return { row, wait: waitAt(v, row, x, y) };
    if (row.kind === 'events')
        return { row, record: recordAt(v, x) };
    const stay = row.kind === 'vcpu' ? stayAt(row.track, ns, v.m.trace.end) :
        row.kind === 'cpu' ? runAt(row.cpu, ns, v.m.trace.end) : null;

    return stay ? { row, stay, wait: asWait(stay.track, stay) } : { row };
}

function shares(v, t, x) {
    const a = v.at(Math.floor(x)), b = a + v.step;
    const part = s => `${(s.within(a, b) / v.step * 100).toFixed(1)} %`;

    return `here, of ${span(v.step)}: running ${part(t.running)}, ` +
        `runnable ${part(t.runnable)}`;
}

function recordLines(v, i) {
    const { trace, meta } = v.m;

    return [`${moment(trace.ns[i])}, cpu${trace.cpu[i]}: ` +
            `${meta.events[trace.event[i]].name} ${recordText(v.m, i)}`];
}

/* [title, line...] for the tip; nothing for nothing. */
export function describe(v, h, x) {
    const name = t => trackName(v, t);

    if (h.stay) {
        const s = h.stay, t = s.track, dense = isDense(v, t);

        return [`${name(t)}: ${STATES[s.state]} for ${span(s.to - s.from)}`,
                `from ${moment(s.from)}, CPU ${t.cpu[s.i]}`,
                dense && shares(v, t, x), ...recordLines(v, s.record),
                h.wait && 'click: who had the CPU meanwhile'];
    }
    if (h.wait)
        return [`${name(h.wait.track)} waited ${span(h.wait.ns)}`,
                `from ${moment(h.wait.from)}, woken by: ` +
                causeName(h.wait.cause), ...recordLines(v, h.wait.record),
                'click: who had the CPU meanwhile'];
    if (h.record >= 0)
        return [v.m.meta.events[v.m.trace.event[h.record]].name,
                ...recordLines(v, h.record)];
    if (h.row && h.row.kind === 'vcpu')
        return [name(h.row.track), 'click on the name: look at its waits'];
    return [];
}
