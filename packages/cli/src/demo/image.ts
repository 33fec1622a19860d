/**
 * The demo's image, made from what is on this machine, since nothing may be pulled: a static busybox where there is
 * one, else oreno's own Node.js with the shared libraries that it needs.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { tarArchive, type Engine, type TarEntry } from '@oreno/engine';

const shellScript = `bb=/bin/busybox
trap '$bb echo "demo: told to stop, bye"; exit 0' TERM INT
$bb mkdir -p /www
$bb echo "Konnichiwa from $($bb hostname)" >/www/index.html
$bb httpd -p 8080 -h /www
$bb echo "demo: serving on port 8080"
while :; do $bb sleep 1 & wait $!; done
`;

const nodeScript = `import { createServer } from 'node:http';
import { hostname } from 'node:os';
const server = createServer((request, response) => response.end('Konnichiwa from ' + hostname() + '\\n'));
server.listen(8080, () => console.log('demo: serving on port 8080'));
process.on('SIGTERM', () => { console.log('demo: told to stop, bye'); process.exit(0); });
`;

/** Builds the image under the given name and tag. It serves HTTP on port 8080 and ends with 0 when told to stop. */
export const buildDemoImage = async (engine: Engine, repository: string, tag: string): Promise<void> => {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find(isStatic);
  const { entries, entryPoint } = busybox === undefined ? nodeImage() : busyboxImage(busybox);
  await engine.images.importTar(tarArchive(entries), {
    repository,
    tag,
    changes: [`ENTRYPOINT ${JSON.stringify(entryPoint)}`, 'EXPOSE 8080'],
  });
};

interface DemoImage {
  readonly entries: readonly TarEntry[];
  readonly entryPoint: readonly string[];
}

const busyboxImage = (path: string): DemoImage => ({
  entries: [
    { path: 'bin/busybox', mode: 0o755, data: readFileSync(path) },
    { path: 'demo.sh', data: Buffer.from(shellScript) },
    { path: 'tmp', folder: true, mode: 0o777 },
  ],
  entryPoint: ['/bin/busybox', 'sh', '/demo.sh'],
});

const nodeImage = (): DemoImage => ({
  entries: [
    { path: 'bin/node', mode: 0o755, data: readFileSync(process.execPath) },
    ...librariesOf(process.execPath).map((path) => ({
      path: path.slice(1),
      mode: 0o755,
      data: readFileSync(realpathSync(path)),
    })),
    { path: 'demo.mjs', data: Buffer.from(nodeScript) },
  ],
  entryPoint: ['/bin/node', '/demo.mjs'],
});

// ldd prints "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)", and the loader as "/lib64/ld-linux-x86-64.so.2 (0x…)".
const librariesOf = (program: string): readonly string[] =>
  [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(?:=>\s*)?(\/\S+)\s+\(0x/g)].map(
    (match) => match[1] ?? '',
  );

// A program that names no interpreter (segment type 3 in its ELF header) needs no libraries.
const isStatic = (path: string): boolean => {
  try {
    const elf = readFileSync(path);
    if (elf.readUInt32BE(0) !== 0x7f454c46) return false;
    const table = Number(elf.readBigUInt64LE(32));
    const [size, count] = [elf.readUInt16LE(54), elf.readUInt16LE(56)];
    return Array.from({ length: count }, (_, place) => elf.readUInt32LE(table + place * size)).every(
      (type) => type !== 3,
    );
  } catch {
    return false;
  }
};
