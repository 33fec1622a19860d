/** Finding the image that a user means. */
import { LxdError, type Image, type Lxd } from '@oreno/lxd';

/** No image goes by the name; the text lists those that are there. */
export class ImageMissing extends LxdError {}

/**
 * The image behind the first name that is an alias, or the beginning of a fingerprint. Throws ImageMissing with what
 * there is and how to bring one.
 */
export const findImage = async (lxd: Lxd, names: readonly string[]): Promise<Image> => {
  for (const name of names) {
    const image = await lxd.images.byAlias(name);
    if (image !== undefined) return image;
  }
  const all = await lxd.images.list();
  const digits = names.filter((name) => /^[0-9a-f]{6,64}$/.test(name));
  const image = all.find(({ fingerprint }) => digits.some((name) => fingerprint.startsWith(name)));
  if (image !== undefined) return image;
  const known = all.flatMap(({ aliases }) => aliases.map(({ name }) => name)).toSorted();
  const list = known.length === 0 ? 'It has no image with an alias.' : `It has: ${known.join(', ')}.`;
  const [wanted = ''] = names;
  throw new ImageMissing(
    `the server at ${lxd.address} has no image ${names.join(' or ')}. ${list}`,
    { subject: wanted },
    `Bring one: oreno lxd image import FILE --alias ${wanted}, or lxc image copy images:NAME local: --alias ${wanted}`,
  );
};
