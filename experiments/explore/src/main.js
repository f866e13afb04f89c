/*
 * main.js - the time line in a report: one tab a run, a canvas, and below it
 * what was chosen. The data stand in the page (pack.py); a run is unpacked
 * when its tab is opened first.
 *
 * d3-zoom keeps the transform (wheel, drag, pinch), d3-scale the time axis,
 * uPlot draws the tail of the latencies.
 */
import { scaleLinear } from 'd3-scale';
import { select } from 'd3-selection';
import { zoom, zoomIdentity } from 'd3-zoom';
import uplotStyle from 'uplot/dist/uPlot.min.css';
import ownStyle from './style.css';
import { drawTail } from './cdf.js';
import { draw, GUTTER, layout, palette, RIGHT, waitY } from './draw.js';
import { describe, hit, rowAt } from './hit.js';
import { above, blame, model, unpack } from './model.js';
import { make, showLongest, showRecord, showWait, tip, trackName }
    from './panel.js';
import { search, span } from './records.js';

const CLOSEST = 200; /* ns that the whole width shows at the least */

/* The parts of the page, by name. */
function build(root, metas) {
    const ui = { root };

    ui.tabs = make('span', { class: 'tabs' });
    ui.search = make('input', { type: 'search', 'aria-label': 'search',
        placeholder: 'search: wake lat   cpu0   >500us' });
    ui.count = make('span', { class: 'count', 'aria-live': 'polite' });
    const button = (text, title) => make('button', { title, type: 'button' },
                                         text);

    ui.back = button('‹', 'the hit before (p)');
    ui.next = button('›', 'the next hit (n, Enter)');
    ui.wider = button('−', 'zoom out (-)');
    ui.closer = button('+', 'zoom in (+)');
    ui.fit = button('all', 'the whole trace (0)');
    ui.canvas = make('canvas', { class: 'time', tabindex: 0, role: 'img',
        'aria-label': 'time line: arrows move, + and - zoom, / searches' });
    ui.detail = make('div', { class: 'detail' });
    ui.longest = make('div');
    ui.tail = make('div', { class: 'tail' });
    ui.tailHead = make('h3');
    ui.warning = make('p', { class: 'warning' });
    ui.tip = make('div', { id: 'explore-tip', hidden: '' });
    const mark = kind => make('span', { class: `legend ${kind}` });

    root.replaceChildren(
        make('div', { class: 'bar' }, ui.tabs, ui.search, ui.count, ui.back,
             ui.next, ui.wider, ui.closer, ui.fit),
        ui.warning, ui.canvas,
        make('p', { class: 'hint' }, mark('runs'), 'runs', mark('waits'),
             'waits for the CPU (pale from afar)', mark('blocked'), 'blocked.  Drag to move; ' +
             'click into it, then turn the wheel to zoom; click on a name ' +
             'for its waits, on a wait for who had the CPU.'),
        make('div', { class: 'below' }, ui.detail,
             make('div', {}, ui.tailHead, ui.tail, ui.longest)),
        ui.tip);
    for (const [i, meta] of metas.entries())
        ui.tabs.append(make('button', { type: 'button', 'data-run': i,
                                        style: 'margin-right:.25rem' },
                            meta.label));
    return ui;
}

/* What is looked at: the model, the window, the choice. */
class View {
    constructor(ui, m) {
        this.m = m;
        this.ui = ui;
        this.hatches = new Map();
        this.names = new Map();
        for (const t of m.tracks) {
            this.names.set(t.name, (this.names.get(t.name) || 0) + 1);
            t.waitFrom = Float64Array.from(t.waits, w => w.from);
        }
        Object.assign(this, layout(m));
        this.hits = new Float64Array(0);
        this.found = {};
        this.wait = null;
        this.record = -1;
        this.a = m.trace.begin;
        this.b = m.trace.end;
        this.focusOn(this.firstFocus());
        this.resize();
    }

