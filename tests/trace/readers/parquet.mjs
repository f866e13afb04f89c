/*
 * parquet.mjs - read a Parquet file by hyparquet: its columns, as JSON.
 *
 *     node parquet.mjs HYPARQUET FILE > COLUMNS.json
 *
 * {"metadata": {key: value}, "groups": [rows of each], "types": {column: [type,
 * meaning, may lack]}, "columns": {column: [...]}}. 64-bit numbers are text.
 */
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [library, file] = process.argv.slice(2);
const { parquetMetadata, parquetReadObjects } = await import(
    pathToFileURL(path.resolve(library, "src/index.js")));
const bytes = new Uint8Array(fs.readFileSync(file)).buffer;
const metadata = parquetMetadata(bytes);
const rows = await parquetReadObjects({ file: bytes });
const fields = metadata.schema.slice(1), columns = {};

for (const { name } of fields)
    columns[name] = rows.map(row => row[name]);
process.stdout.write(JSON.stringify({
    metadata: Object.fromEntries(metadata.key_value_metadata.map(
        ({ key, value }) => [key, value])),
    groups: metadata.row_groups.map(g => Number(g.num_rows)),
    types: Object.fromEntries(fields.map(
        f => [f.name, [f.type, f.converted_type, f.repetition_type]])),
    columns,
}, (_, v) => typeof v === "bigint" ? String(v) : v));
