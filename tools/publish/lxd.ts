/**
 * Run by npm around `npm pack` and `npm publish` in packages/lxd. Here the package is used from its sources; what is
 * published is JavaScript with types. `prepare` builds it, brings licence and notice, and has the package's doors lead
 * to what was built; `restore` undoes that.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const room = join(root, 'packages/lxd');
const manifest = join(room, 'package.json');
const kept = join(room, 'package.json.kept');
const brought = ['LICENSE', 'NOTICE'];

/** NOTICE names what the whole project is made from; the package holds the paragraph on LXD alone. */
const noticeText = (): string => {
  const [heading = '', ...paragraphs] = readFileSync(join(root, 'NOTICE'), 'utf8').trim().split('\n\n');
  return `${[heading, ...paragraphs.filter((text) => text.includes('packages/lxd'))].join('\n\n')}\n`;
};

const prepare = (): void => {
  rmSync(join(room, 'dist'), { recursive: true, force: true });
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(room, 'tsconfig.build.json')], { stdio: 'inherit' });
  copyFileSync(join(root, 'LICENSE'), join(room, 'LICENSE'));
  writeFileSync(join(room, 'NOTICE'), noticeText().replaceAll('packages/lxd/src/', 'src/'));
  const {
    scripts: _,
    exports: doors,
    dependencies: own,
    ...rest
  } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    readonly scripts: unknown;
    readonly exports: Readonly<Record<string, string>>;
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const built = (source: string, ending: string): string =>
    source.replace('./src/', './dist/').replace(/\.ts$/, ending);
  const exports = Object.fromEntries(
    Object.entries(doors).map(([door, source]) => [
      door,
      { types: built(source, '.d.ts'), default: built(source, '.js') },
    ]),
  );
  // The declarations name types of it; here it comes with the workspace.
  const { devDependencies: tools } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const dependencies = { '@types/ws': tools['@types/ws'], ...own };
  renameSync(manifest, kept);
  writeFileSync(manifest, `${JSON.stringify({ ...rest, exports, dependencies }, null, 2)}\n`);
};

const restore = (): void => {
  if (existsSync(kept)) renameSync(kept, manifest);
  for (const name of [...brought, 'dist']) rmSync(join(room, name), { recursive: true, force: true });
};

if (process.argv[2] === 'prepare') prepare();
else restore();