    firstFocus() {
        const { focus } = this.m.meta, real = this.m.tracks.filter(
            t => !t.idle);

        const waited = t => t.waits.reduce((sum, w) => sum + w.ns, 0);

        return real.find(t => t.dom === focus) || real.reduce(
            (best, t) => !best || waited(t) > waited(best) ? t : best, null);
    }

    focusOn(track) {
        const lengths = track ? track.waits.map(w => w.ns) : [];
        let low = Infinity, high = 0;

        for (const ns of lengths) {
            low = Math.min(low, ns);
            high = Math.max(high, ns);
        }
        this.focus = track;
        this.low = Math.floor(Math.log10(Math.max(Math.min(low, 1e5), 1)));
        this.high = Math.max(this.low + 1,
                             Math.ceil(Math.log10(Math.max(high, 10))));
    }

    resize() {
        const { canvas, root } = this.ui;

        this.colours = palette(root);
        this.hatches.clear();
        this.scale = devicePixelRatio || 1;
        this.full = canvas.clientWidth - RIGHT;
        this.width = Math.max(50, Math.floor(this.full - GUTTER));
        this.full = GUTTER + this.width;
        canvas.style.height = `${this.height}px`;
        canvas.width = Math.round((this.full + RIGHT) * this.scale);
        canvas.height = Math.round(this.height * this.scale);
        this.whole = scaleLinear([this.m.trace.begin, this.m.trace.end],
                                 [GUTTER, this.full]);
        this.window(this.a, this.b);
    }

    window(a, b) {
        this.a = a;
        this.b = b;
        this.step = (b - a) / this.width;
        this.x = scaleLinear([a, b], [GUTTER, this.full]);
    }

    px(ns) {
        return GUTTER + (ns - this.a) / this.step;
    }

    at(x) {
        return this.a + (x - GUTTER) * this.step;
    }

    waitsInView() {
        const t = this.focus;

        return t ? t.waits.slice(above(t.waitFrom, this.a),
                                 above(t.waitFrom, this.b)) : [];
    }
}

class Explorer {
    constructor(root, metas) {
        this.metas = metas;
        this.views = [];
        this.ui = build(root, metas);
        this.canvas = select(this.ui.canvas);
        this.context = this.ui.canvas.getContext('2d');
        this.frame = 0;
        this.later = 0;
        this.zoom = zoom().filter(e => this.mayZoom(e)).clickDistance(4)
            .on('zoom', e => this.zoomed(e.transform));
        this.canvas.call(this.zoom).on('dblclick.zoom', null);
        this.listen();
    }

    /* The wheel belongs to the page until one has clicked into the canvas. */
    mayZoom(e) {
        if (e.type === 'wheel')
            return e.ctrlKey || document.activeElement === this.ui.canvas;
        return !e.button && !this.inOverview(e);
    }

    inOverview(e) {
        const row = this.v && rowAt(this.v, e.offsetY);

        return row && row.kind === 'overview';
    }

    async open(run) {
        if (!this.views[run]) {
            const element = document.getElementById(`explore-${run}`);

            this.views[run] = new View(this.ui, model(
                await unpack(element), this.metas[run]));
            element.remove();
        }
        for (const tab of this.ui.tabs.children)
            tab.setAttribute('aria-pressed', tab.dataset.run === String(run));
        this.ui.warning.textContent = this.metas[run].warnings.join('; ');
        this.run = run;
        this.v = this.views[run];
        this.resize();
        this.find();
        this.longest();
    }

    /* Begin with something to look at: the longest wait. */
    longest() {
        const { v } = this, t = v.focus;

        if (v.wait || v.record >= 0 || !t || !t.waits.length) {
            this.detail();
            return;
        }
        this.chooseWait(t.waits.reduce((a, b) => b.ns > a.ns ? b : a), false);
    }

    resize() {
        const { v } = this, { begin, end } = v.m.trace;
        const edge = [[GUTTER, 0], [v.full, v.height]];

        v.resize();
        edge[1][0] = v.full;
        this.zoom.extent(edge).translateExtent(edge)
            .scaleExtent([1, Math.max(2, (end - begin) / CLOSEST)]);
        this.look(v.a, v.b);
    }

