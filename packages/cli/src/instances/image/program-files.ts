/** What of this checkout an instance needs to run the agent: the launcher, the packages, and what they depend on. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { arch } from 'node:process';
import { dirname, join } from 'node:path';

interface InstalledPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly link?: boolean;
}

/** The Node.js that comes with oreno: one file of its package is enough, and most of it is left. */
const runtime = `node_modules/node-linux-${arch === 'arm64' ? 'arm64' : 'x64'}`;

/** Paths below `root` that the program consists of, each a file or a whole folder. */
export const programFiles = (root: string): string[] => {
  // npm's own list of what it put there; it is also how the launcher knows that nothing is missing.
  const list = 'node_modules/.package-lock.json';
  const { packages } = JSON.parse(readFileSync(join(root, list), 'utf8')) as {
    packages: Readonly<Record<string, InstalledPackage>>;
  };
  const installed = Object.entries(packages)
    .filter(([path, { dev, link }]) => path.startsWith('node_modules/') && dev !== true && link !== true)
    .map(([path]) => path)
    .filter((path) => !path.startsWith('node_modules/node-linux-') && existsSync(join(root, path)));
  const links = Object.entries(packages)
    .filter(([path, { link }]) => link === true && existsSync(join(root, path)))
    .map(([path]) => path);
  const rooms = readdirSync(join(root, 'packages')).flatMap((room) =>
    ['package.json', 'src', 'bin'].map((part) => join('packages', room, part)),
  );
  const own = ['oreno', 'package.json', 'README.md', 'LICENSE', 'NOTICE', list, `${runtime}/bin/node`];
  return [...own, ...rooms, ...installed, ...links].filter((path) => existsSync(join(root, path)));
};

/** Copies the program into a folder, links as links. */
export const copyProgram = (root: string, target: string): void => {
  for (const path of programFiles(root)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(root, path), join(target, path), { recursive: true, verbatimSymlinks: true });
  }
};
