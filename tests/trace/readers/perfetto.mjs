/*
 * perfetto.mjs - ask Perfetto's own engine about a trace, as its UI does.
 *
 *     node perfetto.mjs ASSETS TRACE < QUERIES.json > ANSWERS.json
 *
 * ASSETS (fetch.py gets them) has the trace processor compiled to WebAssembly,
 * the program that runs it in a worker of the UI, and the UI's side of their
 * protocol. QUERIES is a list of SQL, ANSWERS a list of lists of rows.
 *
 * The worker's program expects a browser's worker. What it asks of that is given
 * to it here: a scope, an address, and requests that give the one file.
 */
import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { pathToFileURL } from "node:url";

const [assets, trace] = process.argv.slice(2);
const asset = name => path.resolve(assets, name);

function beWorker() {
    const wasm = fs.readFileSync(asset("trace_processor.wasm"));
    globalThis.self = globalThis;
    globalThis.WorkerGlobalScope = class {};
    globalThis.location = { href: "http://nowhere/engine.js" };
    globalThis.XMLHttpRequest = class {
        open() {}
        send() { this.response = new Uint8Array(wasm).buffer; }
    };
    console.warn = () => {}; // what it tells of its work; errors are thrown
    vm.runInThisContext(fs.readFileSync(asset("engine_bundle.node.js"),
                                        "utf8"));
}

async function main() {
    const { EngineBase } = await import(pathToFileURL(asset("engine.mjs")));
    class Engine extends EngineBase {
        mode = "WASM";
        id = "perfetto.mjs";
        constructor(port) {
            super();
            this.port = port;
            port.onmessage = m => this.onRpcResponseBytes(m.data);
        }
        rpcSendRequestBytes(data) { this.port.postMessage(data); }
        [Symbol.dispose]() { this.port.close(); }
    }
    beWorker();
    const { port1, port2 } = new MessageChannel();
    globalThis.self.onmessage({ data: port1 });
    const engine = new Engine(port2);
    await new Promise(setImmediate); // its runtime is there by now
    await engine.parse(new Uint8Array(fs.readFileSync(trace)));
    await engine.notifyEof();
    const answers = [];
    for (const sql of JSON.parse(fs.readFileSync(0, "utf8"))) {
        const result = await engine.query(sql), rows = [];
        for (const it = result.iter({}); it.valid(); it.next())
            rows.push(result.columns().map(c => it.get(c)));
        answers.push(rows);
    }
    process.stdout.write(JSON.stringify(
        answers, (_, v) => typeof v === "bigint" ? Number(v) : v));
}

main().then(() => process.exit(0), e => {
    process.stderr.write(`perfetto.mjs: ${e.message ?? e}\n`);
    process.exit(1);
});