    /* Show [a, b): through the transform, which is the only truth. */
    look(a, b) {
        const { v } = this, { begin, end } = v.m.trace;
        const wide = Math.min(Math.max(b - a, CLOSEST), end - begin);
        const from = Math.min(Math.max((a + b - wide) / 2, begin), end - wide);
        const k = (end - begin) / wide;

        this.canvas.call(this.zoom.transform, zoomIdentity
            .translate(GUTTER - k * v.whole(from), 0).scale(k));
    }

    zoomed(transform) {
        this.v.window(...transform.rescaleX(this.v.whole).domain());
        this.redraw();
    }

    redraw() {
        if (!this.frame)
            this.frame = requestAnimationFrame(() => {
                const began = performance.now();

                this.frame = 0;
                draw(this.context, this.v);
                this.drawMs = performance.now() - began;
            });
        clearTimeout(this.later);
        this.later = setTimeout(() => this.below(), 120);
    }

    /* The statistics of what is in view: once it stands still. */
    below() {
        const { v, ui } = this, seen = v.waitsInView(), t = v.focus;

        showLongest(v, ui.longest, seen, w => this.chooseWait(w));
        ui.tailHead.textContent = t ? `Which part of ${trackName(v, t)}'s ` +
            `waits was longer (${span(v.b - v.a)} in view)` : '';
        drawTail(ui.tail, v.colours, t ? t.waits.map(w => w.ns) : [],
                 seen.map(w => w.ns));
    }

    detail() {
        const { v, ui } = this, choose = i => this.chooseRecord(i);

        if (v.wait)
            showWait(v, ui.detail, v.wait, choose);
        else if (v.record >= 0)
            showRecord(v, ui.detail, v.record, choose);
        else
            ui.detail.textContent = 'Nothing is chosen.';
        this.redraw();
    }

    chooseWait(wait, move = true) {
        Object.assign(this.v, { wait, record: -1 });
        if (move)
            this.reach(wait.from, wait.to);
        this.detail();
    }

    chooseRecord(record, move = true) {
        Object.assign(this.v, { wait: null, record });
        const at = this.v.m.trace.ns[record];

        if (move)
            this.reach(at, at);
        this.detail();
    }

    /* Bring a span into view: so that a wait fills a good part of it. */
    reach(from, to) {
        const { v } = this, long = to - from;
        const far = Math.max(long * 1.6, long ? 2000 : 0);
        const wide = long && (v.b - v.a > long * 40 || v.b - v.a < far) ?
            far : v.b - v.a;

        if (from < v.a || to > v.b || wide !== v.b - v.a)
            this.look((from + to - wide) / 2, (from + to + wide) / 2);
    }

    find() {
        const { v, ui } = this;

        v.found = search(v.m, ui.search.value);
        const ns = v.found.waits ? v.found.waits.map(w => w.from) :
            Array.from(v.found.records, i => v.m.trace.ns[i]);

        v.hits = Float64Array.from(ns).sort();
        v.hit = -1;
        this.tellHits();
        this.redraw();
    }

    tellHits() {
        const { v, ui } = this, n = v.hits.length.toLocaleString('en');
        const what = v.found.waits ? 'waits' : 'records';

        ui.count.textContent = !ui.search.value.trim() ?
            `${v.m.trace.n.toLocaleString('en')} records` :
            v.hit < 0 ? `${n} ${what}` :
            `${(v.hit + 1).toLocaleString('en')} of ${n}`;
    }

    /* The next hit (1) or the one before (-1), from the one that is chosen,
     * or from the middle of what is in view. */
    goTo(step) {
        const { v } = this, n = v.hits.length;

        if (!n)
            return;
        if (v.hit < 0) {
            const first = above(v.hits, v.a);

            v.hit = Math.min(step > 0 ? first : Math.max(first - 1, 0), n - 1);
        } else {
            v.hit = (v.hit + step + n) % n;
        }
        if (v.found.waits) {
            const w = v.found.waits[v.hit];

            v.focusOn(w.track);
            this.chooseWait(w);
        } else {
            this.chooseRecord(v.found.records[v.hit]);
        }
        this.tellHits();
    }

