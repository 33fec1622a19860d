/** Images of the server (LXD documentation, "Images"). */
import type { Readable } from 'node:stream';
import type { Image as ImageOfServer, ImageAliasesEntry, ImagePut } from './api/types.ts';
import { type Client, part } from './client.ts';
import { updateAt } from './collection.ts';
import { ConflictError, LxdError, NotFoundError } from './errors.ts';
import { headersOf } from './headers.ts';
import { fingerprintOf, pathsOf, uploadOf, type ImageFiles } from './image-files.ts';
import { Operation, type OperationOptions } from './operation.ts';

export type Image = ImageOfServer;
export type ImageAlias = ImageAliasesEntry;
export type { ImageFiles } from './image-files.ts';

export interface ImportOptions extends OperationOptions {
  readonly public?: boolean | undefined;
  /** Given to the image; taken from the one that has it. */
  readonly alias?: string | undefined;
  /** Told what the server tells of its progress, where it is the server that fetches or packs. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

export interface Images {
  list(options?: { readonly filter?: string }): Promise<readonly Image[]>;
  get(fingerprint: string): Promise<Image>;
  /** The image behind an alias; undefined when there is none. */
  byAlias(name: string): Promise<Image | undefined>;
  aliases(): Promise<readonly ImageAlias[]>;
  /** Points an alias at an image, whether it is there already or not. */
  setAlias(name: string, fingerprint: string): Promise<void>;
  /** Throws a ConflictError for a name that is taken. For a moment both are there. */
  renameAlias(name: string, to: string): Promise<void>;
  removeAlias(name: string): Promise<void>;
  /** Brings an image from files and answers its fingerprint. One that is there already only gets the alias. */
  import(
    files: ImageFiles,
    options?: Omit<ImportOptions, 'onProgress'> & {
      readonly properties?: Readonly<Record<string, string>>;
      /** Told how many bytes of how many the server has taken. */
      readonly onBytes?: (sent: number, all: number) => void;
    },
  ): Promise<string>;
  /** Copies an image from another server, by an alias there. */
  copy(from: ImageOrigin, options?: ImportOptions): Promise<string>;
  /** Makes an image of an instance that is stopped, or of one of its snapshots, and answers its fingerprint. */
  publish(
    instance: string,
    options?: ImportOptions & { readonly snapshot?: string; readonly properties?: Readonly<Record<string, string>> },
  ): Promise<string>;
  /** The bytes of a unified image; of a split one the answer is multipart. */
  open(fingerprint: string): Promise<Readable>;
  /** Reads, changes and writes; again, from what is there then, when somebody else wrote in between. */
  update(fingerprint: string, change: (before: Image) => ImagePut): Promise<void>;
  /** Fetches it again from where it was copied, if it has changed there. */
  refresh(fingerprint: string, options?: OperationOptions): Operation;
  /** A word with which somebody without trust reads this image, once, soon. */
  secret(fingerprint: string): Promise<string>;
  /** Copies an image of another server that this process is connected to; the server reads it there over HTTPS. */
  copyFrom(from: { readonly client: Client }, fingerprint: string, options?: ImportOptions): Promise<string>;
  delete(fingerprint: string, options?: OperationOptions): Operation;
}

/** Where an image is copied from. */
export interface ImageOrigin {
  /** `https://…` */
  readonly server: string;
  readonly protocol: 'lxd' | 'oci' | 'simplestreams';
  readonly alias: string;
  /** That server's own certificate, in PEM, where no authority vouches for it. */
  readonly certificate?: string | undefined;
  /** The server keeps the copy up to date. */
  readonly autoUpdate?: boolean | undefined;
}

/** LXD knows its own name alone, Incus both. */
const protocolBetween = (from: Client['server'], to: Client['server']): string =>
  [from, to].every((server) => server?.environment.server === 'incus') ? 'incus' : 'lxd';

const secretOf = async (client: Client, fingerprint: string): Promise<string> => {
  const path = `/images/${part(fingerprint)}/secret`;
  const { metadata } = await new Operation(client, { method: 'POST', path, subject: fingerprint }).started;
  return (metadata as { readonly secret: string }).secret;
};

const sameImage = /same fingerprint already exists/i;

