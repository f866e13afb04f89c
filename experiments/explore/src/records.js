/*
 * records.js - a record as text, by the fields of trace/events.def, and the
 * search for records and waits.
 */
import { above, STATES } from './model.js';

const CAUSES = ['other', 'event', 'virq', 'timer', 'kick', 'new'];

/* A length of time with three figures that count. */
export function span(ns) {
    const size = Math.abs(ns);

    if (size < 1e3)
        return `${+ns.toFixed(size % 1 ? 1 : 0)} ns`;
    if (size < 1e6)
        return `${+(ns / 1e3).toPrecision(4)} µs`;
    if (size < 1e9)
        return `${+(ns / 1e6).toPrecision(4)} ms`;
    return `${+(ns / 1e9).toPrecision(4)} s`;
}

/* A point in time, to the ns: 12.345 678 901 s. */
export function moment(ns) {
    const whole = Math.floor(ns / 1e9);
    const rest = String(Math.floor(ns - whole * 1e9)).padStart(9, '0');

    return `${whole}.${rest.replace(/(...)(?=.)/g, '$1 ')} s`;
}

export function causeName(cause) {
    return cause < 0 ? 'not told' : CAUSES[cause] || '?';
}

function fieldText(type, low, high, name) {
    const wide = BigInt(low) | BigInt(high) << 32n;

    switch (type) {
    case 'id':
        if (low === 0xffffffff)
            return 'no guest';
        return name(low >>> 16) + ' v' + (low & 0xffff);
    case 'cause':
        return CAUSES[low] || '?';
    case 'ns32':
        return `${low | 0} ns`;
    case 'ns64':
        return `${BigInt.asIntN(64, wide)} ns`;
    case 'x32': case 'x64':
        return '0x' + wide.toString(16);
    default:
        return wide.toString();
    }
}

/* [[field, value]...] of a record. */
export function fields(m, i) {
    const { trace, meta } = m, event = meta.events[trace.event[i]];
    const word = trace.word.subarray(trace.at[i], trace.at[i + 1]);
    const name = d => d === 32767 ? 'idle' : meta.domains[d] || `d${d}`;
    const out = [];
    let used = 0;

    for (const [type, label] of event.fields) {
        if (used >= word.length)
            break;
        const wide = /64$/.test(type);
        let text = fieldText(type, word[used], wide ? word[used + 1] || 0 : 0,
                             name);

        if (/dom$/.test(label) && type === 'u32')
            text += ` (${name(word[used])})`;
        out.push([label, text]);
        used += wide ? 2 : 1;
    }
    for (; used < word.length; used++)
        out.push([`word ${used}`, '0x' + word[used].toString(16)]);
    if (event.runstate)
        out.push(['change', event.runstate.map(s => STATES[s]).join(' → ')]);
    return out;
}

export function recordText(m, i) {
    return fields(m, i).map(([k, v]) => `${k} ${v}`).join(', ');
}

/* Whose record that is, as dom << 16 | vcpu; -1: nobody's. */
export function whoOf(m, i) {
    const { trace, meta } = m, e = meta.events[trace.event[i]];
    const at = trace.at[i];

    if (e.who === 'id' && trace.nr[i])
        return trace.word[at];
    if (e.who === 'pair' && trace.nr[i] > 1)
        return (trace.word[at] << 16 | trace.word[at + 1]) >>> 0;
    return -1;
}

/* The record whose time is nearest, of those for which `of` holds; -1. */
export function nearest(m, ns, reach, of) {
    const { order, ns: times } = m.trace;
    let best = -1, off = reach;

    for (let i = above(order, ns - reach); i < order.length &&
         order[i] <= ns + reach; i++) {
        const away = Math.abs(times[i] - ns);

        if (away <= off && of(i)) {
            best = i;
            off = away;
        }
    }
    return best;
}

const UNITS = { ns: 1, us: 1e3, 'µs': 1e3, ms: 1e6, s: 1e9 };

/* A search in words: all must hold. `>200us`: waits longer than that; a
 * domain's name or d1v0: whose; cpu0; field=text; else a part of the event's
 * name. Returns {records: Uint32Array} or {waits: [...]}, in order of time. */
export function search(m, text) {
    const terms = text.trim().split(/\s+/).filter(Boolean);
    const tests = [], minimum = [];

    for (const term of terms) {
        const longer = term.match(/^>([\d.]+)(ns|us|µs|ms|s)$/i);

        if (longer)
            minimum.push(longer[1] * UNITS[longer[2].toLowerCase()]);
        else
            tests.push(testOf(m, term.toLowerCase()));
    }
    if (minimum.length) {
        const least = Math.max(...minimum);

        return { waits: m.tracks.flatMap(t => t.waits)
            .filter(w => w.ns > least && tests.every(t => t.wait(w)))
            .sort((a, b) => a.from - b.from) };
    }
    const found = [];

    if (tests.length)
        for (let i = 0; i < m.trace.n; i++)
            if (tests.every(t => t.record(i)))
                found.push(i);
    return { records: Uint32Array.from(found) };
}

function testOf(m, term) {
    const { trace, meta } = m;
    const cpu = term.match(/^cpu(\d+)$/), pair = term.match(/^d(\d+)v(\d+)$/);
    const field = term.match(/^(\w+)=(.+)$/);
    const doms = new Set(m.tracks.filter(
        t => t.name.toLowerCase() === term).map(t => t.dom));

    if (cpu)
        return { record: i => trace.cpu[i] === +cpu[1],
                 wait: w => w.cpu === +cpu[1] };
    if (pair) {
        const who = (pair[1] << 16 | pair[2]) >>> 0;

        return { record: i => whoOf(m, i) === who,
                 wait: w => w.track.who === who };
    }
    if (doms.size)
        return { record: i => { const w = whoOf(m, i);
                                return w >= 0 && doms.has(w >>> 16); },
                 wait: w => doms.has(w.track.dom) };
    if (field)
        return { record: i => fields(m, i).some(
                     ([k, v]) => k.toLowerCase() === field[1] &&
                         v.toLowerCase().split(/[ ()]+/).includes(field[2])),
                 wait: w => field[1] === 'cause' &&
                     causeName(w.cause) === field[2] };
    const named = meta.events.map(e => e.name.toLowerCase().includes(term));

    return { record: i => named[trace.event[i]], wait: () => false };
}
