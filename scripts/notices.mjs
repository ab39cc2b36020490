// Writes THIRD_PARTY_NOTICES.md: every package that is shipped, its version, its licence and the licence's text.
// `node scripts/notices.mjs --check` fails when the file is out of date.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';

const FILE = 'THIRD_PARTY_NOTICES.md';

/** Parts that are shipped inside a package, or that generated code stems from, and so have no entry in the lock file. */
const CONTAINED = [
  {
    name: 'CPython standard library',
    version: 'in pyodide',
    licence: 'PSF-2.0',
    home: 'https://docs.python.org/3/license.html',
  },
  {
    name: 'Emscripten runtime',
    version: 'in pyodide and onnxruntime-web',
    licence: 'MIT',
    home: 'https://github.com/emscripten-core/emscripten/blob/main/LICENSE',
  },
  {
    name: 'ONNX, onnx.proto',
    version: 'see src/onnx',
    licence: 'Apache-2.0',
    home: 'https://github.com/onnx/onnx/blob/main/LICENSE',
  },
];

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const shipped = Object.entries(lock.packages)
  .filter(([folder, entry]) => folder && !entry.dev && !entry.devOptional && existsSync(folder))
  .map(([folder, entry]) => ({
    folder,
    name: folder.replace(/^.*node_modules\//, ''),
    version: entry.version,
    licence: licenceOf(folder, entry),
    // Where its source can be had, as some licences ask to be told.
    home: `https://www.npmjs.com/package/${folder.replace(/^.*node_modules\//, '')}`,
  }))
  .sort((a, b) => a.name.localeCompare(b.name));

function licenceOf(folder, entry) {
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  return entry.license ?? manifest.license ?? 'unknown';
}

function licenceText(folder) {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name));
  return file ? readFileSync(`${folder}/${file}`, 'utf8').replaceAll('\r\n', '\n').trim() : null;
}

const table = [...shipped, ...CONTAINED].map(
  ({ name, version, licence, home }) => `| [${name}](${home}) | ${version} | ${licence} |`,
);
const texts = shipped.flatMap(({ folder, name, version }) => {
  const text = licenceText(folder);
  return text ? ['', `## ${name} ${version}`, '', '```', text.replaceAll('```', "'''"), '```'] : [];
});
const document = [
  '# Third-party notices',
  '',
  'Skipscope ships these works of others, under their own licences.',
  '',
  '| work | version | licence |',
  '| --- | --- | --- |',
  ...table,
  ...texts,
  '',
].join('\n');

if (process.argv.includes('--check')) {
  if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== document) {
    console.error(`${FILE} is out of date: run node scripts/notices.mjs`);
    process.exit(1);
  }
} else {
  writeFileSync(FILE, document);
}
