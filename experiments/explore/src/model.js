/*
 * model.js - a trace in the page: columns of records, and what follows from
 * them: each vCPU's stays in a state, its waits, who ran where.
 *
 * Times are ns since the hypervisor's boot (doubles). A stay begins with a
 * runstate change and ends with the vCPU's next one. A wait is a stay in
 * `runnable` that came from `blocked` and ended in `running`, as in
 * xentrace/waits.h; what a gap of lost records overlaps is no wait.
 */
export const RUNNING = 0, RUNNABLE = 1, BLOCKED = 2, OFFLINE = 3;
export const STATES = ['running', 'runnable', 'blocked', 'offline'];
const IDLE = 32767;

/* The bytes behind <script id=...>: base64 of gzip. */
export async function unpack(element) {
    const text = atob(element.textContent.trim());
    const packed = new Uint8Array(text.length);

    for (let i = 0; i < text.length; i++)
        packed[i] = text.charCodeAt(i);
    const stream = new Blob([packed]).stream()
        .pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* The columns of pack.py, one after the other. */
class Reader {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
    }

    /* n values into `to`, which is all zeroes. */
    column(n, to) {
        const planes = this.bytes[this.at++];

        for (let p = 0; p < planes; p++, this.at += n)
            this.plane(this.bytes.subarray(this.at, this.at + n), p, to);
        return to;
    }

    plane(plane, p, to) {
        if (p < 3 && !(to instanceof Float64Array)) {
            for (let i = 0, shift = 8 * p; i < plane.length; i++)
                to[i] |= plane[i] << shift;
            return;
        }
        for (let i = 0, scale = 256 ** p; i < plane.length; i++)
            to[i] += plane[i] * scale;
    }
}

/* Undo pack.py: see there for the order of the columns. */
export function decode(bytes, meta) {
    const n = meta.records, r = new Reader(bytes);
    const step = r.column(n, new Float64Array(n));
    const event = r.column(n, new Uint16Array(n));
    const cpu = r.column(n, new Uint16Array(n));
    const nr = r.column(n, new Uint8Array(n));
    const ns = new Float64Array(n), at = new Uint32Array(n + 1);
    let cycles = 0, used = 0;

    for (let i = 0; i < n; i++) {
        const half = Math.floor(step[i] / 2);

        cycles += half * 2 === step[i] ? half : -half - 1;
        ns[i] = meta.zero_ns + cycles * meta.ns_per_cycle;
        at[i] = used;
        used += nr[i];
    }
    at[n] = used;
    return { n, ns, event, cpu, nr, at, word: words(r, meta, event, nr, at) };
}

function words(r, meta, event, nr, at) {
    const word = new Uint32Array(at[event.length]);
    const lists = meta.events.map(e => new Uint32Array(e.count));
    const fill = new Uint32Array(meta.events.length);

    for (let i = 0; i < event.length; i++)
        lists[event[i]][fill[event[i]]++] = i;
    for (const [e, list] of lists.entries()) {
        for (let k = 0; k < meta.events[e].words; k++) {
            const column = r.column(list.length,
                                    new Uint32Array(list.length));

            for (let j = 0; j < list.length; j++)
                if (k < nr[list[j]])
                    word[at[list[j]] + k] = column[j];
        }
    }
    return word;
}

