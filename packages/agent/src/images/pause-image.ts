/** The image of the pause containers: made on the engine at first use, from nothing but the bytes of pause-elf.ts. */
import { isNotFound, tarArchive } from '@oreno/engine';
import type { Engine } from '@oreno/engine';
import { architectureOf } from '../domain/capabilities.ts';
import { pauseElf } from './pause-elf.ts';

const repository = 'oreno/pause';
const tag = '1';

/** The image's reference on every engine. */
export const pauseImage = `${repository}:${tag}`;

/** The image's id; makes it where the engine has it not. Calls made at once share the work. */
export function createPauseImage(engine: Engine): () => Promise<string> {
  let making: Promise<string> | undefined;
  return () => {
    making ??= ensurePauseImage(engine).finally(() => {
      making = undefined;
    });
    return making;
  };
}

async function ensurePauseImage(engine: Engine): Promise<string> {
  try {
    return (await engine.images.inspect(pauseImage)).Id;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const { Architecture } = await engine.info();
  const architecture = architectureOf(Architecture);
  if (architecture !== 'x86_64' && architecture !== 'arm64')
    throw new Error(`no pause program for the architecture ${Architecture}`);
  const tar = tarArchive([{ path: 'pause', mode: 0o755, data: pauseElf(architecture) }]);
  return engine.images.importTar(tar, { repository, tag, changes: ['ENTRYPOINT ["/pause"]'] });
}