export const imagesOf = (client: Client): Images => {
  const make = async (
    json: object,
    subject: string,
    { alias, public: isPublic = false, signal, onProgress }: ImportOptions = {},
    needs?: string,
  ): Promise<string> => {
    const body = { ...json, public: isPublic };
    const call = { method: 'POST', path: '/images', json: body, subject, needs } as const;
    const operation = new Operation(client, call, { signal });
    if (onProgress !== undefined) operation.onProgress(onProgress);
    const { metadata } = await operation;
    const { fingerprint } = metadata as unknown as { readonly fingerprint: string };
    if (alias !== undefined) await images.setAlias(alias, fingerprint);
    return fingerprint;
  };
  const images: Images = {
    list: ({ filter } = {}) => client.list('/images', { query: { recursion: 1, filter } }),
    get: (fingerprint) => client.read(`/images/${part(fingerprint)}`, { subject: fingerprint }),
    byAlias: async (name) => {
      try {
        const { target } = await client.read<ImageAlias>(`/images/aliases/${part(name)}`, { subject: name });
        return await images.get(target);
      } catch (error) {
        if (error instanceof NotFoundError) return undefined;
        throw error;
      }
    },
    aliases: () => client.list('/images/aliases', { query: { recursion: 1 } }),
    setAlias: async (name, target) => {
      const path = `/images/aliases/${part(name)}`;
      try {
        await client.call({ method: 'PUT', path, json: { target, description: '' }, subject: name });
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        await client.call({
          method: 'POST',
          path: '/images/aliases',
          json: { name, target, description: '' },
          subject: name,
        });
      }
    },
    renameAlias: async (name, to) => {
      // LXD 5.0 has a call for it that holds its database up for ten seconds.
      const { target, description } = await client.read<ImageAlias>(`/images/aliases/${part(name)}`, { subject: name });
      const json = { name: to, target, description };
      await client.call({ method: 'POST', path: '/images/aliases', json, subject: to });
      await images.removeAlias(name);
    },
    removeAlias: async (name) =>
      void (await client.call({ method: 'DELETE', path: `/images/aliases/${part(name)}`, subject: name })),
    import: async (files, { alias, public: isPublic = false, properties, signal, onBytes } = {}) => {
      signal?.throwIfAborted();
      // Given up before all is sent nothing is made; after it the server is let to its end, and then it is deleted.
      const cutting = new AbortController();
      let isSent = false;
      const giveUp = (): void => {
        if (!isSent) cutting.abort();
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      const { body, headers } = uploadOf(files, (sent, all) => {
        isSent = sent === all;
        onBytes?.(sent, all);
      });
      const told = headersOf({
        public: isPublic ? 'true' : undefined,
        properties: properties && new URLSearchParams(properties).toString(),
      });
      const call = { method: 'POST', path: '/images', body, headers: { ...headers, ...told } } as const;
      const subject = pathsOf(files).join(' and ');
      let fingerprint: string;
      try {
        const { metadata } = await new Operation(client, { ...call, subject, signal: cutting.signal });
        ({ fingerprint } = metadata as unknown as { readonly fingerprint: string });
        if (signal?.aborted === true) await images.delete(fingerprint);
        signal?.throwIfAborted();
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof ConflictError && sameImage.test(error.text))) throw error;
        fingerprint = await fingerprintOf(files);
      } finally {
        signal?.removeEventListener('abort', giveUp);
      }
      if (alias !== undefined) await images.setAlias(alias, fingerprint);
      return fingerprint;
    },
    copy: ({ autoUpdate = false, alias: there, ...origin }, options) => {
      const { protocol } = origin;
      const source = { type: 'image', mode: 'pull', alias: there, ...origin };
      const needs = protocol === 'oci' ? 'instance_oci' : undefined;
      return make({ source, auto_update: autoUpdate }, there, options, needs);
    },
    publish: (instance, { snapshot, properties = {}, ...options } = {}) => {
      const source =
        snapshot === undefined
          ? { type: 'instance', name: instance }
          : { type: 'snapshot', name: `${instance}/${snapshot}` };
      return make({ source, properties }, instance, options);
    },
    open: (fingerprint) =>
      client.stream({ method: 'GET', path: `/images/${part(fingerprint)}/export`, subject: fingerprint }),
    update: (fingerprint, change) =>
      updateAt(client, { path: `/images/${part(fingerprint)}`, subject: fingerprint }, change),
    refresh: (fingerprint, options) => {
      const path = `/images/${part(fingerprint)}/refresh`;
      const call = { method: 'POST', path, subject: fingerprint, needs: 'image_force_refresh' } as const;
      return new Operation(client, call, options);
    },
    secret: (fingerprint) => secretOf(client, fingerprint),
    copyFrom: async (from, fingerprint, options) => {
      const { server } = from.client;
      const { transport } = from.client;
      const [listening] = server?.environment.addresses ?? [];
      const url = 'url' in transport.address ? transport.address.url : listening && `https://${listening}`;
      if (url === undefined) {
        const hint = 'Set its core.https_address.';
        throw new LxdError(
          'the server that has the image does not listen on the network',
          { subject: fingerprint },
          hint,
        );
      }
      const source = {
        type: 'image',
        mode: 'pull',
        protocol: protocolBetween(server, client.server),
        server: url,
        certificate: server?.environment.certificate ?? '',
        fingerprint,
        secret: await secretOf(from.client, fingerprint),
      };
      return make({ source }, fingerprint, options);
    },
    delete: (fingerprint, options) =>
      new Operation(client, { method: 'DELETE', path: `/images/${part(fingerprint)}`, subject: fingerprint }, options),
  };
  return images;
};
