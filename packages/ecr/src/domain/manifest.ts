/**
 * What a manifest says: its type, what it is made of, and what it refers to. Reading is strict about what the
 * registry acts on and blind to everything else; the bytes themselves are never changed.
 */
import { isDigestShaped } from './digest.ts';
import { bareMediaType, isNonDistributable, manifestKinds } from './media-types.ts';

/** The largest manifest, in bytes (ECR quotas: 4 MiB exactly). */
export const largestManifest = 4_194_304;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

export interface Manifest {
  readonly mediaType: string;
  readonly kind: 'image' | 'index';
  /** The config and layers that must be in the repository: foreign layers are left out. */
  readonly blobs: readonly Descriptor[];
  /** The manifests of an index. */
  readonly children: readonly Descriptor[];
  readonly subject: string | undefined;
  /** As a referrer shows it: the manifest's own, else an image's config media type. */
  readonly artifactType: string | undefined;
  /** The media type that DescribeImages shows as artifactMediaType. */
  readonly artifactMediaType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** The sum of config and layer sizes, in bytes; 0 for an index. */
  readonly contentSize: number;
}

export type ManifestReading =
  | { readonly kind: 'manifest'; readonly manifest: Manifest; readonly text: string }
  | { readonly kind: 'invalid'; readonly reason: string; readonly lacks?: 'mediaType' | undefined };

type Json = Readonly<Record<string, unknown>>;

class Malformed extends Error {}
class Untyped extends Malformed {}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const readDescriptor = (value: unknown, where: string): Descriptor & { readonly foreign: boolean } => {
  if (!isObject(value)) throw new Malformed(`${where} is not a descriptor`);
  const { mediaType, digest, size, urls } = value;
  if (typeof mediaType !== 'string') throw new Malformed(`${where} has no mediaType`);
  if (typeof digest !== 'string' || !isDigestShaped(digest)) throw new Malformed(`${where} has no valid digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new Malformed(`${where} has no valid size`);
  const foreign = isNonDistributable(mediaType) || (Array.isArray(urls) && urls.length > 0);
  return { mediaType, digest, size, foreign };
};

const readDescriptors = (value: unknown, where: string): (Descriptor & { readonly foreign: boolean })[] => {
  if (!Array.isArray(value)) throw new Malformed(`${where} is not a list`);
  return value.map((entry, index) => readDescriptor(entry, `${where}[${index}]`));
};

const readText = (value: unknown, where: string): string | undefined => {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new Malformed(`${where} is not a string`);
  return value;
};

const readAnnotations = (value: unknown): Readonly<Record<string, string>> | undefined => {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new Malformed('annotations is not an object');
  const entries = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== 'string') throw new Malformed(`annotations.${key} is not a string`);
    return [key, text];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
};

const plain = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size });

const readImage = (
  json: Json,
): Pick<Manifest, 'blobs' | 'children' | 'contentSize'> & { readonly config: Descriptor } => {
  const config = readDescriptor(json['config'], 'config');
  const layers = readDescriptors(json['layers'], 'layers');
  return {
    config,
    blobs: [config, ...layers.filter((layer) => !layer.foreign)].map(plain),
    children: [],
    contentSize: [config, ...layers].reduce((sum, part) => sum + part.size, 0),
  };
};

const readJson = (json: unknown, contentType: string | undefined): Manifest => {
  if (!isObject(json)) throw new Malformed('it is not a JSON object');
  const own = readText(json['mediaType'], 'mediaType');
  const declared = bareMediaType(contentType);
  if (own !== undefined && declared !== undefined && own.toLowerCase() !== declared) {
    throw new Malformed(`its mediaType ${own} is not the Content-Type ${declared}`);
  }
  const mediaType = own ?? declared;
  if (mediaType === undefined) throw new Untyped('neither it nor the request names its media type');
  const kind = manifestKinds.get(mediaType);
  if (kind === undefined) throw new Malformed(`its media type ${mediaType} is not supported`);
  if (json['schemaVersion'] !== 2) throw new Malformed('its schemaVersion is not 2');

  const subject = json['subject'];
  const artifactType = readText(json['artifactType'], 'artifactType');
  const common = {
    mediaType,
    kind,
    subject: subject === undefined || subject === null ? undefined : readDescriptor(subject, 'subject').digest,
    annotations: readAnnotations(json['annotations']),
  };
  if (kind === 'index') {
    if (json['layers'] !== undefined) throw new Malformed('an index has no layers');
    const children = readDescriptors(json['manifests'], 'manifests').map(plain);
    return { ...common, blobs: [], children, contentSize: 0, artifactType, artifactMediaType: artifactType };
  }
  if (json['manifests'] !== undefined) throw new Malformed('an image manifest has no manifests');
  const { config, ...parts } = readImage(json);
  return {
    ...common,
    ...parts,
    artifactType: artifactType ?? config.mediaType,
    artifactMediaType: artifactType ?? config.mediaType,
  };
};

/**
 * Reads the bytes of a manifest. `contentType` is the header of the push (parameters are ignored); without it the
 * manifest's own mediaType decides. `text` is the bytes as a string, from which they can be had again exactly:
 * JSON is UTF-8, and anything else is invalid.
 */
export const readManifest = (bytes: Uint8Array, contentType: string | undefined): ManifestReading => {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch {
    return { kind: 'invalid', reason: 'The manifest is not JSON' };
  }
  try {
    return { kind: 'manifest', manifest: readJson(json, contentType), text };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const lacks = error instanceof Untyped ? 'mediaType' : undefined;
    return { kind: 'invalid', reason: `The manifest is not valid: ${error.message}`, lacks };
  }
};

/** Distinct digests in the order of their first mention. */
export const digestsOf = (descriptors: readonly Descriptor[]): readonly string[] => [
  ...new Set(descriptors.map(({ digest }) => digest)),
];
