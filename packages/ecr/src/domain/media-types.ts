/** The media types of manifests that the registry keeps, and of layers that it does not ask for. */

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
export const ociIndex = 'application/vnd.oci.image.index.v1+json';
const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';

/** Whether a manifest of the type names layers or other manifests. */
export const manifestKinds: ReadonlyMap<string, 'image' | 'index'> = new Map([
  [ociManifest, 'image'],
  [dockerManifest, 'image'],
  [ociIndex, 'index'],
  [dockerList, 'index'],
]);

/** Layers that live outside of any registry: a manifest may name them without their being pushed. */
export const isNonDistributable = (mediaType: string): boolean =>
  mediaType.startsWith('application/vnd.oci.image.layer.nondistributable.v1.tar') ||
  mediaType === 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';

/** A media type without its parameters, in lower case; undefined for none. */
export const bareMediaType = (header: string | undefined): string | undefined => {
  const bare = header?.split(';', 1)[0]?.trim().toLowerCase();
  return bare === '' ? undefined : bare;
};