/* The first index whose value is above x, of n ascending values. */
export function above(values, x, n = values.length) {
    let low = 0, high = n;

    while (low < high) {
        const mid = (low + high) >> 1;

        if (values[mid] <= x)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Spans of time that do not overlap, in order; sums over any window. */
export class Spans {
    constructor(start, end) {
        this.start = start;
        this.end = end;
        this.sum = new Float64Array(start.length + 1);
        for (let i = 0; i < start.length; i++)
            this.sum[i + 1] = this.sum[i] + end[i] - start[i];
    }

    /* ns from the beginning until t. */
    until(t) {
        const i = above(this.start, t) - 1;

        return i < 0 ? 0 : this.sum[i] +
            Math.min(t, this.end[i]) - this.start[i];
    }

    within(a, b) {
        return this.until(b) - this.until(a);
    }

    /* Indices [from, to) of those that touch the window. */
    range(a, b) {
        const from = above(this.end, a);

        return [from, Math.max(from, above(this.start, b))];
    }
}

function domainName(meta, dom) {
    return dom === IDLE ? 'idle' : meta.domains[dom] || `d${dom}`;
}

function newTrack(meta, who) {
    const dom = who >>> 16, vcpu = who & 0xffff;

    return { who, dom, vcpu, idle: dom === IDLE, name: domainName(meta, dom),
             changes: 0, n: 0, woken: -1 };
}

/* Room for its stays: one more than changes, for what was before the first. */
function makeRoom(t) {
    const n = t.changes + 1;

    t.start = new Float64Array(n);
    t.state = new Uint8Array(n);
    t.came = new Int8Array(n);
    t.cpu = new Uint16Array(n);
    t.record = new Uint32Array(n);
    t.cause = new Int32Array(n);
}

function addStay(t, ns, record, cpu, came, state) {
    const i = t.n++;

    // Another CPU may have changed it with a later reading (docs/trace.md).
    t.start[i] = i ? Math.max(ns, t.start[i - 1]) : ns;
    t.state[i] = state;
    t.came[i] = came;
    t.cpu[i] = cpu;
    t.record[i] = record;
    t.cause[i] = -1;
    if (state === RUNNABLE && came === BLOCKED) {
        t.cause[i] = t.woken;
        t.woken = -1;
    }
}

/* A wake record is written before its change, but the change may be dated
 * earlier: with the reading of the decision. So it is of the stay that began
 * last, if that has no cause yet; else of the next one. */
function addWake(t, cause) {
    for (let i = t.n - 1; i > 0 && i > t.n - 3; i--)
        if (t.state[i] === RUNNABLE && t.came[i] === BLOCKED &&
            t.cause[i] < 0) {
            t.cause[i] = cause;
            return;
        }
    t.woken = cause;
}

/* Sorted by domain and vCPU: the idle ones come last by their number. */
function tracksOf(trace, meta) {
    const change = meta.events.map(e => e.runstate || null);
    const wake = meta.events.findIndex(e => e.name === 'wake');
    const { n, event, at, word, cpu, ns } = trace, tracks = new Map();

    for (let i = 0; i < n; i++) {
        if (!change[event[i]])
            continue;
        const who = word[at[i]];

        if (!tracks.has(who))
            tracks.set(who, newTrack(meta, who));
        tracks.get(who).changes++;
    }
    tracks.forEach(makeRoom);
    for (let i = 0; i < n; i++) {
        const states = change[event[i]], a = at[i];

        if (states) {
            const t = tracks.get(word[a]);

            if (!t.n) // until now it was in the state that it leaves
                addStay(t, trace.begin, i, cpu[i], -1, states[0]);
            addStay(t, ns[i], i, cpu[i], states[0], states[1]);
        } else if (event[i] === wake) {
            const t = tracks.get((word[a] << 16 | word[a + 1]) >>> 0);

            if (t)
                addWake(t, word[a + 2]);
        }
    }
    return [...tracks.values()].sort((a, b) => a.who - b.who);
}

/* Spans of one state, on one CPU if that is not -1. */
function spansOf(t, end, state, cpu = -1) {
    const start = new Float64Array(t.n), stop = new Float64Array(t.n);
    let n = 0;

    for (let i = 0; i < t.n; i++) {
        if (t.state[i] !== state || (cpu >= 0 && t.cpu[i] !== cpu))
            continue;
        start[n] = t.start[i];
        stop[n++] = i + 1 < t.n ? t.start[i + 1] : end;
    }
    return new Spans(start.slice(0, n), stop.slice(0, n));
}

/* The CPUs on which it ran. */
function homesOf(t) {
    const homes = new Set();

    for (let i = 0; i < t.n; i++)
        if (t.state[i] === RUNNING && (!i || t.cpu[i] !== t.cpu[i - 1] ||
                                       !homes.has(t.cpu[i])))
            homes.add(t.cpu[i]);
    return homes;
}

function isTorn(gaps, a, b) {
    for (const [, from, to] of gaps)
        if (a < to && b > from)
            return true;
    return false;
}

/* Those that begin before `until`. */
function waitsOf(t, gaps, until) {
    const waits = [];

    for (let i = 1; i + 1 < t.n; i++) {
        if (t.state[i] !== RUNNABLE || t.came[i] !== BLOCKED ||
            t.state[i + 1] !== RUNNING)
            continue;
        const from = t.start[i], to = t.start[i + 1];

        if (from < until && !isTorn(gaps, from, to))
            waits.push({ track: t, from, to, ns: to - from, cpu: t.cpu[i + 1],
                         record: t.record[i], cause: t.cause[i] });
    }
    return waits;
}

/* Everything that is drawn of one run. */
export function model(bytes, meta) {
    const trace = decode(bytes, meta);

    trace.begin = meta.from_ns;
    trace.end = meta.until_ns;
    trace.gaps = meta.gaps.map(
        ([cpu, a, b]) => [cpu, a, b === null ? trace.end : b]);
    trace.order = Float64Array.from(trace.ns); // what a search by time needs
    for (let i = 1; i < trace.n; i++)
        trace.order[i] = Math.max(trace.order[i], trace.order[i - 1]);
    const until = meta.waits_until_ns ?? Infinity;
    const tracks = tracksOf(trace, meta);
    const cpus = new Map();

    for (const t of tracks) {
        const homes = homesOf(t);

        t.running = spansOf(t, trace.end, RUNNING);
        t.runnable = spansOf(t, trace.end, RUNNABLE);
        t.waits = waitsOf(t, trace.gaps, until);
        for (const c of homes) {
            if (!cpus.has(c))
                cpus.set(c, { cpu: c, runs: [] });
            cpus.get(c).runs.push({ track: t, spans: homes.size > 1 ?
                spansOf(t, trace.end, RUNNING, c) : t.running });
        }
    }
    return { meta, trace, tracks,
             cpus: [...cpus.values()].sort((a, b) => a.cpu - b.cpu) };
}

/* Who had the CPU during a wait: [{track, ns, times}], the most first; and
 * each run by itself, in order of time. */
export function blame(m, wait) {
    const cpu = m.cpus.find(c => c.cpu === wait.cpu);
    const who = [], runs = [];

    for (const { track, spans } of cpu ? cpu.runs : []) {
        const [from, to] = spans.range(wait.from, wait.to);
        let ns = 0, times = 0;

        for (let i = from; i < to; i++) {
            const a = Math.max(spans.start[i], wait.from);
            const b = Math.min(spans.end[i], wait.to);

            if (b <= a)
                continue;
            ns += b - a;
            times++;
            runs.push({ track, from: a, to: b });
        }
        if (times)
            who.push({ track, ns, times });
    }
    who.sort((a, b) => b.ns - a.ns);
    runs.sort((a, b) => a.from - b.from);
    return { who, runs };
}
