// build.mjs - makes dist/explore.js and dist/LICENSES.txt: `npm ci` first.
//
// The bundle is committed, so that a report is written without npm; with the
// versions of package-lock.json it comes out the same, byte for byte
// (tests/explore compares it, where npm's packages are installed).
//
// Usage: node build.mjs [FOLDER]     default: dist
import { build } from 'esbuild';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync }
    from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] || join(here, 'dist');

/* The packages whose code is in the bundle, by esbuild's own account. */
function packagesOf(inputs) {
    const found = new Set();

    for (const file of Object.keys(inputs)) {
        const m = file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);

        if (m)
            found.add(m[1]);
    }
    return [...found].sort();
}

function licenceOf(name) {
    const folder = join(here, 'node_modules', name);
    const { version, license } =
        JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find(f => /^licen[cs]e/i.test(f));

    if (!file)
        throw new Error(`${name} ${version}: no licence file in its package`);
    return `${name} ${version} (${license})\n\n` +
        readFileSync(join(folder, file), 'utf8').trim();
}

if (!existsSync(join(here, 'node_modules'))) {
    console.error('build.mjs: no node_modules here: run `npm ci` first');
    process.exit(1);
}
mkdirSync(out, { recursive: true });
const { metafile } = await build({
    absWorkingDir: here, entryPoints: ['src/main.js'], bundle: true,
    minify: true, format: 'iife', target: 'es2020', charset: 'utf8',
    legalComments: 'none', loader: { '.css': 'text' }, metafile: true,
    outfile: join(out, 'explore.js'),
});
const parts = packagesOf(metafile.inputs).map(licenceOf);
writeFileSync(join(out, 'LICENSES.txt'),
              parts.join('\n\n' + '-'.repeat(72) + '\n\n') + '\n');
console.log(`${join(out, 'explore.js')}: ${parts.length} packages inside`);
