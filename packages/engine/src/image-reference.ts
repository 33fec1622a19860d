/** An image reference, taken apart where the Engine API wants it in parts. */
export interface ImageReference {
  /** Registry host (if any) and path: `localhost:5000/team/app`. */
  readonly repository: string;
  /** A tag, or a digest `sha256:…`; undefined when the reference has neither. */
  readonly tag: string | undefined;
}

/**
 * Splits `repository[:tag][@digest]`. A digest wins over a tag, as it does in the engine; a colon before the last
 * slash is a port.
 */
export function splitReference(reference: string): ImageReference {
  const at = reference.indexOf('@');
  const named = at === -1 ? reference : reference.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const repository = colon === -1 ? named : named.slice(0, colon);
  if (at !== -1) return { repository, tag: reference.slice(at + 1) };
  return { repository, tag: colon === -1 ? undefined : named.slice(colon + 1) };
}