    clicked(e) {
        const { v } = this, h = hit(v, e.offsetX, e.offsetY);

        this.ui.canvas.focus({ preventScroll: true });
        if (e.offsetX < GUTTER && h.row && h.row.track) {
            v.focusOn(h.row.track);
            this.redraw();
        } else if (h.wait) {
            this.chooseWait(h.wait, false);
        } else if (h.stay) {
            this.chooseRecord(h.stay.record, false);
        } else if (h.record >= 0) {
            this.chooseRecord(h.record, false);
        }
    }

    overview(e) {
        const { v } = this, half = (v.b - v.a) / 2;
        const { begin, end } = v.m.trace;
        const at = begin + (e.offsetX - GUTTER) / v.width * (end - begin);

        this.look(at - half, at + half);
    }

    key(e) {
        const { v } = this, wide = v.b - v.a;
        const by = f => this.canvas.call(this.zoom.scaleBy, f);
        const keys = {
            ArrowLeft: () => this.look(v.a - wide / 5, v.b - wide / 5),
            ArrowRight: () => this.look(v.a + wide / 5, v.b + wide / 5),
            '+': () => by(2), '=': () => by(2), '-': () => by(0.5),
            0: () => this.look(v.m.trace.begin, v.m.trace.end),
            n: () => this.goTo(1), p: () => this.goTo(-1),
            '/': () => this.ui.search.focus(),
        };

        if (!keys[e.key] || e.ctrlKey || e.altKey || e.metaKey)
            return;
        e.preventDefault();
        keys[e.key]();
    }

    listen() {
        const { ui } = this, on = (e, name, f) => e.addEventListener(name, f);

        on(ui.tabs, 'click', e => e.target.dataset.run &&
            this.open(+e.target.dataset.run));
        on(ui.search, 'input', () => this.find());
        on(ui.search, 'keydown', e => e.key === 'Enter' &&
            this.goTo(e.shiftKey ? -1 : 1));
        on(ui.next, 'click', () => this.goTo(1));
        on(ui.back, 'click', () => this.goTo(-1));
        on(ui.closer, 'click', () => this.canvas.call(this.zoom.scaleBy, 4));
        on(ui.wider, 'click', () => this.canvas.call(this.zoom.scaleBy, 0.25));
        on(ui.fit, 'click', () => this.look(this.v.m.trace.begin,
                                            this.v.m.trace.end));
        on(ui.canvas, 'keydown', e => this.key(e));
        on(ui.canvas, 'click', e => this.clicked(e));
        on(ui.canvas, 'dblclick', () =>
            this.v.wait && this.reach(this.v.wait.from, this.v.wait.to));
        on(ui.canvas, 'pointerdown', e => this.inOverview(e) &&
            this.overview(e));
        on(ui.canvas, 'pointermove', e => {
            if (this.inOverview(e) && e.buttons & 1)
                this.overview(e);
            else
                tip(ui.tip, e, ...describe(this.v, hit(
                    this.v, e.offsetX, e.offsetY), e.offsetX));
        });
        on(ui.canvas, 'pointerleave', e => tip(ui.tip, e, ''));
        on(window, 'resize', () => this.v && this.resize());
        matchMedia('(prefers-color-scheme: dark)').addEventListener(
            'change', () => this.v && this.resize());
    }
}

async function start() {
    const root = document.getElementById('explore');
    const metas = JSON.parse(
        document.getElementById('explore-meta').textContent);

    for (const css of [uplotStyle, ownStyle])
        document.head.append(make('style', {}, css));
    const explorer = new Explorer(root, metas);

    // For the tests and the bench: what a person sees, as numbers.
    window.explorer = Object.assign(explorer, { blame, waitY });
    try {
        await explorer.open(0);
    } catch (error) {
        root.textContent = `The time line cannot be drawn: ${error.message}`;
        throw error;
    }
    requestAnimationFrame(() => requestAnimationFrame(
        () => performance.mark('explore-drawn')));
}

start();
