/** `oreno instances image build`: the image that instances are launched from. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Listr } from 'listr2';
import type { Lxd } from '@oreno/lxd';
import { CommandFailure } from '../../failure.ts';
import { openLxd } from '../../instances/fleet.ts';
import { packImage, type PackedImage } from '../../instances/image/pack-image.ts';
import { installDebian, installOreno } from '../../instances/image/root-file-system.ts';
import { defaultImage } from '../../instances/launch-plan.ts';
import { reportLxd } from '../../instances/report-lxd.ts';
import { abortable } from '../../signals.ts';

export interface ImageBuildOptions {
  readonly alias?: string;
  readonly suite: string;
  readonly mirror?: string;
  readonly lxd?: string;
}

interface Build {
  readonly lxd: Lxd;
  readonly folder: string;
  readonly rootfs: string;
  packed?: PackedImage;
  fingerprint?: string;
}

export const imageBuild = (options: ImageBuildOptions): Promise<void> =>
  reportLxd(async () => {
    if (process.getuid?.() !== 0) throw new CommandFailure('an image is built as root: its files belong to root.');
    const lxd = await openLxd(options.lxd);
    const folder = mkdtempSync(join(tmpdir(), 'oreno-image-'));
    const build: Build = { lxd, folder, rootfs: join(folder, 'rootfs') };
    try {
      const renderer = process.stdout.isTTY ? 'default' : 'simple';
      // With listeners of its own it would end the process, and leave the folder.
      const own = { renderer, registerSignalListeners: false } as const;
      await abortable(async (signal) => {
        await new Listr<Build, typeof renderer>(steps(options, signal), own).run(build);
      });
    } finally {
      lxd.close();
      rmSync(folder, { recursive: true, force: true });
    }
    process.stdout.write(`Image ${build.fingerprint?.slice(0, 12)}. Launch instances of it: oreno instances launch\n`);
  });

const steps = ({ suite, mirror, alias = defaultImage }: ImageBuildOptions, signal: AbortSignal) => [
  {
    title: `Debian ${suite} with Docker Engine`,
    task: ({ rootfs }: Build) => installDebian({ target: rootfs, suite, mirror, signal }),
  },
  { title: "oreno's agent", task: ({ rootfs }: Build) => installOreno(rootfs) },
  {
    title: 'packing',
    task: async (build: Build) => {
      build.packed = await packImage({ ...build, suite, createdAt: Date.now(), signal });
    },
  },
  {
    title: `import as ${alias}`,
    task: async (build: Build) => {
      if (build.packed === undefined) return;
      const before = await build.lxd.images.byAlias(alias);
      build.fingerprint = await build.lxd.images.import(build.packed, { alias, signal });
      // Instances of the older image are copies of their own and stay.
      if (before !== undefined && before.fingerprint !== build.fingerprint) {
        await build.lxd.images.delete(before.fingerprint);
      }
    },
  },
];
