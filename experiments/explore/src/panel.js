/*
 * panel.js - what stands below the time line: the wait or the record that was
 * chosen, its neighbours, and the longest waits.
 */
import { blame } from './model.js';
import { causeName, fields, moment, recordText, span } from './records.js';
import { toneOf } from './draw.js';

/* An element with text or children; never with HTML from a trace. */
export function make(tag, more = {}, ...inside) {
    const e = document.createElement(tag);

    for (const [key, value] of Object.entries(more))
        if (key === 'class')
            e.className = value;
        else if (key.startsWith('on'))
            e.addEventListener(key.slice(2), value);
        else
            e.setAttribute(key, value);
    e.append(...inside);
    return e;
}

export function trackName(v, t) {
    return t.name + (v.names.get(t.name) > 1 ? ` v${t.vcpu}` : '');
}

function blameRow(v, wait, { track, ns, times }) {
    const part = wait.ns ? ns / wait.ns : 0;
    const bar = make('span', { class: 'blame', style:
        `width:${(part * 100).toFixed(2)}%;` +
        `background:${toneOf(v, track) || v.colours.line}` });

    return make('tr', {}, make('td', {}, trackName(v, track)),
                make('td', { class: 'n' }, span(ns)),
                make('td', { class: 'n' }, `${(part * 100).toFixed(1)} %`),
                make('td', { class: 'n' }, `${times}×`),
                make('td', { class: 'wide' }, bar));
}

/* Who had the CPU while it waited. */
export function showWait(v, element, wait, chooseRecord) {
    const { who, runs } = blame(v.m, wait);
    const known = who.reduce((sum, w) => sum + w.ns, 0);
    const rows = who.map(w => blameRow(v, wait, w));
    const why = wait.cause === null ? 'it had been preempted' :
        `woken by: ${causeName(wait.cause)}`;

    if (wait.ns - known >= 1)
        rows.push(make('tr', {}, make('td', {}, 'not known'),
                       make('td', { class: 'n' }, span(wait.ns - known)),
                       make('td', { class: 'wide', colspan: 3 },
                            'the trace does not show who ran')));
    element.replaceChildren(
        make('h3', {}, `${trackName(v, wait.track)} waited ${span(wait.ns)}`),
        make('p', { class: 'facts' }, `from ${moment(wait.from)}, ${why}; then ` +
             `it ran on CPU ${wait.cpu}, which meanwhile had:`),
        make('table', { class: 'who' }, ...rows),
        make('p', { class: 'facts', style: 'margin-top:.5rem' },
             (runs.length === 1 ? 'One run: ' :
                 `${runs.length} runs, one after the other: `) +
             runs.slice(0, 12).map(
                 r => `${trackName(v, r.track)} ${span(r.to - r.from)}`)
                 .join(', ') + (runs.length > 12 ? ' …' : '')),
        neighbours(v, wait.record, chooseRecord));
}

function neighbours(v, record, chooseRecord) {
    const { trace, meta } = v.m, rows = [];

    for (let i = Math.max(0, record - 6);
         i < Math.min(trace.n, record + 9); i++) {
        const off = trace.ns[i] - trace.ns[record];

        rows.push(make('tr', { class: i === record ? 'here pick' : 'pick',
                               onclick: () => chooseRecord(i) },
                       make('td', { class: 'n' },
                            (off >= 0 ? '+' : '−') + span(Math.abs(off))),
                       make('td', {}, `cpu${trace.cpu[i]}`),
                       make('td', {}, meta.events[trace.event[i]].name),
                       make('td', { class: 'wide' }, recordText(v.m, i))));
    }
    return make('div', { class: 'scroll' }, make('table', {}, ...rows));
}

/* One record, in full. */
export function showRecord(v, element, i, chooseRecord) {
    const { trace, meta } = v.m, event = meta.events[trace.event[i]];
    const rows = fields(v.m, i).map(([k, text]) => make(
        'tr', {}, make('th', {}, k), make('td', { class: 'wide' }, text)));

    element.replaceChildren(
        make('h3', {}, event.name),
        make('p', { class: 'facts' }, `${moment(trace.ns[i])}, CPU ` +
             `${trace.cpu[i]}, record ${(i + 1).toLocaleString('en')} of ` +
             `${trace.n.toLocaleString('en')}` +
             (event.about ? ` – ${event.about}` : '')),
        make('table', {}, ...rows), neighbours(v, i, chooseRecord));
}

/* The longest of the waits in view. */
export function showLongest(v, element, waits, chooseWait) {
    const top = [...waits].sort((a, b) => b.ns - a.ns).slice(0, 8);
    const rows = top.map(w => make(
        'tr', { class: w === v.wait ? 'pick here' : 'pick',
                onclick: () => chooseWait(w) },
        make('td', { class: 'n' }, span(w.ns)),
        make('td', { class: 'wide' }, moment(w.from)),
        make('td', {}, causeName(w.cause))));

    element.replaceChildren(
        make('h3', {}, waits.length === 1 ? 'The one wait in view' :
             `The longest of ${waits.length.toLocaleString('en')} ` +
             'waits in view'),
        make('table', { class: 'longest' }, ...rows));
}

/* The text beside the pointer. */
export function tip(element, event, title, ...lines) {
    element.hidden = !title;
    if (!title)
        return;
    element.replaceChildren(make('b', {}, title),
                            ...lines.filter(Boolean).map(
                                text => make('div', {}, text)));
    const { width, height } = element.getBoundingClientRect();

    element.style.left = Math.max(4, Math.min(
        event.clientX + 14, innerWidth - width - 8)) + 'px';
    element.style.top = (event.clientY + height + 24 > innerHeight ?
        event.clientY - height - 12 : event.clientY + 16) + 'px';
}
