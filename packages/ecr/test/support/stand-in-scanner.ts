/**
 * A program that stands in for a scanner on the PATH: it checks the command line and that it is given a whole OCI image
 * layout, every byte of it what its digest says, and prints a report in the scanner's format for that image. What it
 * finds is what the image's last layer names, one finding a line. It never removes its temporary files.
 */
import { chmod, writeFile } from 'node:fs/promises';

const source = (kind: 'grype' | 'trivy'): string => `#!${process.execPath}
const { createHash } = require('node:crypto');
const { mkdtempSync, readFileSync, realpathSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const args = process.argv.slice(2);
if (args[0] === 'version') {
  console.log(JSON.stringify({ Version: '0.70.0', VulnerabilityDB: { Version: 2, UpdatedAt: '2026-10-01T06:30:00.5Z' } }));
  process.exit();
}
const fail = (why) => { console.error('2026-10-02 \\u001b[31mFATAL\\u001b[0m ' + why); process.exit(1); };
const expected = ${kind === 'trivy' ? "['image', '--input', args[2], '--format', 'json']" : "[args[0], '-o', 'json']"};
if (args.join(' ') !== expected.join(' ')) fail('unknown arguments ' + args.join(' '));
const folder = ${kind === 'trivy' ? 'args[2]' : "args[0].replace(/^oci-dir:/, '')"};
const still = ${kind === 'trivy' ? "process.env.TRIVY_SKIP_DB_UPDATE === 'true' && process.env.TRIVY_OFFLINE_SCAN === 'true' && process.env.TRIVY_CACHE_BACKEND === 'memory' && process.env.TRIVY_TIMEOUT === '15m'" : "process.env.GRYPE_DB_AUTO_UPDATE === 'false'"};
if (!still) fail('would use the network, what another scan locks, or less time than it has');
if (Object.keys(process.env).some((name) => /^(AWS|ORENO)_/.test(name))) fail('is told secrets');
const blob = ({ digest, size }) => {
  const [algorithm, hex] = digest.split(':');
  const bytes = readFileSync(join(folder, 'blobs', algorithm, hex));
  if (bytes.length !== size || createHash(algorithm).update(bytes).digest('hex') !== hex) fail('damaged ' + digest);
  return bytes;
};
if (JSON.parse(readFileSync(join(folder, 'oci-layout'))).imageLayoutVersion !== '1.0.0') fail('no layout');
const { manifests } = JSON.parse(readFileSync(join(folder, 'index.json')));
if (manifests.length !== 1) fail('not one image');
const manifest = JSON.parse(blob(manifests[0]));
blob(manifest.config);
const layer = manifest.layers.map(blob).at(-1).toString();
if (layer.includes('refused')) { console.error('WARN the first of two reasons\\n'); fail('unable to find the package database'); }
if (process.cwd() !== realpathSync(tmpdir())) fail('would read what lies in ' + process.cwd());
const unpacked = mkdtempSync(join(tmpdir(), 'unpacked-'));
if (layer.includes('killed')) process.kill(process.pid, 'SIGKILL');
if (layer.includes('endless')) { writeFileSync(process.env.XDG_STATE_HOME + '/running', process.pid + ' ' + unpacked); setInterval(() => {}, 1000); return; }
if (layer.includes('garbage')) { console.log('no JSON'); return; }
if (layer.includes('nothing known')) { console.log('${kind === 'trivy' ? '{"SchemaVersion":2}' : '{"matches":[],"distro":{"name":""}}'}'); return; }
const names = layer.split('\\n').filter((line) => /^CVE-/.test(line));
console.log(JSON.stringify(${
  kind === 'trivy'
    ? `{ SchemaVersion: 2, Results: [{ Vulnerabilities: names.map((VulnerabilityID) => ({ VulnerabilityID, PkgName: 'p', InstalledVersion: '1', Severity: 'HIGH' })) }] }`
    : `{ matches: names.map((id) => ({ vulnerability: { id, severity: 'High' }, artifact: { name: 'p', version: '1' } })), descriptor: { db: { built: '2026-10-01T06:30:00Z' } } }`
}));
`;

/** Writes the program under that name's path. */
export const writeScanner = async (path: string, kind: 'grype' | 'trivy'): Promise<void> => {
  await writeFile(path, source(kind));
  await chmod(path, 0o755);
};
