/** The image that a configuration names. */
import type { Image } from '@oreno/lxd';
import { BridgeError } from '../bridge/error.ts';
import { findImage } from '../images.ts';
import type { Context } from './context.ts';

/**
 * Finds it. Throws ImageMissing, or a BridgeError where it is for another architecture than the one asked for: LXD takes
 * the image's without a word.
 */
export const imageOf = async ({
  lxd,
  config: { images, request },
}: Pick<Context, 'lxd' | 'config'>): Promise<Image> => {
  const image = await findImage(lxd, images);
  const { architecture } = request;
  if (architecture === undefined || architecture === image.architecture) return image;
  throw new BridgeError('invalid-config', `The image ${images[0]} is for ${image.architecture}, not ${architecture}.`, {
    remedy: 'Leave architecture out, or name an image for it.',
  });
};
