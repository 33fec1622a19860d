/** The image of the pause containers: made on the engine at first use, from nothing but the bytes of pause-elf.ts. */
import { isNotFound, tarArchive } from '@oreno/engine';
import type { Engine } from '@oreno/engine';
import { architectureOf } from '../domain/capabilities.ts';
import { pauseElf } from './pause-elf.ts';

const repository = 'oreno/pause';
const tag = '1';

/** The image's reference on every engine. */
export const pauseImage = `${repository}:${tag}`;

/** Makes sure that the engine has the image and resolves with its id. */
export async function ensurePauseImage(engine: Engine, signal?: AbortSignal): Promise<string> {
  try {
    return (await engine.images.inspect(pauseImage, { signal })).Id;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const { Architecture } = await engine.info({ signal });
  const architecture = architectureOf(Architecture);
  if (architecture !== 'x86_64' && architecture !== 'arm64')
    throw new Error(`no pause program for the architecture ${Architecture}`);
  const tar = tarArchive([{ path: 'pause', mode: 0o755, data: pauseElf(architecture) }]);
  return engine.images.importTar(tar, { repository, tag, changes: ['ENTRYPOINT ["/pause"]'] }, { signal });
}
