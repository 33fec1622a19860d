/** The picture of the rooms, held against the code: who may import whom, and that everybody uses the doors. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '..');

/** From the top to the bottom; a room imports only from rooms below its own line. */
const floors: readonly (readonly string[])[] = [
  ['cli'],
  ['server', 'agent'],
  ['ecs', 'ecr', 'logs', 'cloudwatch'],
  ['iam', 'engine', 'lxd'],
  ['events'],
  ['reconcile'],
  ['store', 'blobs'],
  ['aws-wire'],
];

/** Rooms that see less than what is below them. */
const only: Readonly<Record<string, readonly string[]>> = {
  agent: ['engine', 'aws-wire'],
  engine: [],
  lxd: [],
  store: [],
  blobs: [],
  reconcile: ['store'],
  events: ['reconcile', 'store'],
};

const floorOf = (room: string): number => floors.findIndex((floor) => floor.includes(room));

const importsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^(?:import|export)\b[^;]*?from\s+'([^']+)'/gm)].map((match) => match[1] ?? '');

const importsOf = (file: string): readonly string[] => importsIn(readFileSync(join(root, file), 'utf8'));

const sources = globSync('packages/*/src/**/*.ts', { cwd: root }).map((file) => file.split(sep).join('/'));
const roomOf = (file: string): string => file.split('/')[1] ?? '';

describe('the rooms', () => {
  it('are all in the picture', () => {
    for (const room of new Set(sources.map(roomOf)))
      assert.notEqual(floorOf(room), -1, `the room ${room} has no floor`);
  });

  it('import only from below, through the door, what their package.json names', () => {
    for (const file of sources) {
      const room = roomOf(file);
      const { dependencies } = JSON.parse(readFileSync(join(root, 'packages', room, 'package.json'), 'utf8')) as {
        dependencies: Record<string, string>;
      };
      for (const imported of importsOf(file)) {
        if (imported.startsWith('node:') || imported.startsWith('.')) continue;
        const name = imported.startsWith('@')
          ? imported.split('/').slice(0, 2).join('/')
          : (imported.split('/')[0] ?? '');
        assert.ok(name in dependencies, `${file} imports ${name}, which its package.json does not name`);
        if (!name.startsWith('@oreno/')) continue;
        assert.equal(imported, name, `${file} does not use the door of ${name}`);
        const target = name.slice('@oreno/'.length);
        assert.ok(floorOf(target) > floorOf(room), `${file}: ${room} imports ${target}, which is not below it`);
        assert.ok(only[room]?.includes(target) ?? true, `${file}: ${room} may not import ${target}`);
      }
    }
  });

  it('stay inside their walls with relative imports', () => {
    for (const file of sources) {
      for (const imported of importsOf(file).filter((path) => path.startsWith('.'))) {
        const target = join(file, '..', imported).split(sep).join('/');
        assert.ok(target.startsWith(`packages/${roomOf(file)}/src/`), `${file} reaches into ${target}`);
      }
    }
  });

  it('have no file that imports itself by way of others', () => {
    // The client of LXD and what it hands out name each other's types.
    const files = sources.filter((file) => roomOf(file) !== 'lxd');
    const open = new Map(
      files.map((file) => [
        file,
        importsOf(file).flatMap((path) => (path.startsWith('.') ? [join(file, '..', path).split(sep).join('/')] : [])),
      ]),
    );
    // What imports nothing that is left is in no circle.
    for (let left = -1; left !== open.size;) {
      left = open.size;
      for (const [file, imported] of open) if (!imported.some((path) => open.has(path))) open.delete(file);
    }
    assert.deepEqual([...open.keys()], []);
  });

  it('keep I/O, clocks and randomness out of domain/', () => {
    // These read addresses and connect to none.
    const readingAddresses = /^import \{ (?:(?:BlockList|isIP|isIPv4|isIPv6)(?:, )?)+ \} from 'node:net';$/m;
    const forbidden = /^node:(fs|net|http|https|child_process|dgram|tls|worker_threads|sqlite)/;
    for (const file of sources.filter((path) => /^packages\/(ecs|ecr|logs|iam|cloudwatch)\/src\/domain\//.test(path))) {
      const text = readFileSync(join(root, file), 'utf8').replace(readingAddresses, '');
      for (const imported of importsIn(text)) assert.doesNotMatch(imported, forbidden, file);
      assert.doesNotMatch(text, /\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)/, `${file} reads a clock or rolls dice`);
    }
  });
});
